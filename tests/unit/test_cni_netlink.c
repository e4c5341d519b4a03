/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CNI plugin's messages to the kernel: more than there is room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netlink.h"

/* Many pages, on no stack. What comes behind it must stay as it is. */
static struct {
	struct netlink netlink;
	uint8_t behind[4096];
} place;

static struct nlmsghdr *add(struct netlink *n, uint16_t type)
{
	const struct ifinfomsg header = {0};

	return netlink_add(n, type, 0, &header, sizeof(header), "link");
}

static int note(const struct nlmsghdr *message, void *data)
{
	*(uint16_t *)data = message->nlmsg_type;
	return 0;
}

/* Works as if nothing had been. */
static void ask(struct netlink *n)
{
	uint16_t type = 0;

	mnl_attr_put_strz(add(n, RTM_GETLINK), IFLA_IFNAME, "lo");
	assert_int_equal(netlink_ask(n, note, &type), 0);
	assert_int_equal(type, RTM_NEWLINK);
}

/* With this much in each. */
static void fill(struct netlink *n, size_t size, size_t room)
{
	static const uint8_t bytes[NETLINK_MESSAGE_ROOM];
	size_t count;

	for (count = 0; !netlink_is_full(n); count++)
		mnl_attr_put(add(n, RTM_DELLINK), IFLA_IFALIAS, size, bytes);
	assert_int_equal(count, room);
	for (; count < 2 * room; count++)
		mnl_attr_put(add(n, RTM_DELLINK), IFLA_IFALIAS, size, bytes);
	netlink_last(n)->may_fail = true;
	assert_true(n->count <= NETLINK_MESSAGES);
}

static void check(size_t size, size_t room)
{
	struct netlink *n = &place.netlink;
	uint8_t behind[sizeof(place.behind)];

	memset(&place, 0, sizeof(place));
	memset(behind, 0x5a, sizeof(behind));
	memset(place.behind, 0x5a, sizeof(place.behind));
	assert_int_equal(netlink_open(n, NETLINK_ROUTE), 0);
	fill(n, size, room);
	assert_int_equal(netlink_flush(n), -EMSGSIZE);
	assert_non_null(strstr(n->text, "messages in one call: link: Message too long"));
	ask(n);
	fill(n, size, room);
	assert_int_equal(netlink_ask(n, NULL, NULL), -EMSGSIZE);
	ask(n);
	fill(n, size, room);
	netlink_clear(n);
	ask(n);
	assert_memory_equal(place.behind, behind, sizeof(behind));
	netlink_close(n);
}

static void test_too_many(void **state)
{
	(void)state;
	check(4, NETLINK_MESSAGES);
}

static void test_too_large(void **state)
{
	(void)state;
	/* Header, ifinfomsg, attribute. */
	check(NETLINK_MESSAGE_ROOM - 36, NETLINK_BYTES / NETLINK_MESSAGE_ROOM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
