/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_JSON_STRING_H
#define BASE_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* The length of the valid UTF-8 sequence at the start of `text`, of at most
 * `left` bytes; 0: invalid. */
size_t utf8_sequence(const char *text, size_t left);
/* Check the string that begins after its opening quote. NULL, or what is wrong
 * with it; *length: up to the closing quote, or up to the fault. */
const char *json_string_scan(const char *text, size_t left, size_t *length, bool *has_escapes);
/* Resolve the escapes of a string that has been checked. */
void json_string_decode(const char *text, size_t length, struct strbuf *out);

#endif
