/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tuning: its configuration, and the list of what is allowed. */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"
#include "system.h"
#include "tuning.h"

typedef const struct k8snet_json value_t;

#define DEFAULT_DATA_DIR "/run/cni/tuning"
#define ALLOW_LIST	 "/etc/cni/tuning/allowlist.conf"

/* --- sysctls ------------------------------------------------------------------------ */

/* A "." separates as a "/" does; then IFNAME is the link, whose name may have dots. */
static bool set_path(struct plugin *p, const char *key, char path[256])
{
	static const char ifname[] = "IFNAME";
	char *out = path + sprintf(path, "/proc/sys/");
	const char *from = key;

	for (; *from && out < path + 256 - 32; from++) {
		if (!strncmp(from, ifname, strlen(ifname))) {
			out += sprintf(out, "%s", p->ifname);
			from += strlen(ifname) - 1;
		} else {
			*out++ = *from == '.' ? '/' : *from;
		}
	}
	*out = '\0';
	/* No "..": each dot has become a slash. */
	return !*from && !strncmp(path, "/proc/sys/net/", strlen("/proc/sys/net/")) &&
	       !strstr(path + 1, "//") && out[-1] != '/';
}

static int add_sysctl(struct plugin *p, struct tuning *t, value_t *value)
{
	const char *key = k8snet_json_get_key(value);
	const char *text = k8snet_json_get_string(value);
	struct tuning_sysctl *sysctl;
	size_t i;

	if (!text)
		return k8snet_cni_request_refuse(p->request, value, "not a string");
	/* Args stand in the place of what is configured. */
	for (i = 0; i < t->n_sysctls && strcmp(t->sysctls[i].key, key) != 0; i++)
		;
	if (i == MAX_SYSCTLS)
		return k8snet_cni_request_refuse(p->request, value, "more than %d", MAX_SYSCTLS);
	sysctl = &t->sysctls[i];
	sysctl->key = key;
	sysctl->value = text;
	if (!set_path(p, key, sysctl->path))
		return k8snet_cni_request_refuse(p->request, value, "invalid net sysctl key");
	t->n_sysctls += i == t->n_sysctls;
	return 0;
}

static int add_sysctls(struct plugin *p, struct tuning *t, const char *where)
{
	value_t *object = NULL, *value = NULL;
	int r = k8snet_cni_request_read_object(p->request, NULL, where, &object);

	while (r == 0 && (value = k8snet_json_next(object, value)))
		r = add_sysctl(p, t, value);
	return r;
}

/* --- the list of what is allowed --------------------------------------------------------- */

/* One regular expression in each line; without the file all is allowed. */
static int is_allowed(struct plugin *p, char *list, const char *key)
{
	char *save = NULL, *line, copy[16384];
	int found = 0;
	regex_t regex;

	strcpy(copy, list);
	for (line = strtok_r(copy, "\r\n", &save); line && !found;
	     line = strtok_r(NULL, "\r\n", &save)) {
		line += strspn(line, " \t");
		line[strcspn(line, " \t")] = '\0';
		if (!*line)
			continue;
		if (regcomp(&regex, line, REG_EXTENDED | REG_NOSUB))
			return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
					   ALLOW_LIST ": not a regular expression: \"%s\"", line);
		found = !regexec(&regex, key, 0, NULL, 0);
		regfree(&regex);
	}
	return found;
}

static int check_allowed(struct plugin *p, const struct tuning *t)
{
	char list[16384];
	ssize_t n;
	size_t i;
	int r;

	if (!t->n_sysctls)
		return 0;
	n = file_read(AT_FDCWD, ALLOW_LIST, list, sizeof(list));
	if (n == -ENOENT)
		return 0;
	if (n < 0)
		return plugin_fail_errno(p, (int)n, ALLOW_LIST);
	for (i = 0; i < t->n_sysctls; i++) {
		r = is_allowed(p, list, t->sysctls[i].key);
		if (r < 0)
			return r;
		if (!r)
			return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
					   "sysctl %s is not allowed by " ALLOW_LIST,
					   t->sysctls[i].key);
	}
	return 0;
}

/* --- the link -------------------------------------------------------------------------------- */

static bool has_value(struct plugin *p, const char *where)
{
	value_t *config = k8snet_cni_request_get_config(p->request);
	value_t *args = k8snet_json_get_any_case(k8snet_json_get_any_case(config, "args"), "cni");

	if (!strncmp(where, "args.cni.", 9))
		return k8snet_json_get_any_case(args, where + 9);
	return k8snet_json_get_any_case(config, where);
}

static int read_link(struct plugin *p, struct tuning *t, const char *prefix)
{
	int64_t mtu = t->mtu, length = t->tx_queue_length;
	char where[64];
	int r;

#define WHERE(key) (snprintf(where, sizeof(where), "%s%s", prefix, key), where)
	r = read_boolean(p, WHERE("promisc"), &t->promiscuous);
	t->has_allmulti |= has_value(p, WHERE("allmulti"));
	if (r == 0)
		r = read_boolean(p, WHERE("allmulti"), &t->allmulti);
	if (r == 0)
		r = k8snet_cni_request_read_integer(p->request, NULL, WHERE("mtu"), 0, 65535, &mtu);
	t->has_tx_queue_length |= has_value(p, WHERE("txQLen"));
	if (r == 0)
		r = k8snet_cni_request_read_integer(p->request, NULL, WHERE("txQLen"), 0, INT32_MAX,
						    &length);
#undef WHERE
	t->mtu = (uint32_t)mtu;
	t->tx_queue_length = (uint32_t)length;
	return r;
}

/* Here args come last, even behind the runtime. */
static int read_tuning_mac(struct plugin *p, struct tuning *t)
{
	const char *configured = NULL, *arg = NULL;
	int r = k8snet_cni_request_read_string(p->request, NULL, "mac", &configured), asked;

	if (r == 0)
		r = k8snet_cni_request_read_string(p->request, NULL, "args.cni.mac", &arg);
	if (r < 0)
		return r;
	asked = read_mac(p, t->mac);
	if (asked < 0)
		return asked;
	if (arg && *arg)
		configured = arg;
	else if (asked > 0)
		configured = NULL;
	t->has_mac = asked > 0 || (configured && *configured);
	if (configured && *configured && mac_parse(configured, t->mac) < 0)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "mac: not the MAC address of a link: \"%s\"", configured);
	return 0;
}

int tuning_read(struct plugin *p, struct tuning *t)
{
	enum k8snet_cni_command command = k8snet_cni_request_get_command(p->request);
	int r;

	*t = (struct tuning){.data_dir = DEFAULT_DATA_DIR};
	r = k8snet_cni_request_read_string(p->request, NULL, "dataDir", &t->data_dir);
	if (r == 0 && !*t->data_dir)
		t->data_dir = DEFAULT_DATA_DIR;
	if (r < 0 || command == K8SNET_CNI_DEL || command == K8SNET_CNI_GC)
		return r;
	t->sysctls = calloc(MAX_SYSCTLS, sizeof(*t->sysctls));
	if (!t->sysctls)
		return -ENOMEM;
	/* Without a container there is no link to name. */
	if (p->ifname)
		r = add_sysctls(p, t, "sysctl");
	if (r == 0 && p->ifname)
		r = add_sysctls(p, t, "args.cni.sysctl");
	if (r == 0)
		r = check_allowed(p, t);
	if (r == 0)
		r = read_link(p, t, "");
	if (r == 0)
		r = read_link(p, t, "args.cni.");
	return r < 0 ? r : read_tuning_mac(p, t);
}

void tuning_done(struct tuning *t)
{
	free(t->sysctls);
	t->sysctls = NULL;
}
