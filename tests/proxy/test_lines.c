/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines out of pieces, of any size and cut anywhere. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* The order matters. */
#include <cmocka.h>

#include "lines.h"

/* What came out: "1:text|2:text|3!|", ! for one that was too long. */
struct log {
	char text[4096];
	size_t length;
};

static void drain(struct lines *lines, struct log *log)
{
	const char *line;
	size_t length;
	int r;

	while ((r = lines_next(lines, &line, &length)) != 0)
		log->length += (size_t)snprintf(
			log->text + log->length, sizeof(log->text) - log->length,
			r > 0 ? "%llu:%.*s|" : "%llu!|", (unsigned long long)lines->number,
			(int)(length < 40 ? length : 40), line);
}

static void feed(struct lines *lines, struct log *log, const char *text, size_t length,
		 size_t piece)
{
	while (length) {
		size_t room, n = length < piece ? length : piece;
		char *to = lines_reserve(lines, &room);

		assert_non_null(to);
		assert_true(room > 0);
		n = n < room ? n : room;
		memcpy(to, text, n);
		lines_add(lines, n);
		text += n;
		length -= n;
		drain(lines, log);
	}
}

static void end(struct lines *lines, struct log *log)
{
	size_t room;

	assert_non_null(lines_reserve(lines, &room));
	lines_add(lines, 0);
	drain(lines, log);
	drain(lines, log);
	lines_done(lines);
}

static void pieces(void **state)
{
	static const char text[] = "one\n\ntwo \"x\"\r\nlast";

	(void)state;
	for (size_t piece = 1; piece < sizeof(text); piece++) {
		struct lines lines = {0};
		struct log log = {0};

		feed(&lines, &log, text, sizeof(text) - 1, piece);
		assert_string_equal(log.text, "1:one|2:|3:two \"x\"\r|");
		end(&lines, &log);
		assert_string_equal(log.text, "1:one|2:|3:two \"x\"\r|4:last|");
	}
}

static void empty(void **state)
{
	struct lines lines = {0};
	struct log log = {0};

	(void)state;
	drain(&lines, &log);
	end(&lines, &log);
	assert_string_equal(log.text, "");
}

/* As long as may be is taken, a byte more is not, whatever comes after it. */
static void limit(void **state)
{
	const size_t over = LINES_LIMIT + 1;
	char *text = malloc(over + 16);

	(void)state;
	for (size_t length = LINES_LIMIT; length <= over; length++)
		for (size_t piece = 1000; piece <= 10000000; piece *= 100) {
			struct lines lines = {0};
			struct log log = {0};

			memset(text, 'x', length);
			memcpy(text + length, "\nnext\n", 7);
			feed(&lines, &log, "first\n", 6, piece);
			feed(&lines, &log, text, length + 6, piece);
			end(&lines, &log);
			assert_string_equal(
				log.text,
				length == over
					? "1:first|2!|3:next|"
					: "1:first|2:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|3:"
					  "next|");
		}
	free(text);
}

/* Much more than the limit without a newline takes no more memory, and is one line. */
static void endless(void **state)
{
	static char block[1 << 20];
	struct lines lines = {0};
	struct log log = {0};

	(void)state;
	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 40; i++) {
		feed(&lines, &log, block, sizeof(block), 65536);
		assert_true(lines.capacity <= 4 * LINES_LIMIT);
	}
	feed(&lines, &log, "\nok\n", 4, 4);
	assert_string_equal(log.text, "1!|2:ok|");
	end(&lines, &log);
	assert_string_equal(log.text, "1!|2:ok|");

	memset(&log, 0, sizeof(log));
	for (int i = 0; i < 5; i++)
		feed(&lines, &log, block, sizeof(block), 65536);
	end(&lines, &log);
	assert_string_equal(log.text, "1!|");
}

/* Random lines in random pieces come out as they went in, and long ones give back. */
static void random_pieces(void **state)
{
	static char text[400000];
	struct lines lines = {0};
	struct log log = {0};
	size_t length = 0, given = 0, room, n, count = 0, seen = 0;
	const char *line;

	(void)state;
	srand(11);
	while (length < sizeof(text) - 1) {
		text[length] = rand() % (length % 100000 < 60000 ? 20 : 30000) ? 'y' : '\n';
		count += text[length++] == '\n';
	}
	text[length++] = '\n';
	count++;
	while (given < length) {
		char *to = lines_reserve(&lines, &room);

		n = (size_t)rand() % 3000 + 1;
		n = n < room ? n : room;
		n = n < length - given ? n : length - given;
		memcpy(to, text + given, n);
		lines_add(&lines, n);
		given += n;
		while (lines_next(&lines, &line, &n) == 1) {
			static size_t at;

			assert_memory_equal(line, text + at, n);
			assert_int_equal(text[at + n], '\n');
			at += n + 1;
			seen++;
		}
	}
	assert_int_equal(seen, count);
	assert_int_equal(lines.number, count);
	end(&lines, &log);
}

/* Where a line ends nothing need follow: the sanitizer sees a byte read behind it. And a buffer
 * full of blank lines takes a look at each byte once or so, not at all that follow. */
static void blank(void **state)
{
	static const char *const blanks[] = {"", " ", "\r", " \t \r"}, *const others[] = {"x", " x",
											  "x "};
	char *exact;

	(void)state;
	for (size_t i = 0; i < sizeof(blanks) / sizeof(*blanks); i++) {
		exact = memcpy(malloc(strlen(blanks[i]) + 1), blanks[i], strlen(blanks[i]) + 1);
		exact = realloc(exact, strlen(blanks[i]) ? strlen(blanks[i]) : 1);
		assert_true(line_is_blank(exact, strlen(blanks[i])));
		free(exact);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(line_is_blank(others[i], strlen(others[i])));
	assert_false(line_is_blank("\0", 1));
	/* What follows is another line's. */
	assert_true(line_is_blank("  x", 2));
	assert_false(line_is_blank("x\n   ", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces),  cmocka_unit_test(empty),	    cmocka_unit_test(limit),
		cmocka_unit_test(endless), cmocka_unit_test(random_pieces), cmocka_unit_test(blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
