/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/own_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/nfnl.h"
#include "netlink/nft_table.h"

/* Linux 6.9; older headers lack it. */
#define TABLE_PERSIST 0x4
#define OWN_FLAGS     (NFT_TABLE_F_OWNER | TABLE_PERSIST)
#define PROBE_TABLE   NFT_TABLE "-probe"

/* Each transaction has one message. */
#define TRANSACTION_ROOM (NFT_TABLE_ROOM + 256)

static struct table_owner *get_owner(struct netlink_kernel *kernel, uint8_t family)
{
	return &kernel->owners[family_index(family)];
}

/* The number of the socket that changes tables; the kernel gives it with the first message. */
static uint32_t get_port(struct netlink_kernel *kernel)
{
	struct sockaddr_nl address = {0};
	socklen_t length = sizeof(address);

	if (kernel->netfilter < 0 ||
	    getsockname(kernel->netfilter, (struct sockaddr *)&address, &length) < 0)
		return 0;
	return address.nl_pid;
}

void own_table_read(struct table_owner *owner, const struct nlmsghdr *message)
{
	const struct nlattr *attr;

	*owner = (struct table_owner){.exists = true};
	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			continue;
		if (mnl_attr_get_type(attr) == NFTA_TABLE_FLAGS)
			owner->flags = ntohl(mnl_attr_get_u32(attr));
		else if (mnl_attr_get_type(attr) == NFTA_TABLE_OWNER)
			owner->port = ntohl(mnl_attr_get_u32(attr));
	}
}

/* --- beginning ------------------------------------------------------------------------- */

static bool is_ours(const struct nlmsghdr *message)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_TABLE_NAME)
			return mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0 &&
			       !strcmp(mnl_attr_get_str(attr), NFT_TABLE);
	}
	return false;
}

static int take_table(void *data, const struct nlmsghdr *message)
{
	if (is_ours(message))
		own_table_read(data, message);
	return 0;
}

/* `is_probe`: it is only checked. */
static int send_table(struct netlink_kernel *kernel, uint8_t family, bool is_probe)
{
	char buffer[TRANSACTION_ROOM] __attribute__((aligned(NLMSG_ALIGNTO)));
	size_t used = nfnl_put_bracket(buffer, NFNL_MSG_BATCH_BEGIN);
	struct nlmsghdr *message =
		nfnl_put_nftables(buffer + used, NFT_MSG_NEWTABLE, NLM_F_CREATE, family);

	nft_put_table(message, is_probe ? PROBE_TABLE : NFT_TABLE,
		      is_probe ? NULL : NFT_TABLE_COMMENT, OWN_FLAGS);
	used += message->nlmsg_len;
	if (!is_probe)
		used += nfnl_put_bracket(buffer + used, NFNL_MSG_BATCH_END);
	return nfnl_transact(kernel, buffer, used);
}

static int adopt(struct netlink_kernel *kernel, uint8_t family)
{
	const struct nfnl_request request = {.type = NFT_MSG_GETTABLE, .family = family};
	struct table_owner *owner = get_owner(kernel, family);
	int r = nfnl_dump(kernel, &request, take_table, owner);

	if (r < 0 && r != -EINTR)
		return r;
	return owner->exists && owner->flags == TABLE_PERSIST ? send_table(kernel, family, false)
							      : 0;
}

int own_tables_begin(struct netlink_kernel *kernel)
{
	int r = send_table(kernel, 4, true);

	if (r == 0)
		r = adopt(kernel, 4);
	if (r == 0)
		r = adopt(kernel, 6);
	kernel->own_tables = true;
	return r;
}

/* --- what is to be done ------------------------------------------------------------------ */

bool own_table_is_foreign(struct netlink_kernel *kernel, uint8_t family)
{
	const struct table_owner *owner = get_owner(kernel, family);

	return owner->exists && owner->flags & NFT_TABLE_F_OWNER && owner->port != get_port(kernel);
}

bool own_table_is_right(struct netlink_kernel *kernel, uint8_t family)
{
	const struct table_owner *owner = get_owner(kernel, family);

	return !kernel->own_tables ||
	       (owner->flags == OWN_FLAGS && owner->port == get_port(kernel));
}

bool own_table_must_replace(const struct netlink_kernel *kernel, uint8_t family)
{
	const struct table_owner *owner = &kernel->owners[family_index(family)];

	return kernel->own_tables && owner->exists && !(owner->flags & OWN_FLAGS);
}

/* What is there keeps the flag: the kernel refuses to take it away. */
uint32_t own_table_flags(const struct netlink_kernel *kernel, uint8_t family)
{
	const struct table_owner *owner = &kernel->owners[family_index(family)];

	if (kernel->own_tables)
		return OWN_FLAGS;
	return owner->exists ? owner->flags & OWN_FLAGS : 0;
}

void own_table_note(struct netlink_kernel *kernel, uint8_t family, bool exists)
{
	uint32_t flags = exists ? own_table_flags(kernel, family) : 0;

	*get_owner(kernel, family) = (struct table_owner){
		.exists = exists,
		.flags = flags,
		.port = flags & NFT_TABLE_F_OWNER ? get_port(kernel) : 0,
	};
}
