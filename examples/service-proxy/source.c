/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source.h"

void sources_add(struct sources *sources, struct source *source)
{
	sources->items[sources->count++] = source;
}

void sources_look(const struct sources *sources, bool is_all)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->items[i]->ops->look)
			sources->items[i]->ops->look(sources->items[i], is_all);
}

int64_t sources_get_settled(const struct sources *sources)
{
	int64_t last = 0, one;

	for (size_t i = 0; i < sources->count; i++) {
		if (!sources->items[i]->ops->get_settled)
			continue;
		one = sources->items[i]->ops->get_settled(sources->items[i]);
		last = one > last ? one : last;
	}
	return last;
}

void sources_log_waiting(const struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->items[i]->ops->log_waiting)
			sources->items[i]->ops->log_waiting(sources->items[i]);
}

unsigned int sources_get_state(const struct sources *sources)
{
	unsigned int state = 0;

	for (size_t i = 0; i < sources->count; i++)
		if (sources->items[i]->ops->get_state)
			state |= sources->items[i]->ops->get_state(sources->items[i]);
	return state;
}

void sources_close(struct sources *sources)
{
	while (sources->count) {
		struct source *last = sources->items[--sources->count];

		last->ops->close(last);
	}
}
