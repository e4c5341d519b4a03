/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory of leases of any contents, then any calls: no crash, no endless loop, no
 * address for two owners, and nothing is written through a link.
 *
 * Input: a byte that says how many entries there are; each a byte for its name, a byte for
 * its kind (file, link, directory) and length, and its contents. Then a byte for each call:
 * the upper half says which, the lower half for whom.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../examples/cni/lease.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

static const char *const names[] = {
	"n/10.9.0.2",	"n/10.9.0.3",		"n/10.9.0.4",		"n/fd09::2",
	"n/lock",	"n/last_reserved_ip.0", "n/last_reserved_ip.1", "n/x",
	"n/.owners",	"n/.owners/state",	"n/.owners/a:eth0",	"n/.owners/b:eth0",
	"n/.owners/c:", "n/.owners/:new",	"n/.owners/x",		"n/010.9.0.2",
};

static uint8_t take(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

static const char *root(void)
{
	static char path[64];

	if (!path[0])
		snprintf(path, sizeof(path), "%s/k8snet-fuzz-lease-%d",
			 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", (int)getpid());
	return path;
}

static void clear(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!directory) {
		unlinkat(parent, name, 0);
		return;
	}
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			clear(dirfd(directory), entry->d_name);
	closedir(directory);
	unlinkat(parent, name, AT_REMOVEDIR);
}

static void make_entry(int directory, struct input *in)
{
	const char *name = names[take(in) % (sizeof(names) / sizeof(names[0]))];
	uint8_t kind = take(in);
	size_t length = kind >> 2 < in->size ? kind >> 2 : in->size;
	char text[64];
	int fd;

	memcpy(text, in->data, length);
	text[length] = '\0';
	in->data += length;
	in->size -= length;
	switch (kind & 3) {
	case 0:
		fd = openat(directory, name, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
		if (fd >= 0 && write(fd, text, length) < 0)
			abort();
		if (fd >= 0)
			close(fd);
		break;
	case 1:
		(void)!symlinkat(text, directory, name);
		break;
	case 2:
		(void)mkdirat(directory, name, 0700);
		break;
	default:
		(void)!symlinkat("../precious", directory, name);
	}
}

static void make(struct input *in)
{
	int count, fd, directory;

	clear(AT_FDCWD, root());
	mkdir(root(), 0700);
	directory = open(root(), O_RDONLY | O_DIRECTORY);
	if (directory < 0)
		abort();
	fd = openat(directory, "precious", O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || write(fd, "10.9.0.9", 8) != 8)
		abort();
	close(fd);
	mkdirat(directory, "n", 0700);
	mkdirat(directory, "n/.owners", 0700);
	for (count = take(in) & 15; count > 0; count--)
		make_entry(directory, in);
	close(directory);
}

static const struct lease_owner owners[] = {{"a", "eth0"}, {"b", "eth0"}, {"c", "eth1"}};

static int keep_none(void *data, const struct k8snet_address *address, const char *container_id,
		     const char *ifname)
{
	(void)data;
	(void)address;
	return container_id && ifname ? 0 : -EINVAL;
}

static bool is_a(void *data, const char *container_id, const char *ifname)
{
	(void)data;
	(void)ifname;
	return !strcmp(container_id, "a");
}

/* Give an address to an owner as host-local does: if it is free, and then it has it. */
static void give(struct lease_store *s, const struct lease_owner *owner,
		 const struct k8snet_address *address)
{
	struct lease_list had, wanted = {.count = 1}, now;
	size_t i;

	if (lease_find(s, owner, &had) < 0 || lease_is_free(s, address) <= 0)
		return;
	wanted.items[0] = *address;
	if (lease_take(s, owner, &had, &wanted) < 0)
		return;
	if (lease_is_free(s, address) == 1 || lease_find(s, owner, &now) < 0)
		abort();
	for (i = 0; i < now.count && !k8snet_address_is_equal(&now.items[i], address); i++)
		;
	if (i == now.count)
		abort();
	for (i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		if (&owners[i] != owner && lease_find(s, &owners[i], &now) == 0)
			while (now.count)
				if (k8snet_address_is_equal(&now.items[--now.count], address))
					abort();
}

static void call(struct lease_store *s, uint8_t what)
{
	static const char *const texts[] = {"10.9.0.2", "10.9.0.3", "10.9.0.4", "fd09::2"};
	const struct lease_owner *owner = &owners[(what & 15) % 3];
	struct k8snet_address address;
	struct lease_list list;

	if (k8snet_address_parse(&address, texts[what & 3]) < 0)
		abort();
	switch (what >> 4) {
	case 0:
		(void)lease_release(s, owner);
		if (lease_find(s, owner, &list) == 0 && list.count)
			abort();
		break;
	case 1:
		(void)lease_each(s, keep_none, NULL);
		break;
	case 2:
		(void)lease_set_last(s, what & 1, &address);
		break;
	case 3:
		(void)lease_get_last(s, what & 1, &address);
		break;
	case 4:
		(void)lease_prune(s, is_a, NULL);
		break;
	default:
		give(s, owner, &address);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct lease_store store;
	char text[16] = {0}, path[96];
	int fd;

	make(&in);
	while (in.size) {
		/* Now and then it is closed, as by another process. */
		if (lease_store_open(&store, root(), "n", true) < 0)
			break;
		while (in.size && *in.data != 0xff)
			call(&store, take(&in));
		take(&in);
		lease_store_close(&store);
	}
	snprintf(path, sizeof(path), "%s/precious", root());
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text)) != 8 || memcmp(text, "10.9.0.9", 8) != 0)
		abort();
	close(fd);
	clear(AT_FDCWD, root());
	return 0;
}
