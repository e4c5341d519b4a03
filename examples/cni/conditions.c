/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* portmap: conditionsV4 and conditionsV6. Those of iptables that make sense here, and
 * the same in nft's form, become nft text; nothing else reaches nft. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "portmap.h"

typedef const struct k8snet_json value_t;

#define MAX_WORDS 64

struct words {
	char text[1024];
	char *items[MAX_WORDS];
	size_t count, next;
};

static int fail(struct plugin *p, bool is_ipv6, const char *what)
{
	return plugin_fail(
		p, K8SNET_CNI_ERROR_CONFIG,
		"%s: not understood at \"%s\": only [!] -s ADDRESS, -d ADDRESS, -i LINK, "
		"and %s saddr, %s daddr, iifname [!=] VALUE",
		is_ipv6 ? "conditionsV6" : "conditionsV4", what, is_ipv6 ? "ip6" : "ip",
		is_ipv6 ? "ip6" : "ip");
}

static int read_words(struct plugin *p, bool is_ipv6, value_t *list, struct words *w)
{
	char *save = NULL, *word;
	value_t *value = NULL;
	size_t used = 0;

	while ((value = k8snet_json_next(list, value))) {
		const char *text = k8snet_json_get_string(value);

		if (!text)
			return k8snet_cni_request_refuse(p->request, value, "not a string");
		used += (size_t)snprintf(w->text + used, sizeof(w->text) - used, "%s ", text);
		if (used >= sizeof(w->text))
			return k8snet_cni_request_refuse(p->request, value, "too long");
	}
	for (word = strtok_r(w->text, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		if (w->count == MAX_WORDS)
			return fail(p, is_ipv6, word);
		w->items[w->count++] = word;
	}
	return 0;
}

static const char *take(struct words *w)
{
	return w->next < w->count ? w->items[w->next++] : "";
}

static bool take_if(struct words *w, const char *word)
{
	if (w->next == w->count || strcmp(w->items[w->next], word) != 0)
		return false;
	w->next++;
	return true;
}

static bool is_link_name(const char *text)
{
	size_t length = strlen(text), i;

	for (i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("._-", text[i]))
			return false;
	return length && length < 16;
}

static bool add(struct conditions *out, bool is_ipv6, const char *field, bool is_negated,
		const char *value)
{
	struct k8snet_prefix prefix;
	size_t used = strlen(out->text);
	const char *not = is_negated ? "!= " : "";
	int n;

	if (!strcmp(field, "iifname")) {
		if (!is_link_name(value))
			return false;
		n = snprintf(out->text + used, sizeof(out->text) - used, "iifname %s\"%s\" ", not,
			     value);
		return used + (size_t)n < sizeof(out->text);
	}
	if (k8snet_prefix_parse(&prefix, value) < 0) {
		if (k8snet_address_parse(&prefix.address, value) < 0)
			return false;
		prefix = prefix_of_host(&prefix.address);
	}
	if ((prefix.address.family == 6) != is_ipv6)
		return false;
	prefix = prefix_mask(&prefix);
	n = snprintf(out->text + used, sizeof(out->text) - used, "%s %s %s%s ",
		     is_ipv6 ? "ip6" : "ip", field, not, prefix_text(&prefix));
	return used + (size_t)n < sizeof(out->text);
}

static const char *get_iptables_field(const char *word)
{
	static const struct {
		const char *option, *field;
	} options[] = {
		{"-s", "saddr"},   {"--source", "saddr"},	  {"--src", "saddr"},
		{"-d", "daddr"},   {"--destination", "daddr"},	  {"--dst", "daddr"},
		{"-i", "iifname"}, {"--in-interface", "iifname"},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (!strcmp(word, options[i].option))
			return options[i].field;
	return NULL;
}

static int read_one(struct plugin *p, bool is_ipv6, struct words *w, struct conditions *out)
{
	size_t start = w->next;
	bool is_negated = take_if(w, "!");
	const char *field = NULL;

	if (take_if(w, is_ipv6 ? "ip6" : "ip") ||
	    (w->next < w->count && !strcmp(w->items[w->next], "iifname"))) {
		field = take(w);
		if (strcmp(field, "saddr") != 0 && strcmp(field, "daddr") != 0 &&
		    strcmp(field, "iifname") != 0)
			field = NULL;
		is_negated |= take_if(w, "!=");
		if (!is_negated)
			take_if(w, "==");
	} else {
		field = get_iptables_field(take(w));
		is_negated |= take_if(w, "!");
	}
	if (!field || !add(out, is_ipv6, field, is_negated, take(w)))
		return fail(p, is_ipv6, w->items[start]);
	return 0;
}

/* The chain first: that it is there says that all of it is. */
static void set_missing(struct conditions *c, bool is_ipv6)
{
	snprintf(c->missing, sizeof(c->missing),
		 "create chain %1$s " NFT_TABLE " hostports%2$s\n"
		 "table %1$s " NFT_TABLE " {\n"
		 "	map hostports%2$s { type %3$s . inet_proto . inet_service : "
		 "%3$s . inet_service; }\n"
		 "	map hostports-any%2$s { type inet_proto . inet_service : "
		 "%3$s . inet_service; }\n"
		 "	chain hostports%2$s {\n"
		 "		dnat %1$s to %1$s daddr . meta l4proto . th dport map "
		 "@hostports%2$s\n"
		 "		dnat %1$s to meta l4proto . th dport map @hostports-any%2$s\n"
		 "	}\n"
		 "	chain conditional-hostports { %4$sjump hostports%2$s; }\n"
		 "}\n",
		 is_ipv6 ? "ip6" : "ip", c->suffix,
		 skeleton_address_type(is_ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4), c->text);
}

int conditions_read(struct plugin *p, bool is_ipv6, struct conditions *out)
{
	value_t *list = NULL;
	struct words words = {0};
	int r = k8snet_cni_request_read_array(p->request, NULL,
					      is_ipv6 ? "conditionsV6" : "conditionsV4", &list);

	*out = (struct conditions){0};
	if (r == 0)
		r = read_words(p, is_ipv6, list, &words);
	while (r == 0 && words.next < words.count)
		r = read_one(p, is_ipv6, &words, out);
	if (r == 0 && out->text[0]) {
		snprintf(out->suffix, sizeof(out->suffix), "-%08x",
			 (unsigned int)text_hash(out->text));
		set_missing(out, is_ipv6);
	}
	snprintf(out->map, sizeof(out->map), "hostports%s", out->suffix);
	snprintf(out->any_map, sizeof(out->any_map), "hostports-any%s", out->suffix);
	return r;
}
