/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Durations, addresses, times, events, histograms: what needs no kernel. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* The order matters. */
#include <cmocka.h>

#include <k8snet/k8snet.h>

#include "duration.h"
#include "event.h"
#include "histogram.h"
#include "options.h"
#include "timestamp.h"
#include "util.h"

static struct k8snet_json_document *document;

static int make_document(void **state)
{
	struct k8snet_ctx *ctx = NULL;
	int r = k8snet_ctx_new(&ctx, NULL);

	(void)state;
	if (r == 0)
		r = k8snet_json_document_new(&document, ctx);
	k8snet_ctx_unref(ctx);
	return r;
}

static int free_document(void **state)
{
	(void)state;
	document = k8snet_json_document_unref(document);
	return 0;
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{"0", 0},
		{"0s", 0},
		{"30s", 30 * NS_PER_SEC},
		{"+30s", 30 * NS_PER_SEC},
		{"1m30s", 90 * NS_PER_SEC},
		{"1h2m3s", 3723 * NS_PER_SEC},
		{"1.5h", 5400 * NS_PER_SEC},
		{".5s", NS_PER_SEC / 2},
		{"1.s", NS_PER_SEC},
		{"300ms", 300 * NS_PER_MS},
		{"1us", 1000},
		{"1\302\265s", 1000},
		{"7ns", 7},
		{"0.1234567890123s", 123456789},
		{"2562047h", INT64_C(2562047) * 3600 * NS_PER_SEC},
	};
	static const char *const bad[] = {
		"",	"s",	       ".s",   "30",	   "30 s",
		"-1s",	"1s-1s",       "1d",   "1e3s",	   "0x1s",
		"30s ", "9223372037s", "1h h", "2562048h", "99999999999999999999s",
	};
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		ns = -1;
		assert_int_equal(duration_parse(&ns, good[i].text), 0);
		assert_int_equal(ns, good[i].ns);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (duration_parse(&ns, bad[i]) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
}

static void bind_addresses(void **state)
{
	static const struct {
		const char *text, *address;
		uint16_t port;
	} good[] = {
		{"127.0.0.1:80", "127.0.0.1", 80},
		{"0.0.0.0:65535", "0.0.0.0", 65535},
		{"[::1]:80", "::1", 80},
		{"[::]:1", "::", 1},
		{":80", "::", 80},
		{"10.0.0.1", "10.0.0.1", 7},
		{"fd00::1", "fd00::1", 7},
		{"", "192.0.2.1", 0},
	};
	static const char *const bad[] = {
		"localhost:80", "127.0.0.1:",  "127.0.0.1:0",	"127.0.0.1:65536", "127.0.0.1:+1",
		"127.0.0.1:1x", "[::1:80",     "::1]:80",	"[::1]",	   "[]:80",
		"127.0.0.1: 1", "fe80::1%1:5", "[fd00::1]x:80", "1.2.3.4.5:80",	   ":",
	};
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct bind_address at = {.port = 7};

		k8snet_address_parse(&at.address, "192.0.2.1");
		assert_int_equal(bind_address_parse(&at, good[i].text), 0);
		assert_string_equal(k8snet_address_format(&at.address, text, sizeof(text)),
				    good[i].address);
		assert_int_equal(at.port, good[i].port);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct bind_address at = {.port = 7};

		if (bind_address_parse(&at, bad[i]) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

static void timestamps(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-02T00:00:01Z", 86401 * NS_PER_SEC},
		{"2024-02-29T12:00:00Z", INT64_C(1709208000) * NS_PER_SEC},
		{"2024-02-29T12:00:00.5Z", INT64_C(1709208000) * NS_PER_SEC + NS_PER_SEC / 2},
		{"2024-02-29T12:00:00.123456789012Z", INT64_C(1709208000) * NS_PER_SEC + 123456789},
		{"2024-02-29T14:30:00+02:30", INT64_C(1709208000) * NS_PER_SEC},
		{"2024-02-29T07:00:00-05:00", INT64_C(1709208000) * NS_PER_SEC},
	};
	static const char *const bad[] = {
		"",
		"2024-02-29",
		"2024-02-29T12:00:00",
		"2024-13-01T12:00:00Z",
		"2024-02-29T12:00:00z1",
		"2024-02-29T12:00:00+2",
		"9999-01-01T00:00:00Z",
		"1960-01-01T00:00:00Z",
		"2024-02-29T12:00:00+02:00x",
	};
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(timestamp_parse(&ns, good[i].text), 0);
		assert_int_equal(ns, good[i].ns);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (timestamp_parse(&ns, bad[i]) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
}

/* Whatever is cut off or changed, nothing beyond the text is read: for sanitizers. */
static void broken_events(void **state)
{
	static const char whole[] =
		"{\"type\":\"ADDED\",\"object\":{\"kind\":\"Service\",\"metadata\":"
		"{\"name\":\"a\\\"b\",\"x\":[1,-2.5e3,true,null,[],{}]}}}";
	const size_t length = sizeof(whole) - 1;
	struct event event;

	(void)state;
	assert_null(event_parse(&event, document, whole, length));
	srand(7);
	for (size_t cut = 0; cut < length; cut++) {
		char *copy = malloc(cut ? cut : 1);

		memcpy(copy, whole, cut);
		assert_non_null(event_parse(&event, document, copy, cut));
		for (int round = 0; cut && round < 50; round++) {
			copy[rand() % (int)cut] = "\"\\{}[]:, \0x"[rand() % 11];
			if (!event_parse(&event, document, copy, cut))
				k8snet_json_find(event.object, "metadata.x[1]");
		}
		free(copy);
	}
}

static void events(void **state)
{
	static const struct {
		const char *line, *why;
	} bad[] = {
		{"", ""},
		{"[]", "is not a JSON object"},
		{"{\"type\":\"ADDED\",\"object\":{}", ""},
		{"{\"type\":\"ADDED\",\"object\":{}} {}", ""},
		{"{\"type\":\"ADDED\",\"object\":{}}}", ""},
		{"{\"object\":{}}", "type: is missing"},
		{"{\"type\":\"added\",\"object\":{}}", "type: is not one"},
		{"{\"type\":7,\"object\":{}}", "type: is not one"},
		{"{\"type\":\"ADDED\"}", "object: is missing"},
		{"{\"type\":\"ADDED\",\"object\":null}", "object: is missing"},
		{"{\"type\":\"ADDED\",\"object\":[]}", "object: is not an object"},
	};
	const char *why, *line;
	struct event event;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		why = event_parse(&event, document, bad[i].line, strlen(bad[i].line));
		if (!why || !strstr(why, bad[i].why))
			fail_msg("%s: %s", bad[i].line, why ? why : "was taken");
	}
	for (size_t i = 0; i < EVENT_N_TYPES; i++) {
		char text[128];

		snprintf(text, sizeof(text), "{\"object\":{},\"more\":1,\"type\":\"%s\"}\r",
			 event_type_names[i]);
		assert_null(event_parse(&event, document, text, strlen(text)));
		assert_int_equal(event.type, i);
	}
	line = "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Service\",\"metadata\":{"
	       "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}";
	assert_null(event_parse(&event, document, line, strlen(line)));
	assert_true(event_ends_initial(&event));
	event.type = EVENT_ADDED;
	assert_false(event_ends_initial(&event));
	line = "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Service\",\"metadata\":{}}}";
	assert_null(event_parse(&event, document, line, strlen(line)));
	assert_false(event_ends_initial(&event));
}

static void histograms(void **state)
{
	struct histogram h = {0};
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	histogram_add_exponential(&h, 0.5, 2, 2);
	histogram_add_linear(&h, 2, 1, 2);
	histogram_observe(&h, 0.5); /* a bound is in its bucket */
	histogram_observe(&h, 2.5);
	histogram_observe(&h, 100);
	histogram_print(&h, "x", out);
	fclose(out);
	assert_string_equal(text, "x_bucket{le=\"0.5\"} 1\nx_bucket{le=\"1\"} 1\n"
				  "x_bucket{le=\"2\"} 1\nx_bucket{le=\"3\"} 2\n"
				  "x_bucket{le=\"+Inf\"} 3\nx_sum 103\nx_count 3\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),  cmocka_unit_test(bind_addresses),
		cmocka_unit_test(timestamps), cmocka_unit_test(broken_events),
		cmocka_unit_test(events),     cmocka_unit_test(histograms),
	};

	return cmocka_run_group_tests(tests, make_document, free_document);
}
