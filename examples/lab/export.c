/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The objects that an API server would serve, as kubectl get -o json prints them. */
#include "view.h"

#include <string.h>

int lab_export(const struct lab_options *options)
{
	struct json_object *list;
	struct lab_view view;
	int status = lab_view_load(&view, options);
	FILE *out;

	if (status != LAB_OK)
		return status;
	list = lab_list_new(view.objects);
	out = list ? lab_output_open(options) : NULL;
	status = out ? LAB_OK : LAB_FAILED;
	if (!list)
		fprintf(stderr, LAB_PROGRAM ": out of memory\n");
	/* What it could not write is told when it is closed. */
	if (out)
		lab_json_write(out, list, true);
	if (out && lab_output_close(options, out) != LAB_OK)
		status = LAB_FAILED;
	json_object_put(list);
	lab_view_free(&view);
	return status;
}
