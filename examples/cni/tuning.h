/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_TUNING_H
#define CNI_TUNING_H

#include "link.h"
#include "plugin.h"

#define MAX_SYSCTLS 256

/* A value below /proc/sys/net, in the container. */
struct tuning_sysctl {
	char path[256];
	const char *key, *value;
	char old[256]; /* what it was */
	bool has_old;
};

struct tuning {
	const char *data_dir;
	struct tuning_sysctl *sysctls;
	size_t n_sysctls;
	bool has_mac, promiscuous, has_allmulti, allmulti, has_tx_queue_length;
	uint8_t mac[6];
	uint32_t mtu, tx_queue_length; /* mtu 0: as it is */
};

int tuning_read(struct plugin *p, struct tuning *t);
void tuning_done(struct tuning *t);
#define _cleanup_tuning_ _cleanup_(tuning_done)

/* tuning_backup.c: DATADIR/CONTAINER_INTERFACE.json, in the form of the reference
 * plugin: how the link was. */
int tuning_backup_write(struct plugin *p, const struct tuning *t, const struct link *link);
/* Into `was`, all that the file has: 1, 0: there is none, or the failure. */
int tuning_backup_read(struct plugin *p, const struct tuning *t, struct tuning *was);
void tuning_backup_remove(struct plugin *p, const struct tuning *t);
/* Remove those of attachments of this network that are not valid. */
int tuning_backup_gc(struct plugin *p, const struct tuning *t);

#endif
