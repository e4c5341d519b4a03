/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/conntrack.h"

#include <stdbool.h>
#include <string.h>

#include <k8snet/address.h>

#include "base/strbuf.h"
#include "plan/nft/nft.h"

static bool is_translated(const struct conntrack *ct)
{
	return ct->port != ct->to_port || memcmp(ct->address, ct->to_address, sizeof(ct->address));
}

static const char *format(const struct conntrack *ct, const uint8_t *bytes, char *text)
{
	struct k8snet_address address = {.family = ct->family};

	memcpy(address.bytes, bytes, sizeof(address.bytes));
	return k8snet_address_format(&address, text, K8SNET_ADDRESS_TEXT_SIZE);
}

static void print_end(struct strbuf *b, const struct conntrack *ct, const uint8_t *bytes,
		      uint16_t port)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	strbuf_printf(b, ct->family == 6 ? "[%s]:%u" : "%s:%u", format(ct, bytes, text), port);
}

void conntrack_print(struct strbuf *b, const struct conntrack *ct)
{
	strbuf_printf(b, "%s ", nft_protocol_name(ct->protocol));
	print_end(b, ct, ct->address, ct->port);
	if (is_translated(ct)) {
		strbuf_add(b, " -> ");
		print_end(b, ct, ct->to_address, ct->to_port);
	} else {
		strbuf_add(b, " untranslated");
	}
}

void conntrack_print_json(struct strbuf *b, const struct conntrack *ct)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	strbuf_printf(b,
		      ", \"family\": \"%s\", \"protocol\": \"%s\", \"destination\": \"%s\", "
		      "\"port\": %u",
		      nft_family_name(ct->family), nft_protocol_name(ct->protocol),
		      format(ct, ct->address, text), ct->port);
	if (is_translated(ct))
		strbuf_printf(b, ", \"backend\": \"%s\", \"backend_port\": %u",
			      format(ct, ct->to_address, text), ct->to_port);
	else
		strbuf_add(b, ", \"untranslated\": true");
}

static void print_filter(struct strbuf *b, const struct conntrack *ct)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	strbuf_printf(b, "-p %s --orig-dst %s --orig-port-dst %u", nft_protocol_name(ct->protocol),
		      format(ct, ct->address, text), ct->port);
	strbuf_printf(b, " --reply-src %s --reply-port-src %u", format(ct, ct->to_address, text),
		      ct->to_port);
}

void conntrack_print_command(struct strbuf *b, const struct conntrack *ct)
{
	strbuf_printf(b, "conntrack -D%s -w 0 ", ct->family == 6 ? " -f ipv6" : "");
	print_filter(b, ct);
	strbuf_add(b, " || :");
}

/* The line of an entry begins with the state and the client's tuple. */
void conntrack_print_reset_command(struct strbuf *b, const struct conntrack *ct)
{
	strbuf_printf(b, "conntrack -L%s -w 0 ", ct->family == 6 ? " -f ipv6" : "");
	print_filter(b, ct);
	strbuf_printf(b,
		      " | sed -nE 's/^[^=]* src=([^ ]+) dst=([^ ]+) sport=([0-9]+) "
		      "dport=([0-9]+) .*/add element %s " NFT_TABLE
		      " resets { \\1 . \\3 . \\2 . \\4 timeout %us }/p' | nft -f -",
		      nft_family_name(ct->family), NFT_RESET_SECONDS);
}
