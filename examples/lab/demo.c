/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <unistd.h>

#include "probe.h"
#include "runtime.h"

static void heading(const struct lab_options *options, const char *text)
{
	if (!options->json && !options->quiet)
		printf("\n%s\n", text);
}

static void print_counts(const struct lab_run *run)
{
	const struct lab_summary *s = &run->summary;

	if (run->options.json || run->options.quiet)
		return;
	lab_summary_print_notes(s, stdout);
	printf("lab %s: %zu nodes, %zu pods, %zu services, %zu endpoints, %zu ingress%s; "
	       "%zu operations applied\n",
	       run->options.name, s->nodes, s->pods, s->services, s->endpoints, s->ingresses,
	       s->ingresses == 1 ? "" : "es", run->operations);
}

static void print_stages(const struct lab_run *run)
{
	double total = 0;
	size_t i;

	if (run->options.json || run->options.quiet)
		return;
	for (i = 0; i < run->stage_count; i++) {
		printf("%s%s %.2f s", i ? ", " : "", run->stages[i].name, run->stages[i].ms / 1e3);
		total += run->stages[i].ms;
	}
	printf("; total %.2f s\n", total / 1e3);
}

static int take_down(struct lab_run *run)
{
	struct lab_swept swept;

	lab_progress(&run->options, "taking the lab down");
	lab_sweep(run->options.name, &swept);
	lab_unlock(run->options.name, run->lock, !swept.left);
	run->lock = -1;
	lab_run_stage(run, "down");
	lab_progress(&run->options, NULL);
	return swept.left ? LAB_FAILED : LAB_OK;
}

int lab_demo(const struct lab_options *options)
{
	struct probe_summary summary = {.failed = 0};
	struct lab_run run;
	int result, down;

	lab_interrupt_catch();
	lab_run_init(&run, options);
	result = lab_run_up(&run);
	if (result != LAB_OK) {
		lab_run_free(&run);
		return result;
	}
	lab_progress(options, NULL);
	print_counts(&run);
	heading(options, "probe");
	result = probe_run(&run, run.objects, &summary);
	lab_run_stage(&run, "probe");
	down = take_down(&run);
	if (lab_interrupted())
		lab_complain("interrupted: the lab is removed");
	heading(options, "timing");
	print_stages(&run);
	lab_run_free(&run);
	return result == LAB_OK ? down : result;
}
