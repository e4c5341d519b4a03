/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/json_string.h"
#include "base/siphash.h"
#include "base/vec.h"

/* A key of an object that is still open. */
struct open_key {
	uint64_t hash;
	size_t offset, length; /* as written */
};

struct frame {
	struct json *node;
	bool is_object;
	size_t first_key; /* of those of this object in parser.keys */
};

struct parser {
	struct json_reader *reader;
	struct arena *arena;
	struct frame stack[JSON_MAX_DEPTH];
	unsigned int depth;
	unsigned int skip_depth; /* not 0: nothing is built below this depth */
	const char *key;	 /* of the next value */
	struct json *root;
	size_t n_nodes, max_nodes;
	struct json skipped; /* stands for all nodes that are not built */
	VEC(struct open_key) keys;
	struct strbuf scratch;
	struct hash hash; /* for its random key only */
};

void json_place(struct json_reader *reader, size_t offset)
{
	reader->line = reader->column = 1;
	for (size_t i = 0; i < offset; i++) {
		reader->column++;
		if (reader->text[i] == '\n') {
			reader->line++;
			reader->column = 1;
		}
	}
}

static int fail_at(struct parser *p, size_t offset, int code, const char *format, ...)
	printf_like(4, 5);

static int fail_at(struct parser *p, size_t offset, int code, const char *format, ...)
{
	struct json_reader *r = p->reader;
	va_list args;

	va_start(args, format);
	vsnprintf(r->error, sizeof(r->error), format, args);
	va_end(args);
	json_place(r, offset);
	return code;
}

static int fail(struct parser *p, const char *what)
{
	return fail_at(p, p->reader->offset, -EINVAL, "%s", what);
}

/* The next character that is not white space; -1 at the end. */
static int peek_text(struct json_reader *r)
{
	while (r->offset < r->length) {
		char c = r->text[r->offset];

		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			return (unsigned char)c;
		r->offset++;
	}
	return -1;
}

static int peek(struct parser *p)
{
	return peek_text(p->reader);
}

bool json_is_at_end(struct json_reader *reader)
{
	return peek_text(reader) < 0;
}

/* Why add_node() gave none. */
static int no_node(struct parser *p)
{
	if (p->n_nodes <= p->max_nodes)
		return -ENOMEM;
	return fail_at(p, p->reader->offset, -E2BIG, "more than %zu values", p->max_nodes);
}

static bool is_skipping(const struct parser *p)
{
	return p->skip_depth && p->depth > p->skip_depth;
}

void json_link(struct json *parent, struct json *node)
{
	node->parent = parent;
	node->index = parent->last ? parent->last->index + 1 : 0;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
}

/* A new node for the value that begins here, linked into its container. */
static struct json *add_node(struct parser *p, enum json_type type)
{
	struct json *parent = p->depth ? p->stack[p->depth - 1].node : NULL, *node;

	if (is_skipping(p))
		return &p->skipped;
	if (++p->n_nodes > p->max_nodes)
		return NULL;
	node = arena_alloc(p->arena, sizeof(*node));
	if (!node)
		return NULL;
	node->type = type;
	node->source = p->reader->text + p->reader->offset;
	node->key = steal_pointer(p->key);
	if (parent)
		json_link(parent, node);
	else
		p->root = node;
	return node;
}

/* The value ends here. */
static void end_node(const struct parser *p, struct json *node)
{
	if (!is_skipping(p))
		node->source_length = (size_t)(p->reader->text + p->reader->offset - node->source);
}

static const char *keep(struct parser *p, const char *text, size_t length)
{
	char *copy = arena_alloc(p->arena, length + 1);

	return copy && length ? memcpy(copy, text, length) : copy;
}

/* The text of the string that begins here; *text is borrowed from the input or
 * from p->scratch. */
static int read_string(struct parser *p, const char **text, size_t *length)
{
	struct json_reader *r = p->reader;
	const char *begin = r->text + ++r->offset, *what;
	bool has_escapes;

	what = json_string_scan(begin, r->length - r->offset, length, &has_escapes);
	r->offset += *length;
	if (what)
		return fail(p, what);
	r->offset++;
	*text = begin;
	if (!has_escapes)
		return 0;
	strbuf_clear(&p->scratch);
	json_string_decode(begin, *length, &p->scratch);
	if (p->scratch.error)
		return -ENOMEM;
	*text = p->scratch.text ? p->scratch.text : "";
	*length = p->scratch.length;
	return 0;
}

static int read_string_value(struct parser *p)
{
	struct json *node = add_node(p, JSON_STRING);
	const char *text;
	int r;

	if (!node)
		return no_node(p);
	r = read_string(p, &text, &node->length);
	if (r < 0 || is_skipping(p))
		return r;
	end_node(p, node);
	node->string = keep(p, text, node->length);
	return node->string ? 0 : -ENOMEM;
}

static int read_key(struct parser *p)
{
	struct frame *top = &p->stack[p->depth - 1];
	size_t offset = p->reader->offset, length;
	struct open_key *key;
	const char *text;
	int r;

	if (peek(p) != '"')
		return fail(p, "expected a key in quotes");
	offset = p->reader->offset;
	r = read_string(p, &text, &length);
	if (r < 0)
		return r;
	if (memchr(text, '\0', length))
		return fail_at(p, offset, -EINVAL, "NUL in a key");
	if (p->keys.count - top->first_key >= JSON_MAX_KEYS)
		return fail_at(p, offset, -E2BIG, "more than %d keys in one object", JSON_MAX_KEYS);
	key = vec_push(&p->keys);
	if (!key)
		return -ENOMEM;
	key->hash = hash_bytes(&p->hash, text, length);
	key->offset = offset;
	key->length = p->reader->offset - offset;
	if (!is_skipping(p) && !(p->key = keep(p, text, length)))
		return -ENOMEM;
	if (peek(p) != ':')
		return fail(p, "expected ':' after a key");
	p->reader->offset++;
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct open_key *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* 64 bits under a random key tell keys apart: among 65536 of them a false alarm
 * has a chance of 2^-33, and nobody can make one. */
static int check_keys(struct parser *p, size_t first)
{
	struct open_key *keys;
	size_t n = p->keys.count - first;

	p->keys.count = first;
	if (n < 2)
		return 0;
	keys = p->keys.items + first;
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < n; i++)
		if (keys[i].hash == keys[i - 1].hash)
			return fail_at(
				p, keys[i].offset, -EINVAL, "duplicate key %s",
				printable(p->reader->text + keys[i].offset, keys[i].length).text);
	return 0;
}

static int open_container(struct parser *p, bool is_object)
{
	const char *lazy = p->reader->lazy;
	struct json *node;
	struct frame *top;

	if (p->depth == JSON_MAX_DEPTH)
		return fail_at(p, p->reader->offset, -E2BIG, "more than %d levels of nesting",
			       JSON_MAX_DEPTH);
	node = add_node(p, is_object ? JSON_OBJECT : JSON_ARRAY);
	if (!node)
		return no_node(p);
	p->reader->offset++;
	if (lazy && p->depth == 1 && node->key && !strcmp(node->key, lazy)) {
		node->lazy_offset = p->reader->offset;
		p->skip_depth = 1;
	}
	top = &p->stack[p->depth++];
	*top = (struct frame){.node = node, .is_object = is_object, .first_key = p->keys.count};
	return 0;
}

static int close_container(struct parser *p)
{
	const struct frame *top = &p->stack[--p->depth];

	p->reader->offset++;
	if (p->skip_depth >= p->depth)
		p->skip_depth = 0;
	end_node(p, top->node);
	return top->is_object ? check_keys(p, top->first_key) : 0;
}

static size_t count_digits(const char *text, size_t left)
{
	size_t n = 0;

	while (n < left && text[n] >= '0' && text[n] <= '9')
		n++;
	return n;
}

size_t json_scan_number(const char *text, size_t left, bool *is_integer)
{
	size_t i = left && text[0] == '-', n;

	n = count_digits(text + i, left - i);
	if (!n || (n > 1 && text[i] == '0'))
		return 0;
	i += n;
	*is_integer = true;
	if (i < left && text[i] == '.') {
		*is_integer = false;
		n = count_digits(text + i + 1, left - i - 1);
		if (!n)
			return 0;
		i += 1 + n;
	}
	if (i < left && (text[i] == 'e' || text[i] == 'E')) {
		*is_integer = false;
		i++;
		if (i < left && (text[i] == '+' || text[i] == '-'))
			i++;
		n = count_digits(text + i, left - i);
		if (!n)
			return 0;
		i += n;
	}
	return i;
}

static int read_number(struct parser *p)
{
	struct json_reader *r = p->reader;
	struct json *node = add_node(p, JSON_NUMBER);
	const char *text = r->text + r->offset;
	bool is_integer;
	size_t length;

	if (!node)
		return no_node(p);
	length = json_scan_number(text, r->length - r->offset, &is_integer);
	if (!length)
		return fail(p, "bad number");
	r->offset += length;
	if (is_skipping(p))
		return 0;
	end_node(p, node);
	node->string = keep(p, text, length);
	node->length = length;
	if (!node->string)
		return -ENOMEM;
	errno = 0;
	node->integer = is_integer ? strtoll(node->string, NULL, 10) : 0;
	if (is_integer && !errno)
		node->type = JSON_INTEGER;
	return 0;
}

static int read_word(struct parser *p)
{
	static const struct {
		const char *word;
		enum json_type type;
		bool value;
	} words[] = {
		{"null", JSON_NULL, false}, {"true", JSON_BOOL, true}, {"false", JSON_BOOL, false}};
	struct json_reader *r = p->reader;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i].word);
		struct json *node;

		if (r->length - r->offset < n || memcmp(r->text + r->offset, words[i].word, n))
			continue;
		node = add_node(p, words[i].type);
		if (!node)
			return no_node(p);
		node->boolean = words[i].value;
		r->offset += n;
		end_node(p, node);
		return 0;
	}
	return fail(p, "expected a JSON value");
}

static int read_key_or_close(struct parser *p, bool *is_open)
{
	const struct frame *top = &p->stack[p->depth - 1];

	*is_open = peek(p) != (top->is_object ? '}' : ']');
	if (!*is_open)
		return close_container(p);
	return top->is_object ? read_key(p) : 0;
}

/* Begin a value; *is_open: it is a container, and its first value comes next. */
static int read_value(struct parser *p, bool *is_open)
{
	int c = peek(p), r;

	*is_open = false;
	if (c == '{' || c == '[') {
		r = open_container(p, c == '{');
		return r < 0 ? r : read_key_or_close(p, is_open);
	}
	if (c == '"')
		return read_string_value(p);
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(p);
	return c < 0 ? fail(p, "unexpected end of the text") : read_word(p);
}

/* After a value: close what ends here, up to where the next value begins. */
static int read_separators(struct parser *p)
{
	while (p->depth) {
		const struct frame *top = &p->stack[p->depth - 1];
		int c = peek(p), r;

		if (c == ',') {
			p->reader->offset++;
			return top->is_object ? read_key(p) : 0;
		}
		if (c != (top->is_object ? '}' : ']'))
			return fail(p, c < 0		? "unexpected end of the text"
				       : top->is_object ? "expected ',' or '}'"
							: "expected ',' or ']'");
		r = close_container(p);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse(struct parser *p)
{
	bool is_open;
	int r;

	do {
		r = read_value(p, &is_open);
		if (r < 0)
			return r;
		if (!is_open)
			r = read_separators(p);
	} while (r == 0 && p->depth);
	return r;
}

int json_read(struct json_reader *reader, struct arena *arena, struct json **out)
{
	struct parser p = {.reader = reader,
			   .arena = arena,
			   .max_nodes = reader->max_nodes ? reader->max_nodes : JSON_MAX_NODES};
	int r;

	if (peek(&p) < 0)
		return 0;
	hash_init(&p.hash);
	r = parse(&p);
	vec_done(&p.keys);
	strbuf_done(&p.scratch);
	if (r < 0)
		return r;
	*out = p.root;
	return 1;
}

int json_read_item(struct json_reader *reader, struct arena *arena, struct json **out)
{
	struct parser p = {.reader = reader};
	int c = peek(&p);

	if (c == ']')
		return 0;
	if (c == ',')
		reader->offset++;
	return json_read(reader, arena, out);
}

static void add_path(const struct json *value, const struct json *root, struct strbuf *out)
{
	if (value == root || !value->parent)
		return;
	add_path(value->parent, root, out);
	if (!value->key)
		strbuf_printf(out, "[%u]", value->index);
	else if (strpbrk(value->key, "./[]"))
		strbuf_printf(out, "[%s]", printable(value->key, strlen(value->key)).text);
	else
		strbuf_printf(out, "%s%s", out->length ? "." : "",
			      printable(value->key, strlen(value->key)).text);
}

char *json_path(const struct json *value, const char *below, char *buffer, size_t size)
{
	return json_path_from(NULL, value, below, buffer, size);
}

char *json_path_from(const struct json *root, const struct json *value, const char *below,
		     char *buffer, size_t size)
{
	_cleanup_strbuf_ struct strbuf path = {0};

	if (value)
		add_path(value, root, &path);
	snprintf(buffer, size, "%s%s%s", path.text ? path.text : "",
		 below && path.length ? "." : "", below ? below : "");
	return buffer;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {"null",	"true or false", "a whole number",
					    "a number", "a string",	 "an array",
					    "an object"};

	return names[type];
}

struct printable printable(const char *text, size_t length)
{
	struct printable p;
	size_t i = 0, n;

	while (i < length) {
		n = utf8_sequence(text + i, length - i);
		if (i + n > sizeof(p.text) - 8) {
			memcpy(p.text + i, "...", 4);
			return p;
		}
		if (!n || (unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
			p.text[i++] = '?';
			continue;
		}
		memcpy(p.text + i, text + i, n);
		i += n;
	}
	p.text[i] = '\0';
	return p;
}
