/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NFTABLES_RULE_H
#define NFTABLES_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Rules of nftables as data: statements over keys, of which there is a text (rule_print.c) and
 * netlink expressions (lib/netlink/nft_rule.c), the same that nft makes of the text. Nothing here
 * knows of a table or a set of ours. Families ip, ip6 and bridge.
 */

/* What a packet, or the kernel, is asked for. */
enum nft_load {
	NFT_LOAD_SADDR,
	NFT_LOAD_DADDR,
	NFT_LOAD_SPORT, /* "th sport", or with the term's protocol "tcp sport" */
	NFT_LOAD_DPORT,
	NFT_LOAD_TCP_FLAGS,
	NFT_LOAD_PROTOCOL,
	NFT_LOAD_PRIORITY,
	NFT_LOAD_MARK,
	NFT_LOAD_IIFNAME,
	NFT_LOAD_OIFNAME,
	NFT_LOAD_ETHER_SADDR,
	NFT_LOAD_ETHER_TYPE,
	NFT_LOAD_CT_STATE,
	NFT_LOAD_CT_STATUS,
	NFT_LOAD_CT_SADDR, /* of the original direction */
	NFT_LOAD_CT_DADDR,
	NFT_LOAD_CT_SPORT,
	NFT_LOAD_CT_DPORT,
	NFT_LOAD_CT_PROTOCOL,
	NFT_LOAD_FIB_SADDR, /* the type of the address */
	NFT_LOAD_FIB_DADDR,
	NFT_LOAD_RANDOM,    /* below `modulus` */
	NFT_LOAD_COUNT,	    /* one after the other, below `modulus` */
	NFT_LOAD_HASH,	    /* of the source address, below `modulus` */
	NFT_LOAD_TRANSPORT, /* two bytes of the transport header, from `offset` on */
	NFT_LOAD_NFTRACE,   /* only to be set */
};

struct nft_term {
	uint8_t load;
	uint8_t protocol; /* of ports: 6, 17, 132; 0: any */
	uint32_t mask;	  /* of priorities in keys; 0: none */
	uint32_t modulus, seed;
	uint8_t offset; /* in bytes */
};

enum nft_statement_type {
	NFT_STATEMENT_IN_SET,	/* key @set, key != @set */
	NFT_STATEMENT_COMPARE,	/* key[0] & mask == value; mask 0: all of it */
	NFT_STATEMENT_ADDRESS,	/* key[0] is in address/value */
	NFT_STATEMENT_NAME,	/* key[0] is the name of a link, `set` */
	NFT_STATEMENT_VMAP,	/* key vmap @set */
	NFT_STATEMENT_SET_MAP,	/* meta what set key map @set */
	NFT_STATEMENT_SET_BITS, /* meta what set (meta what & mask) ^ value */
	NFT_STATEMENT_SET,	/* meta what set value */
	NFT_STATEMENT_DNAT,	/* dnat to key map @set */
	NFT_STATEMENT_MASQUERADE,
	NFT_STATEMENT_REJECT,
	NFT_STATEMENT_RESET,   /* reject with tcp reset */
	NFT_STATEMENT_VERDICT, /* code, and `set` the chain */
	NFT_STATEMENT_UPDATE,  /* update @set { key timeout value : data } */
	NFT_STATEMENT_DELETE,
};

/* Codes of verdicts, as NF_DROP, NFT_GOTO. */
#define NFT_CODE_DROP	0
#define NFT_CODE_ACCEPT 1
#define NFT_CODE_JUMP	(-3)
#define NFT_CODE_GOTO	(-4)
#define NFT_CODE_RETURN (-5)

/* Values: of fib, RTN_LOCAL; bits of ct state and status; of masquerade. */
#define NFT_FIB_LOCAL	 2
#define NFT_CT_NEW	 0x08
#define NFT_CT_DNAT	 0x20
#define NFT_FULLY_RANDOM 0x10

#define NFT_KEY_TERMS 4

#define NFT_FAMILY_BRIDGE 7

struct nft_statement {
	uint8_t type;
	uint8_t n; /* terms of the key */
	bool is_not;
	bool is_range; /* of sets of ranges: nft says so where the protocol is loaded */
	bool has_data; /* of updates: meta priority */
	uint8_t what;  /* NFT_LOAD_MARK, NFT_LOAD_PRIORITY, NFT_LOAD_NFTRACE */
	int32_t code;
	const char *set; /* borrowed */
	uint32_t set_id; /* of one without a name, in the same transaction; 0: by name */
	uint32_t mask, value;
	uint8_t address[16];
	struct nft_term key[NFT_KEY_TERMS];
};

#define NFT_RULE_STATEMENTS 34

struct nft_rule {
	uint8_t family; /* 4, 6 or NFT_FAMILY_BRIDGE */
	uint8_t n;
	struct nft_statement statements[NFT_RULE_STATEMENTS];
};

struct strbuf;

/* As nft -f takes it, without the chain and the end of the line. */
void nft_rule_print(struct strbuf *b, const struct nft_rule *rule);
void nft_key_print(struct strbuf *b, uint8_t family, const struct nft_term *key, size_t n);

/* A statement more; all zero but the type, for the caller to fill. */
struct nft_statement *nft_rule_append(struct nft_rule *rule, enum nft_statement_type type);
/* The same with a key; sets of it. */
struct nft_statement *nft_rule_append_key(struct nft_rule *rule, enum nft_statement_type type,
					  const struct nft_term *key, size_t n, const char *set);

#define NFT_TERM(what, ...)                          \
	{                                            \
		.load = NFT_LOAD_##what, __VA_ARGS__ \
	}
#define NFT_KEY(...)                            \
	(const struct nft_term[]){__VA_ARGS__}, \
		sizeof((const struct nft_term[]){__VA_ARGS__}) / sizeof(struct nft_term)

#endif
