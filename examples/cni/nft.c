/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft_transaction.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- messages ------------------------------------------------------------------------ */

static void put_element(struct nlmsghdr *message, const struct nft_element *element,
			const char *owner)
{
	struct nlattr *list, *item, *nest, *verdict;

	list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	item = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	nest = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
	mnl_attr_put(message, NFTA_DATA_VALUE, element->key_size, element->key);
	mnl_attr_nest_end(message, nest);
	if (owner && (element->chain || element->data_size)) {
		nest = mnl_attr_nest_start(message, NFTA_SET_ELEM_DATA);
		if (element->chain) {
			verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
			mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_JUMP));
			mnl_attr_put_strz(message, NFTA_VERDICT_CHAIN, element->chain->name);
			mnl_attr_nest_end(message, verdict);
		} else {
			mnl_attr_put(message, NFTA_DATA_VALUE, element->data_size, element->data);
		}
		mnl_attr_nest_end(message, nest);
	}
	if (owner)
		nft_put_comment(message, NFTA_SET_ELEM_USERDATA, owner);
	mnl_attr_nest_end(message, item);
	mnl_attr_nest_end(message, list);
}

static void add_element(struct plugin *p, uint16_t type, uint16_t flags,
			const struct nft_element *element, const char *owner)
{
	struct nlmsghdr *message = nft_message(p, type, flags, element->family, element->set);

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, element->set);
	put_element(message, element, owner);
}

/* --- looking ---------------------------------------------------------------------------- */

struct found {
	struct nft_element element;
	char owner[OWNER_SIZE];
	char chain[NFT_CHAIN_SIZE];
};

static void parse_value(const struct nlattr *nest, uint8_t *bytes, uint8_t *size,
			char chain[NFT_CHAIN_SIZE])
{
	const struct nlattr *attr, *part;

	mnl_attr_for_each_nested(attr, nest)
	{
		uint16_t length = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) == NFTA_DATA_VALUE && length <= NFT_KEY_SIZE) {
			memcpy(bytes, mnl_attr_get_payload(attr), length);
			*size = (uint8_t)length;
		} else if (mnl_attr_get_type(attr) == NFTA_DATA_VERDICT && chain) {
			mnl_attr_for_each_nested(part, attr)
			{
				if (mnl_attr_get_type(part) == NFTA_VERDICT_CHAIN)
					snprintf(chain, NFT_CHAIN_SIZE, "%.*s",
						 mnl_attr_get_payload_len(part),
						 mnl_attr_get_str(part));
			}
		}
	}
}

static void parse_element(const struct nlattr *item, struct found *found)
{
	const struct nlattr *attr;

	memset(found, 0, sizeof(*found));
	mnl_attr_for_each_nested(attr, item)
	{
		switch (mnl_attr_get_type(attr)) {
		case NFTA_SET_ELEM_KEY:
			parse_value(attr, found->element.key, &found->element.key_size, NULL);
			break;
		case NFTA_SET_ELEM_DATA:
			parse_value(attr, found->element.data, &found->element.data_size,
				    found->chain);
			break;
		case NFTA_SET_ELEM_USERDATA:
			nft_parse_comment(attr, found->owner);
			break;
		}
	}
}

struct looking {
	int (*fn)(const struct found *found, void *data);
	void *data;
};

static int parse_elements(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *list, *item;
	struct looking *looking = data;
	struct found found;
	int r = 0;

	mnl_attr_for_each(list, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(list) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(item, list)
		{
			parse_element(item, &found);
			if (r == 0)
				r = looking->fn(&found, looking->data);
		}
	}
	return r;
}

static int keep(const struct found *found, void *data)
{
	*(struct found *)data = *found;
	return 0;
}

/* 1: there is one with this key; 0: none, or no such set; or -errno. */
static int find(struct plugin *p, const struct nft_element *element, struct found *out)
{
	struct looking looking = {.fn = keep, .data = out};
	int r;

	memset(out, 0, sizeof(*out));
	add_element(p, NFT_MSG_GETSETELEM, 0, element, NULL);
	r = netlink_ask(&p->netfilter, parse_elements, &looking);
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

static const char *get_owner(const struct plugin *p, const struct nft_element *element)
{
	return element->owner ? element->owner : p->owner.text;
}

/* --- adding ----------------------------------------------------------------------------- */

static bool is_chain_of(const struct nft_element *a, const struct nft_element *b)
{
	return a->family == b->family && b->chain && !strcmp(a->chain->name, b->chain->name);
}

/* Whether the chain has to be made with the element. To try without it would be answered
 * only when all processors have passed a quiescent state: looking is much cheaper. */
static int needs_chain(struct plugin *p, const struct nft_element *elements, size_t index)
{
	const struct nft_element *element = &elements[index];
	uint32_t use;
	size_t i;
	int r;

	if (!element->chain || !strcmp(element->chain->name, NFT_SHARED_CHAIN))
		return 0;
	for (i = 0; i < index; i++)
		if (is_chain_of(element, &elements[i]))
			return 0;
	r = nft_get_use(p, element->family, NFT_TABLE, element->chain->name, &use);
	return r < 0 ? r : !r;
}

struct addition {
	bool is_there, needs_chain;
};

static int look(struct plugin *p, const struct nft_element *elements, size_t count,
		struct addition *additions)
{
	struct found found;
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < count; i++) {
		r = find(p, &elements[i], &found);
		additions[i].is_there = r > 0;
		if (r >= 0)
			r = needs_chain(p, elements, i);
		additions[i].needs_chain = r > 0;
	}
	return r < 0 ? r : 0;
}

static bool is_first_of_family(const struct nft_element *elements, size_t index)
{
	size_t i;

	for (i = 0; i < index && elements[i].family != elements[index].family; i++)
		;
	return i == index;
}

/* No element more for the set that says the version: an error if it is not there. */
static void require_version(struct plugin *p, uint8_t family)
{
	struct nlmsghdr *message =
		nft_message(p, NFT_MSG_NEWSETELEM, NLM_F_CREATE, family, NFT_VERSION);
	struct nlattr *list;

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, NFT_VERSION);
	list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	mnl_attr_nest_end(message, list);
}

static int try_add(struct plugin *p, const struct nft_element *elements, size_t count)
{
	struct addition additions[NFT_MAX_ADDED];
	uint32_t generation = 0;
	size_t i;
	int r = nft_get_generation(p, &generation);

	if (r == 0)
		r = look(p, elements, count, additions);
	if (r < 0)
		return r;
	nft_begin(p, generation);
	for (i = 0; i < count; i++) {
		if (is_first_of_family(elements, i))
			require_version(p, elements[i].family);
		if (additions[i].needs_chain)
			nft_chain_add(p, elements[i].family, elements[i].chain);
		if (additions[i].is_there)
			add_element(p, NFT_MSG_DELSETELEM, 0, &elements[i], NULL);
		add_element(p, NFT_MSG_NEWSETELEM, NLM_F_CREATE, &elements[i],
			    get_owner(p, &elements[i]));
	}
	return nft_commit(p);
}

/* Tables, and sets that are not in the skeleton. 0 or the failure. */
static int make_missing(struct plugin *p, const struct nft_element *elements, size_t count)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < count; i++) {
		const struct nft_element *e = &elements[i];
		bool is_first = is_first_of_family(elements, i);

		if (is_first)
			r = skeleton_make_table(p, e->family);
		if (r == 0 && e->missing && (is_first || e->missing != elements[i - 1].missing))
			r = skeleton_make_conditional(p, e->family, e->missing);
	}
	return r;
}

static int add_some(struct plugin *p, const struct nft_element *elements, size_t count)
{
	int r, attempts = 0, made = 0;

	do {
		r = try_add(p, elements, count);
		/* Somebody may flush the ruleset again, but not for ever. */
		if (r == -ENOENT && made++ < NFT_MAX_MADE) {
			r = make_missing(p, elements, count);
			if (r < 0)
				return r;
			r = -ERESTART;
		}
	} while (r == -ERESTART && ++attempts < NFT_MAX_ATTEMPTS);
	return r < 0 ? plugin_fail_netlink(p, &p->netfilter) : 0;
}

static size_t get_some(size_t count, size_t most)
{
	return count < most ? count : most;
}

int nft_add(struct plugin *p, const struct nft_element *elements, size_t count)
{
	size_t some;
	int r = 0;

	for (; r == 0 && count; elements += some, count -= some) {
		some = get_some(count, NFT_MAX_ADDED);
		r = add_some(p, elements, some);
	}
	return r;
}

/* --- removing ---------------------------------------------------------------------------- */

struct removal {
	uint32_t generation;
	struct found items[NFT_MAX_ELEMENTS];
	size_t count;
};

static void add_chain_delete(struct plugin *p, uint8_t family, const char *chain)
{
	struct nlmsghdr *message = nft_message(p, NFT_MSG_DELCHAIN, 0, family, chain);

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain);
}

/* Whether nothing will lead to the chain of the item when all items are gone; said only
 * for the last one that leads there. */
static int is_last(struct plugin *p, const struct removal *removal, size_t index)
{
	const struct found *item = &removal->items[index];
	uint32_t use, leading = 0;
	size_t i;
	int r;

	if (!item->chain[0])
		return 0;
	for (i = 0; i < removal->count; i++)
		if (removal->items[i].element.family == item->element.family &&
		    !strcmp(removal->items[i].chain, item->chain)) {
			if (i > index)
				return 0;
			leading++;
		}
	r = nft_get_use(p, item->element.family, NFT_TABLE, item->chain, &use);
	return r < 0 ? r
		     : strcmp(item->chain, NFT_SHARED_CHAIN) != 0 &&
			       use == leading + NFT_CHAIN_RULES;
}

static int commit_removal(struct plugin *p, const struct removal *removal)
{
	bool is_chain_gone[NFT_MAX_ELEMENTS];
	size_t i;
	int r;

	if (!removal->count)
		return 0;
	for (i = 0; i < removal->count; i++) {
		r = is_last(p, removal, i);
		if (r < 0)
			return r;
		is_chain_gone[i] = r > 0;
	}
	nft_begin(p, removal->generation);
	for (i = 0; i < removal->count; i++)
		add_element(p, NFT_MSG_DELSETELEM, 0, &removal->items[i].element, NULL);
	for (i = 0; i < removal->count; i++)
		if (is_chain_gone[i])
			add_chain_delete(p, removal->items[i].element.family,
					 removal->items[i].chain);
	return nft_commit(p);
}

/* To remove the same one twice would fail. */
static bool has_element(const struct removal *removal, const struct nft_element *element)
{
	size_t i;

	for (i = 0; i < removal->count; i++)
		if (removal->items[i].element.family == element->family &&
		    !strcmp(removal->items[i].element.set, element->set) &&
		    !memcmp(removal->items[i].element.key, element->key, sizeof(element->key)))
			return true;
	return false;
}

static int try_remove(struct plugin *p, const struct nft_element *elements, size_t count,
		      bool *are_all_there)
{
	struct removal removal = {0};
	struct found *item;
	size_t i;
	int r = nft_get_generation(p, &removal.generation);

	*are_all_there = true;
	for (i = 0; r >= 0 && i < count; i++) {
		if (has_element(&removal, &elements[i]))
			continue;
		item = &removal.items[removal.count];
		r = find(p, &elements[i], item);
		item->element = elements[i];
		if (r > 0 && !strcmp(item->owner, get_owner(p, &elements[i])))
			removal.count++;
		else
			*are_all_there = false;
	}
	return r < 0 ? r : commit_removal(p, &removal);
}

static int remove_some(struct plugin *p, const struct nft_element *elements, size_t count,
		       bool *were_all_there)
{
	bool are_all_there;
	int r, attempts = 0;

	do
		r = try_remove(p, elements, count, &are_all_there);
	while (r == -ERESTART && ++attempts < NFT_MAX_ATTEMPTS);
	*were_all_there &= are_all_there;
	return r < 0 ? plugin_fail_netlink(p, &p->netfilter) : 0;
}

int nft_remove_there(struct plugin *p, const struct nft_element *elements, size_t count,
		     bool *were_all_there)
{
	size_t some;
	int r = 0;

	*were_all_there = true;
	for (; r == 0 && count; elements += some, count -= some) {
		some = get_some(count, NFT_MAX_ELEMENTS);
		r = remove_some(p, elements, some, were_all_there);
	}
	return r;
}

int nft_remove(struct plugin *p, const struct nft_element *elements, size_t count)
{
	bool were_all_there;

	return nft_remove_there(p, elements, count, &were_all_there);
}

struct sifting {
	struct plugin *plugin;
	uint8_t family;
	const char *set;
	nft_stale_fn is_stale;
	nft_tell_fn tell;
	void *data;
	struct removal removal;
	bool is_more;
};

static int sift(const struct found *found, void *data)
{
	struct sifting *sifting = data;
	struct removal *removal = &sifting->removal;

	if (!found->owner[0] || !sifting->is_stale(sifting->plugin, found->owner))
		return 0;
	sifting->is_more = removal->count == NFT_MAX_ELEMENTS;
	if (sifting->is_more)
		return 0;
	removal->items[removal->count] = *found;
	removal->items[removal->count].element.family = sifting->family;
	removal->items[removal->count].element.set = sifting->set;
	removal->count++;
	return 0;
}

static int tell_all(const struct sifting *sifting)
{
	const struct removal *removal = &sifting->removal;
	size_t i;
	int r = 0;

	for (i = 0; sifting->tell && r == 0 && i < removal->count; i++)
		r = sifting->tell(sifting->data, &removal->items[i].element);
	return r;
}

static int try_remove_stale(struct sifting *sifting)
{
	struct looking looking = {.fn = sift, .data = sifting};
	struct plugin *p = sifting->plugin;
	struct nlmsghdr *message;
	int r;

	sifting->removal.count = 0;
	sifting->is_more = false;
	r = nft_get_generation(p, &sifting->removal.generation);
	if (r < 0)
		return r;
	message = nft_message(p, NFT_MSG_GETSETELEM, NLM_F_DUMP, sifting->family, sifting->set);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, sifting->set);
	r = netlink_ask(&p->netfilter, parse_elements, &looking);
	/* No such table: nothing to remove. */
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r == -EINTR ? -ERESTART : r;
	/* While they are there: who cannot note them finds them the next time. */
	r = tell_all(sifting);
	return r < 0 ? r : commit_removal(p, &sifting->removal);
}

int nft_remove_and_tell(struct plugin *p, uint8_t family, const char *set, nft_stale_fn is_stale,
			nft_tell_fn tell, void *data)
{
	struct sifting sifting = {.plugin = p,
				  .family = family,
				  .set = set,
				  .is_stale = is_stale,
				  .tell = tell,
				  .data = data};
	int r, attempts = 0;

	do
		r = try_remove_stale(&sifting);
	while ((r == -ERESTART && ++attempts < NFT_MAX_ATTEMPTS) || (r == 0 && sifting.is_more));
	return r == -ENOMEM || r >= 0 ? r : plugin_fail_netlink(p, &p->netfilter);
}

int nft_remove_stale(struct plugin *p, uint8_t family, const char *set, nft_stale_fn is_stale)
{
	return nft_remove_and_tell(p, family, set, is_stale, NULL, NULL);
}

bool nft_is_own(struct plugin *p, const char *comment)
{
	return !strcmp(comment, p->owner.text);
}

bool nft_is_invalid(struct plugin *p, const char *comment)
{
	return owner_is_of_network(&p->owner, comment) && !owner_is_valid(p->request, comment);
}

/* --- checking ----------------------------------------------------------------------------- */

int nft_check(struct plugin *p, const struct nft_element *elements, size_t count)
{
	struct found found;
	size_t i;
	int r = plugin_open_netfilter(p);

	for (i = 0; r >= 0 && i < count; i++) {
		const struct nft_element *e = &elements[i];

		r = find(p, e, &found);
		if (r == 0)
			return plugin_deviates(
				p, "nftables: no element for %s in set %s of table %s %s",
				p->owner.text, e->set, skeleton_family_name(e->family), NFT_TABLE);
		if (r > 0 && strcmp(found.owner, get_owner(p, e)) != 0)
			return plugin_deviates(
				p, "nftables: set %s of table %s %s: an element is of %s, not %s",
				e->set, skeleton_family_name(e->family), NFT_TABLE, found.owner,
				p->owner.text);
		if (r > 0 && (found.element.data_size != e->data_size ||
			      memcmp(found.element.data, e->data, e->data_size) != 0 ||
			      strcmp(found.chain, e->chain ? e->chain->name : "") != 0))
			return plugin_deviates(p,
					       "nftables: map %s of table %s %s: the element of %s "
					       "has another value",
					       e->set, skeleton_family_name(e->family), NFT_TABLE,
					       p->owner.text);
	}
	return r < 0 ? plugin_fail_netlink(p, &p->netfilter) : 0;
}
