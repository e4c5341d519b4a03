/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* portmap: conditionsV4 and conditionsV6. Those of iptables that make sense here, and
 * the same in nft's form, become a rule; nothing else does. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "portmap.h"

typedef const struct k8snet_json value_t;

#define MAX_WORDS 64
/* And where they lead. */
#define MAX_CONDITIONS (NFT_RULE_STATEMENTS - 1)
#define WORDS_SIZE     sizeof(((struct conditions *)NULL)->words)

struct words {
	char *text; /* of the conditions */
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
		used += (size_t)snprintf(w->text + used, WORDS_SIZE - used, "%s ", text);
		if (used >= WORDS_SIZE)
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

static bool __attribute__((format(printf, 2, 3)))
add_text(struct conditions *out, const char *format, ...)
{
	size_t used = strlen(out->text);
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(out->text + used, sizeof(out->text) - used, format, args);
	va_end(args);
	return used + (size_t)n < sizeof(out->text);
}

static bool add_link(struct conditions *out, bool is_negated, const char *name)
{
	const struct nft_term key = NFT_TERM(IIFNAME);

	if (!is_link_name(name))
		return false;
	nft_rule_append_key(&out->rule, NFT_STATEMENT_NAME, &key, 1, name)->is_not = is_negated;
	return add_text(out, "iifname %s\"%s\" ", is_negated ? "!= " : "", name);
}

static bool add_network(struct conditions *out, const char *field, bool is_negated,
			const struct k8snet_prefix *network)
{
	const struct nft_term key = {.load = strcmp(field, "saddr") ? NFT_LOAD_DADDR
								    : NFT_LOAD_SADDR};
	struct nft_statement *s =
		nft_rule_append_key(&out->rule, NFT_STATEMENT_ADDRESS, &key, 1, NULL);

	s->is_not = is_negated;
	s->value = network->length;
	memcpy(s->address, network->address.bytes, sizeof(s->address));
	return add_text(out, "%s %s %s%s ", network->address.family == 6 ? "ip6" : "ip", field,
			is_negated ? "!= " : "", prefix_text(network));
}

static bool add(struct conditions *out, bool is_ipv6, const char *field, bool is_negated,
		const char *value)
{
	struct k8snet_prefix prefix;

	if (out->rule.n == MAX_CONDITIONS)
		return false;
	if (!strcmp(field, "iifname"))
		return add_link(out, is_negated, value);
	if (k8snet_prefix_parse(&prefix, value) < 0) {
		if (k8snet_address_parse(&prefix.address, value) < 0)
			return false;
		prefix = prefix_of_host(&prefix.address);
	}
	if ((prefix.address.family == 6) != is_ipv6)
		return false;
	prefix = prefix_mask(&prefix);
	return add_network(out, field, is_negated, &prefix);
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

int conditions_read(struct plugin *p, bool is_ipv6, struct conditions *out)
{
	value_t *list = NULL;
	struct words words = {.text = out->words};
	char suffix[16] = ""; /* of the names of maps and chains */
	int r = k8snet_cni_request_read_array(p->request, NULL,
					      is_ipv6 ? "conditionsV6" : "conditionsV4", &list);

	memset(out, 0, sizeof(*out));
	out->rule.family = is_ipv6 ? 6 : 4;
	if (r == 0)
		r = read_words(p, is_ipv6, list, &words);
	while (r == 0 && words.next < words.count)
		r = read_one(p, is_ipv6, &words, out);
	if (r == 0 && out->text[0])
		snprintf(suffix, sizeof(suffix), "-%08x", (unsigned int)text_hash(out->text));
	snprintf(out->map, sizeof(out->map), "hostports%s", suffix);
	snprintf(out->any_map, sizeof(out->any_map), "hostports-any%s", suffix);
	return r;
}
