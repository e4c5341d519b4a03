/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "log.h"
#include "util.h"

/* How long changes wait for others at most, while there is something to be read. */
#define MAX_DELAY   (100 * NS_PER_MS)
#define MIN_BACKOFF (100 * NS_PER_MS)
#define MAX_BACKOFF (30 * NS_PER_SEC)
/* Who fights over the tables is answered so often at once, then once a second. */
#define REPAIR_BURST 5.0
#define MAX_TRIGGERS 4096
/* Operations that -v shows of one plan. */
#define MAX_SHOWN 50

void sync_init(struct sync *sync, int64_t period, int64_t min_period)
{
	sync->period = period;
	sync->min_period = min_period;
	sync->needs_full = sync->is_held = true;
	sync->next_full = NEVER;
	sync->repairs_left = REPAIR_BURST;
	sync->repairs_time = now_mono();
	sync->start = now_real();
}

void sync_done(struct sync *sync)
{
	free(sync->triggers);
	sync->triggers = NULL;
}

/* --- when ------------------------------------------------------------------- */

void sync_request(struct sync *sync)
{
	if (!sync->since)
		sync->since = now_mono();
	sync->metrics->last_queued = now_real();
	health_queued(sync->health);
}

void sync_request_full(struct sync *sync)
{
	sync->needs_full = true;
	sync_request(sync);
}

void sync_add_trigger(struct sync *sync, int64_t time)
{
	/* Those of before are of what others have done. */
	if (time < sync->start || sync->trigger_count == MAX_TRIGGERS)
		return;
	if (sync->trigger_count == sync->trigger_capacity) {
		size_t capacity = sync->trigger_capacity ? sync->trigger_capacity * 2 : 64;
		int64_t *bigger = reallocarray(sync->triggers, capacity, sizeof(*bigger));

		if (!bigger) /* one less in the statistics */
			return;
		sync->triggers = bigger;
		sync->trigger_capacity = capacity;
	}
	sync->triggers[sync->trigger_count++] = time;
}

int64_t sync_get_due(const struct sync *sync)
{
	if (sync->is_held)
		return NEVER;
	if (!sync->since)
		return sync->next_full;
	return sync->since > sync->not_before ? sync->since : sync->not_before;
}

int64_t sync_get_deadline(const struct sync *sync)
{
	int64_t due = sync_get_due(sync);

	return due == NEVER ? NEVER : due + MAX_DELAY;
}

/* --- who disturbs ------------------------------------------------------------ */

/* Nanoseconds until the tables may be looked at once more. */
static int64_t take_repair(struct sync *sync)
{
	int64_t now = now_mono();

	sync->repairs_left += (double)(now - sync->repairs_time) / (double)NS_PER_SEC;
	sync->repairs_time = now;
	if (sync->repairs_left > REPAIR_BURST)
		sync->repairs_left = REPAIR_BURST;
	sync->repairs_left -= 1;
	return sync->repairs_left >= 0 ? 0 : (int64_t)(-sync->repairs_left * (double)NS_PER_SEC);
}

static void disturbed(struct sync *sync)
{
	int64_t not_before = now_mono() + take_repair(sync);

	sync->metrics->disturbances++;
	if (not_before > sync->not_before)
		sync->not_before = not_before;
	sync_request(sync);
}

void sync_kernel_ready(void *data)
{
	struct sync *sync = data;
	bool was = k8snet_kernel_is_disturbed(sync->kernel);

	/* What cannot be read is made up for by comparing everything. */
	if (k8snet_kernel_process(sync->kernel) < 0)
		sync_request_full(sync);
	if (was || !k8snet_kernel_is_disturbed(sync->kernel))
		return;
	sync->is_disturbed = true;
	disturbed(sync);
}

/* --- doing it ---------------------------------------------------------------- */

struct shown {
	size_t count;
};

static void show_op(void *data, const struct k8snet_op *op)
{
	struct shown *shown = data;
	char *text = NULL;

	if (shown->count++ >= MAX_SHOWN || k8snet_op_format(op, K8SNET_PLAN_TEXT, &text) < 0)
		return;
	log_info("%s", text);
	free(text);
}

/* Somebody else may have added something, too. */
static unsigned int choose_flags(const struct sync *sync)
{
	return sync->needs_full || k8snet_kernel_is_disturbed(sync->kernel)
		       ? K8SNET_PLAN_FULL | K8SNET_PLAN_PRUNE
		       : 0;
}

static int plan_and_apply(struct sync *sync, struct k8snet_plan **plan)
{
	struct shown shown = {0};
	const struct k8snet_plan_apply_options options = {
		.size = sizeof(options),
		.progress = log_is_verbose() ? show_op : NULL,
		.data = &shown,
	};
	int r = k8snet_plan_new(plan, sync->cluster, sync->node_name, sync->kernel,
				choose_flags(sync));

	if (r == 0)
		r = k8snet_plan_apply(*plan, sync->kernel, &options);
	if (shown.count > MAX_SHOWN)
		log_info("and %zu more operations", shown.count - MAX_SHOWN);
	return r;
}

static void count_triggers(struct sync *sync)
{
	int64_t now = now_real();

	for (size_t i = 0; i < sync->trigger_count; i++)
		if (now >= sync->triggers[i])
			histogram_observe(&sync->metrics->network_programming,
					  (double)(now - sync->triggers[i]) / (double)NS_PER_SEC);
	sync->trigger_count = 0;
}

/* Chains that no service uses any more are one's own, and go whenever all is compared. */
static void count_repair(struct sync *sync, const struct k8snet_plan *plan)
{
	const struct k8snet_op *op = NULL;
	size_t n = 0;

	while ((op = k8snet_plan_next_op(plan, op)))
		n += strcmp(k8snet_op_get_verb(op), "chain delete") != 0;
	if (!n)
		return;
	sync->metrics->repairs++;
	sync->metrics->repair_operations += n;
	log_notice("somebody changed the tables: repaired with %zu operations", n);
}

static void succeeded(struct sync *sync, bool was_full)
{
	int64_t now = now_mono();

	sync->needs_full = false;
	sync->since = sync->backoff = 0;
	sync->not_before = now + sync->min_period;
	if (was_full || sync->next_full == NEVER)
		sync->next_full = now + sync->period;
	sync->applied = k8snet_cluster_get_generation(sync->cluster);
	sync->metrics->last_sync = now_real();
	sync->metrics->service_pending = sync->metrics->endpoint_pending = 0;
	count_triggers(sync);
	health_updated(sync->health);
}

/* The library has said why. */
static void failed(struct sync *sync)
{
	int64_t most = earlier(MAX_BACKOFF, sync->period);

	sync->backoff = sync->backoff ? earlier(sync->backoff * 2, most) : MIN_BACKOFF;
	sync->not_before = now_mono() + sync->backoff;
	sync->metrics->sync_failures++;
	sync_request(sync);
}

/* Whether what there is to do now is due to others: they were seen to do it, or the
 * cluster wants nothing new. */
static bool is_repair(const struct sync *sync)
{
	return sync->metrics->last_sync && k8snet_kernel_is_disturbed(sync->kernel) &&
	       (sync->is_disturbed ||
		sync->applied == k8snet_cluster_get_generation(sync->cluster));
}

int sync_run(struct sync *sync)
{
	int64_t start = now_mono();
	bool is_full = sync->needs_full |= start >= sync->next_full;
	struct k8snet_plan *plan = NULL;
	bool was_disturbed, is_repairing;
	int r;

	sync_kernel_ready(sync);
	was_disturbed = k8snet_kernel_is_disturbed(sync->kernel);
	is_repairing = is_repair(sync);
	r = plan_and_apply(sync, &plan);
	histogram_observe(&sync->metrics->sync_duration,
			  (double)(now_mono() - start) / (double)NS_PER_SEC);
	sync->metrics->syncs++;
	sync->metrics->full_syncs += is_full;
	if (r < 0) {
		/* It may well have failed because of that. */
		sync->is_disturbed |= !was_disturbed && k8snet_kernel_is_disturbed(sync->kernel);
		failed(sync);
	} else {
		health_set_lacks(sync->health, plan);
		sync->metrics->operations += k8snet_plan_count_ops(plan);
		if (is_repairing)
			count_repair(sync, plan);
		sync->is_disturbed = false;
		succeeded(sync, is_full || was_disturbed);
		/* While this was applied somebody else changed something, too. */
		if (k8snet_kernel_is_disturbed(sync->kernel))
			disturbed(sync);
	}
	k8snet_plan_unref(plan);
	return r;
}
