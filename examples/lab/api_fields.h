/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_API_FIELDS_H
#define LAB_API_FIELDS_H

#include <stddef.h>

/* What an API server of `api_release` takes: made by scripts/api-fields. */

enum api_count {
	API_ONE,
	API_LIST,
	API_MAP, /* by names that the object chooses */
};

enum api_scalar {
	API_ANY,
	API_STRING,
	API_INTEGER,
	API_NUMBER,
	API_BOOLEAN,
	API_INT_OR_STRING,
	API_QUANTITY, /* a string, or a number */
	API_OBJECT,   /* with the fields of `type` */
};

struct api_field {
	const char *name;
	unsigned char count, scalar; /* enum api_count, enum api_scalar */
	unsigned short type;
};

struct api_kind {
	const char *group, *version, *kind;
	unsigned short type;
};

extern const char api_release[];
extern const struct api_kind api_kinds[];
extern const size_t api_n_kinds;
/* The fields of type i are those from api_types[i] to api_types[i + 1], by name. */
extern const struct api_field api_fields[];
extern const unsigned short api_types[];

#endif
