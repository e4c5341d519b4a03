/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pods as processes and namespaces: what a container runtime does. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime.h"

#define BATCH	 64    /* pods that are being started at once */
#define PATIENCE 20000 /* ms until a pod must listen */

/* --- from objects -------------------------------------------------------- */

static uint8_t parse_protocol(const char *name)
{
	if (!strcmp(name, "UDP"))
		return IPPROTO_UDP;
	return strcmp(name, "SCTP") ? IPPROTO_TCP : IPPROTO_SCTP;
}

static int add_port(struct lab_pod *pod, int64_t number, uint8_t protocol)
{
	struct lab_port *bigger;
	size_t i;

	if (number < 1 || number > 65535)
		return 0;
	for (i = 0; i < pod->port_count; i++)
		if (pod->ports[i].number == number && pod->ports[i].protocol == protocol)
			return 0;
	bigger = realloc(pod->ports, (pod->port_count + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	pod->ports = bigger;
	pod->ports[pod->port_count++] = (struct lab_port){(uint16_t)number, protocol};
	return 0;
}

static int read_container_ports(struct lab_pod *pod, struct json_object *object)
{
	struct json_object *container, *port;
	size_t i, j;
	int error = 0;

	for (i = 0; (container = lab_json_item(object, "spec.containers", i)); i++)
		for (j = 0; !error && (port = lab_json_item(container, "ports", j)); j++)
			error = add_port(pod, lab_json_int(port, "containerPort", 0),
					 parse_protocol(lab_json_string(port, "protocol")));
	return error;
}

static void read_addresses(struct lab_pod *pod, struct json_object *object)
{
	struct json_object *item;
	size_t i;

	for (i = 0; pod->address_count < 2 && (item = lab_json_item(object, "status.podIPs", i));
	     i++)
		if (!k8snet_address_parse(&pod->addresses[pod->address_count],
					  lab_json_string(item, "ip")))
			pod->address_count++;
}

static const char *netns_of(struct json_object *object)
{
	return lab_json_key(object, "metadata.annotations", LAB_NETNS_ANNOTATION);
}

static int read_pod(struct lab_pod *pod, struct json_object *objects, struct json_object *object)
{
	const char *netns = netns_of(object);

	pod->namespace_ = lab_object_namespace(object);
	pod->name = lab_object_name(object);
	pod->node = lab_json_string(object, "spec.nodeName");
	pod->host_network = lab_json_bool(object, "spec.hostNetwork", false);
	if (pod->host_network)
		netns = netns_of(lab_objects_find(objects, "Node", "default", pod->node));
	pod->netns = strdup(netns);
	if (!pod->netns || asprintf(&pod->full_name, "%s/%s", pod->namespace_, pod->name) < 0)
		return -ENOMEM;
	read_addresses(pod, object);
	return read_container_ports(pod, object);
}

/* With hostNetwork several pods share an address: the reference tells them apart. */
static struct lab_pod *endpoint_pod(const struct lab_pods *pods, struct json_object *endpoint)
{
	const char *text = json_object_get_string(lab_json_item(endpoint, "addresses", 0));
	const char *namespace_ = lab_json_string(endpoint, "targetRef.namespace");
	const char *name = lab_json_string(endpoint, "targetRef.name");
	struct k8snet_address address;
	size_t i;

	for (i = 0; *name && i < pods->count; i++)
		if (!strcmp(pods->items[i].name, name) &&
		    !strcmp(pods->items[i].namespace_, namespace_))
			return &pods->items[i];
	if (!text || k8snet_address_parse(&address, text))
		return NULL;
	return lab_pods_find_address(pods, &address);
}

/* A numeric targetPort need not be declared by a container. */
static int read_slice_ports(struct lab_pods *pods, struct json_object *slice)
{
	struct json_object *endpoint, *port;
	struct lab_pod *pod;
	size_t i, j;
	int error = 0;

	for (i = 0; !error && (endpoint = lab_json_item(slice, "endpoints", i)); i++) {
		pod = endpoint_pod(pods, endpoint);
		for (j = 0; pod && !error && (port = lab_json_item(slice, "ports", j)); j++)
			error = add_port(pod, lab_json_int(port, "port", 0),
					 parse_protocol(lab_json_string(port, "protocol")));
	}
	return error;
}

static int add_echo_ports(struct lab_pods *pods)
{
	int error = 0;
	size_t i;

	for (i = 0; !error && i < pods->count; i++) {
		error = add_port(&pods->items[i], LAB_ECHO_PORT, IPPROTO_TCP);
		if (!error)
			error = add_port(&pods->items[i], LAB_ECHO_PORT, IPPROTO_UDP);
	}
	return error;
}

static size_t count_pods(struct json_object *objects)
{
	size_t at = 0, count = 0;

	while (lab_objects_next(objects, "Pod", &at))
		count++;
	return count;
}

int lab_pods_read(struct lab_pods *pods, struct json_object *objects)
{
	struct json_object *object;
	size_t at = 0;
	int error = 0;

	pods->count = 0;
	pods->items = calloc(count_pods(objects) + 1, sizeof(*pods->items));
	if (!pods->items)
		return -ENOMEM;
	while (!error && (object = lab_objects_next(objects, "Pod", &at)))
		if (*lab_json_string(object, "spec.nodeName"))
			error = read_pod(&pods->items[pods->count++], objects, object);
	at = 0;
	while (!error && (object = lab_objects_next(objects, "EndpointSlice", &at)))
		error = read_slice_ports(pods, object);
	if (!error)
		error = add_echo_ports(pods);
	if (error)
		lab_pods_free(pods);
	return error;
}

void lab_pods_free(struct lab_pods *pods)
{
	size_t i;

	for (i = 0; i < pods->count; i++) {
		free(pods->items[i].full_name);
		free(pods->items[i].netns);
		free(pods->items[i].ports);
	}
	free(pods->items);
	*pods = (struct lab_pods){.items = NULL};
}

struct lab_pod *lab_pods_find(const struct lab_pods *pods, const char *full_name)
{
	size_t i;

	for (i = 0; pods && i < pods->count; i++)
		if (!strcmp(pods->items[i].full_name, full_name))
			return &pods->items[i];
	return NULL;
}

static bool has_address(const struct lab_pod *pod, const struct k8snet_address *address)
{
	size_t i;

	for (i = 0; i < pod->address_count; i++)
		if (k8snet_address_is_equal(&pod->addresses[i], address))
			return true;
	return false;
}

struct lab_pod *lab_pods_find_address(const struct lab_pods *pods,
				      const struct k8snet_address *address)
{
	size_t i;

	for (i = 0; i < pods->count; i++)
		if (has_address(&pods->items[i], address))
			return &pods->items[i];
	return NULL;
}

struct lab_pod *lab_pods_find_listener(const struct lab_pods *pods,
				       const struct k8snet_address *address, uint8_t protocol,
				       uint16_t port)
{
	size_t i, j;

	for (i = 0; i < pods->count; i++) {
		struct lab_pod *pod = &pods->items[i];

		for (j = 0; has_address(pod, address) && j < pod->port_count; j++)
			if (pod->ports[j].number == port && pod->ports[j].protocol == protocol)
				return pod;
	}
	return NULL;
}

const struct k8snet_address *lab_pod_address(const struct lab_pod *pod, int family)
{
	size_t i;

	for (i = 0; i < pod->address_count; i++)
		if (pod->addresses[i].family == family)
			return &pod->addresses[i];
	return NULL;
}

/* --- starting ------------------------------------------------------------ */

struct starting {
	const struct lab_pod *pod;
	pid_t pid;
	int ready;
};

static void pid_key(char *buffer, size_t size, const struct lab_pod *pod)
{
	snprintf(buffer, size, "%s_%s", pod->namespace_, pod->name);
}

static const char *netns_name(const struct lab_pod *pod)
{
	const char *slash = strrchr(pod->netns, '/');

	return slash ? slash + 1 : pod->netns;
}

static int fork_pod(const char *lab, const struct lab_pod *pod, struct starting *starting)
{
	pid_t parent = getpid();
	int fds[2], error;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	starting->pod = pod;
	starting->pid = fork();
	if (!starting->pid)
		lab_pause_main(lab, pod, fds[1], parent);
	error = starting->pid < 0 ? -errno : 0;
	close(fds[1]);
	if (error)
		close(fds[0]);
	else
		starting->ready = fds[0];
	return error;
}

static int launch(const struct lab_options *options, const struct lab_pod *pod,
		  struct starting *starting)
{
	int error = strlen(netns_name(pod)) > 255 ? -ENAMETOOLONG : 0;

	if (!error && !pod->host_network)
		error = lab_netns_claim(options->name, netns_name(pod));
	if (!error)
		error = fork_pod(options->name, pod, starting);
	if (error == -EEXIST)
		lab_complain("pod %s: network namespace %s exists already; if a dead run left it, "
			     "%s down --name %s removes it",
			     pod->full_name, netns_name(pod), LAB_PROGRAM, options->name);
	else if (error)
		lab_complain("pod %s: %s", pod->full_name, strerrordesc_np(-error));
	return error;
}

static int await(const struct lab_options *options, struct starting *starting, double deadline)
{
	struct pollfd wait = {.fd = starting->ready, .events = POLLIN};
	struct lab_ready message = {.error = EIO, .what = "its process died"};
	char key[512];
	int n;

	do {
		n = lab_now() > deadline ? 0 : poll(&wait, 1, 100);
	} while (n <= 0 && lab_now() < deadline && !lab_interrupted());
	if (lab_interrupted())
		return -EINTR;
	if (n <= 0)
		snprintf(message.what, sizeof(message.what), "it does not start");
	else if (read(starting->ready, &message, sizeof(message)) != sizeof(message))
		message.error = EIO;
	if (message.error) {
		lab_complain("pod %s: %s: %s", starting->pod->full_name, message.what,
			     strerrordesc_np(message.error));
		return -message.error;
	}
	pid_key(key, sizeof(key), starting->pod);
	return lab_process_save(options->name, key, starting->pid);
}

/* A batch is launched at once, and awaited as a whole even if one fails: then the
 * others cannot come to life behind the back of who cleans up. */
static int start_batch(const struct lab_options *options, const struct lab_pod *const *pods,
		       size_t count)
{
	double deadline = lab_now() + PATIENCE;
	struct starting starting[BATCH];
	size_t i, launched = 0;
	int error = 0, one;

	while (!error && launched < count) {
		error = launch(options, pods[launched], &starting[launched]);
		launched += !error;
	}
	for (i = 0; i < launched; i++) {
		one = await(options, &starting[i], deadline);
		if (one && !error)
			error = one;
		close(starting[i].ready);
	}
	return error;
}

int lab_pods_start(const struct lab_options *options, const struct lab_pods *pods)
{
	const struct lab_pod *batch[BATCH];
	size_t i, n = 0;
	int error = 0;

	for (i = 0; !error && i < pods->count; i++) {
		if (!pods->items[i].running)
			batch[n++] = &pods->items[i];
		if (n < BATCH && i + 1 < pods->count)
			continue;
		lab_progress(options, "pods: %zu of %zu", i + 1, pods->count);
		error = lab_interrupted() ? -EINTR : start_batch(options, batch, n);
		n = 0;
	}
	return error;
}

void lab_pods_look(const struct lab_options *options, struct lab_pods *pods)
{
	struct lab_process *found;
	char key[512];
	size_t i, count;

	for (i = 0; i < pods->count; i++) {
		pid_key(key, sizeof(key), &pods->items[i]);
		pods->items[i].running =
			!lab_process_load(options->name, key, &found, &count) && count;
		free(found);
	}
}

/* --- stopping ------------------------------------------------------------ */

static int stop_pod(const char *lab, const struct lab_pod *pod)
{
	struct lab_process *found;
	size_t count, stuck = 0;
	char key[512];

	pid_key(key, sizeof(key), pod);
	if (!lab_process_load(lab, key, &found, &count))
		stuck = lab_process_stop(found, count);
	free(found);
	if (stuck)
		return -EBUSY;
	lab_process_forget(lab, key);
	if (pod->host_network ||
	    (!lab_netns_is_ours(lab, pod->netns) && !lab_netns_is_claimed(lab, pod->netns)))
		return 0;
	return lab_netns_remove(netns_name(pod));
}

int lab_pods_stop(const struct lab_options *options, const struct lab_pods *pods,
		  const struct lab_pods *except)
{
	int error = 0, one;
	size_t i;

	for (i = 0; i < pods->count; i++) {
		if (lab_pods_find(except, pods->items[i].full_name))
			continue;
		one = stop_pod(options->name, &pods->items[i]);
		if (!one)
			continue;
		lab_complain("pod %s cannot be removed: %s", pods->items[i].full_name,
			     strerrordesc_np(-one));
		error = one;
	}
	return error;
}

struct others {
	const char *lab;
	const struct lab_pods *pods;
};

static int stop_named(const char *lab, const char *namespace_, const char *name)
{
	struct lab_pod pod = {.namespace_ = namespace_, .name = name};
	int error;

	if (asprintf(&pod.netns, LAB_NETNS_DIR "/%s-%s-%s", lab, namespace_, name) < 0)
		return -ENOMEM;
	error = stop_pod(lab, &pod);
	free(pod.netns);
	return error;
}

static int stop_other(void *data, const char *key)
{
	const struct others *others = data;
	char *name = strdup(key), *bar = name ? strchr(name, '_') : NULL;
	int error = name ? 0 : -ENOMEM;

	/* Without a bar, it is what `exec` started. */
	if (bar) {
		*bar = '/';
		if (!lab_pods_find(others->pods, name)) {
			*bar = '\0';
			error = stop_named(others->lab, name, bar + 1);
		}
	}
	free(name);
	return error;
}

int lab_pods_stop_others(const struct lab_options *options, const struct lab_pods *pods)
{
	struct others others = {.lab = options->name, .pods = pods};
	int error = lab_process_foreach_key(options->name, stop_other, &others);

	if (error)
		lab_complain("pods that are not wanted cannot be removed: %s",
			     strerrordesc_np(-error));
	return error;
}
