/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tuning: how a link was before. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system.h"
#include "tuning.h"

#define TEXT_SIZE 1024

static int get_path(struct plugin *p, const struct tuning *t, char path[PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s/%s_%s.json", t->data_dir, p->container_id, p->ifname);

	return n < PATH_MAX ? 0 : plugin_fail(p, K8SNET_CNI_ERROR_CONFIG, "dataDir: too long");
}

static void print(struct plugin *p, const struct tuning *t, const struct link *link,
		  char text[TEXT_SIZE])
{
	char mac[MAC_TEXT_SIZE];
	size_t used;

	/* Whose it is, for GC; the reference plugin has no use for that. */
	used = (size_t)snprintf(text, TEXT_SIZE, "{\n \"network\": \"%.512s\"",
				k8snet_cni_request_get_name(p->request));
#define ADD(...) used += (size_t)snprintf(text + used, TEXT_SIZE - used, __VA_ARGS__)
	mac_format(link->mac, mac);
	if (t->has_mac)
		ADD(",\n \"mac\": \"%s\"", mac);
	if (t->promiscuous)
		ADD(",\n \"promisc\": %s", link->promiscuity ? "true" : "false");
	if (t->mtu)
		ADD(",\n \"mtu\": %u", link->mtu);
	if (t->has_allmulti)
		ADD(",\n \"allmulti\": %s", link->flags & IFF_ALLMULTI ? "true" : "false");
	if (t->has_tx_queue_length)
		ADD(",\n \"txQLen\": %u", link->tx_queue_length);
	ADD("\n}");
#undef ADD
}

static int make_directory(struct plugin *p, const char *path)
{
	char copy[PATH_MAX];
	char *slash = copy;

	snprintf(copy, sizeof(copy), "%s/", path);
	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			return plugin_fail_errno(p, -errno, "dataDir %s", copy);
		*slash = '/';
	}
	return 0;
}

int tuning_backup_write(struct plugin *p, const struct tuning *t, const struct link *link)
{
	char path[PATH_MAX], text[TEXT_SIZE];
	_cleanup_close_ int fd = -1;
	int r = get_path(p, t, path);

	if (r == 0)
		r = make_directory(p, t->data_dir);
	if (r < 0)
		return r;
	print(p, t, link, text);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return plugin_fail_errno(p, -errno, "%s", path);
	return 0;
}

/* The value of a key, as text; the file is a flat object. */
static bool find(const char *text, const char *key, char *value, size_t size)
{
	char quoted[32];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\"", key);
	at = strstr(text, quoted);
	if (!at)
		return false;
	at += strlen(quoted);
	at += strspn(at, " \t\n:\"");
	snprintf(value, size, "%.*s", (int)strcspn(at, "\",\n} "), at);
	return true;
}

int tuning_backup_read(struct plugin *p, const struct tuning *t, struct tuning *was)
{
	char path[PATH_MAX], text[TEXT_SIZE], value[64];
	int r = get_path(p, t, path);
	ssize_t n;

	*was = (struct tuning){0};
	if (r < 0)
		return r;
	n = file_read(AT_FDCWD, path, text, sizeof(text));
	if (n == -ENOENT)
		return 0;
	if (n < 0)
		return plugin_fail_errno(p, (int)n, "%s", path);
	was->has_mac = find(text, "mac", value, sizeof(value)) && mac_parse(value, was->mac) == 0;
	was->promiscuous = find(text, "promisc", value, sizeof(value)) && !strcmp(value, "false");
	was->has_allmulti = find(text, "allmulti", value, sizeof(value));
	was->allmulti = was->has_allmulti && !strcmp(value, "true");
	if (find(text, "mtu", value, sizeof(value)))
		was->mtu = (uint32_t)strtoul(value, NULL, 10);
	was->has_tx_queue_length = find(text, "txQLen", value, sizeof(value));
	if (was->has_tx_queue_length)
		was->tx_queue_length = (uint32_t)strtoul(value, NULL, 10);
	return 1;
}

void tuning_backup_remove(struct plugin *p, const struct tuning *t)
{
	char path[PATH_MAX];

	if (get_path(p, t, path) == 0)
		(void)unlink(path);
}

/* "CONTAINER_INTERFACE.json"; a container's name may have a "_", too, an interface's
 * hardly: all ways to read it are tried. */
static bool is_valid(struct plugin *p, const char *name)
{
	char copy[NAME_MAX + 1], *at;
	size_t length = strlen(name);

	if (length < 6 || strcmp(name + length - 5, ".json") != 0)
		return true;
	snprintf(copy, sizeof(copy), "%.*s", (int)(length - 5), name);
	for (at = strchr(copy, '_'); at; at = strchr(at + 1, '_')) {
		*at = '\0';
		if (k8snet_cni_request_has_attachment(p->request, copy, at + 1))
			return true;
		*at = '_';
	}
	return false;
}

int tuning_backup_gc(struct plugin *p, const struct tuning *t)
{
	char text[TEXT_SIZE], network[600];
	struct dirent *entry;
	DIR *directory = opendir(t->data_dir);

	if (!directory)
		return errno == ENOENT ? 0 : plugin_fail_errno(p, -errno, "%s", t->data_dir);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || is_valid(p, entry->d_name) ||
		    file_read(dirfd(directory), entry->d_name, text, sizeof(text)) < 0)
			continue;
		if (find(text, "network", network, sizeof(network)) &&
		    !strcmp(network, k8snet_cni_request_get_name(p->request)))
			(void)unlinkat(dirfd(directory), entry->d_name, 0);
	}
	closedir(directory);
	return 0;
}
