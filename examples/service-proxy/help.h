/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_HELP_H
#define PROXY_HELP_H

#include <stdio.h>

void help_print(FILE *out);

#endif
