/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bridge: the MAC address of one that somebody else made. As long as nobody has set it, it
 * is the least of its ports', changes when one comes or goes, and is zero without any: what
 * the neighbours of a gateway know would be wrong until they ask again. */
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "bridge.h"
#include "system.h"

/* In /sys/class/net/BRIDGE/addr_assign_type: NET_ADDR_SET. */
#define ADDRESS_SET "3\n"

static bool has_in_sysfs(const struct link *link, const char *file, const char *wanted)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", link->name, file);
	return file_read(AT_FDCWD, path, text, sizeof(text)) >= 0 && !strcmp(text, wanted);
}

struct borrowing {
	const uint8_t *mac;
	size_t ports;
};

static bool is_lender(const struct link *port, void *data)
{
	struct borrowing *borrowing = data;

	borrowing->ports++;
	return !memcmp(port->mac, borrowing->mac, sizeof(port->mac));
}

/* To set it once more would be no help, and make the kernel forget the bridge's neighbours. */
static bool is_set(struct plugin *p, const struct link *link)
{
	struct borrowing borrowing = {.mac = link->mac};
	char mac[MAC_TEXT_SIZE + 1];

	mac_format(link->mac, mac);
	strcat(mac, "\n");
	if (has_in_sysfs(link, "address", mac))
		return has_in_sysfs(link, "addr_assign_type", ADDRESS_SET);
	/* There is no sysfs, or it is that of another namespace. */
	return link_has(&p->host, link->index, is_lender, &borrowing) == 0 && borrowing.ports;
}

int bridge_address_set(struct plugin *p, struct link *link)
{
	static const uint8_t none[6];
	struct nlmsghdr *message;
	int r = 0;

	if (memcmp(link->mac, none, sizeof(none)) != 0) {
		if (is_set(p, link))
			return 0;
	} else {
		r = mac_generate(link->mac);
	}
	if (r < 0)
		return plugin_fail_errno(p, r, "random number");
	message = link_put_change(&p->host, link->name, true, "set MAC address");
	mnl_attr_put(message, IFLA_ADDRESS, sizeof(link->mac), link->mac);
	return netlink_flush(&p->host) < 0 ? plugin_fail_netlink(p, &p->host) : 0;
}
