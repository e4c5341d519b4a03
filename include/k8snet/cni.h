/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Container Network Interface, versions 0.1.0 to 1.1.0, from the side of a
 * plugin: what is needed to write one in C without a JSON library.
 *
 *     static int add(struct k8snet_cni_request *request,
 *                    struct k8snet_cni_result *result, void *data) { ... }
 *     ...
 *     int main(void)
 *     {
 *             const struct k8snet_cni_ops ops = {
 *                     .size = sizeof(ops), .add = add, .del = del, .check = check,
 *                     .about = "CNI plugin example",
 *             };
 *
 *             return k8snet_cni_main(&ops, NULL);
 *     }
 */
#ifndef K8SNET_CNI_H
#define K8SNET_CNI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <k8snet/address.h>
#include <k8snet/json.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#define K8SNET_CNI_PRINTF(text, args) __attribute__((format(printf, text, args)))
#else
#define K8SNET_CNI_PRINTF(text, args)
#endif

struct k8snet_ctx;

/* The version of the specification that is implemented; older ones are too. */
#define K8SNET_CNI_SPEC_VERSION "1.1.0"

enum k8snet_cni_command {
	K8SNET_CNI_ADD = 0,
	K8SNET_CNI_DEL = 1,
	K8SNET_CNI_CHECK = 2,	/* from 0.4.0 */
	K8SNET_CNI_STATUS = 3,	/* from 1.1.0 */
	K8SNET_CNI_GC = 4,	/* from 1.1.0 */
	K8SNET_CNI_VERSION = 5, /* answered by the library */
};
/* "ADD", "DEL", "CHECK", "STATUS", "GC" or "VERSION"; NULL for another number. Static. */
const char *k8snet_cni_command_get_name(enum k8snet_cni_command command);

/* The codes of the specification. Those from 100 are the plugin's own. */
enum k8snet_cni_error_code {
	K8SNET_CNI_ERROR_VERSION = 1,	   /* incompatible CNI version */
	K8SNET_CNI_ERROR_FIELD = 2,	   /* unsupported field; the message names key and value */
	K8SNET_CNI_ERROR_CONTAINER = 3,	   /* container unknown: the runtime need not clean up */
	K8SNET_CNI_ERROR_ENVIRONMENT = 4,  /* a variable is missing or invalid; it is named */
	K8SNET_CNI_ERROR_IO = 5,	   /* input or output failed */
	K8SNET_CNI_ERROR_DECODE = 6,	   /* not JSON, or of another form */
	K8SNET_CNI_ERROR_CONFIG = 7,	   /* invalid network configuration */
	K8SNET_CNI_ERROR_TRY_LATER = 11,   /* a passing condition: the runtime should retry */
	K8SNET_CNI_ERROR_UNAVAILABLE = 50, /* STATUS: ADD cannot be served */
	K8SNET_CNI_ERROR_LIMITED = 51,	   /* the same, and containers may have limited
					      connectivity */
	K8SNET_CNI_ERROR_OWN = 100,	   /* the first of the plugin's own */
	K8SNET_CNI_ERROR_INTERNAL = 999,   /* any other, as the reference library has it */
};

/*
 * struct k8snet_cni_request: one call of the plugin: the parameters in the
 * environment, and the network configuration from standard input, all checked.
 * It lives during the call of an operation; what getters return is borrowed
 * from it, and so are values of the configuration.
 */
struct k8snet_cni_request;
/*
 * struct k8snet_cni_result: what ADD returns: interfaces, addresses, routes,
 * DNS. It knows no version; it is read from and printed in any.
 */
struct k8snet_cni_result;

/* --- the main function ------------------------------------------------------ */

/*
 * The operations of a plugin. Each returns 0 or a negative number. The error is
 * the one of k8snet_cni_request_fail() or of a delegated plugin; if there was
 * none, the last one of the request's context, with the code that belongs to
 * the number: for STATUS 50; else -EINVAL and -E2BIG 7, -EIO 5, -EBUSY 11, any
 * other 999. So handles made from k8snet_cni_request_get_ctx() need no error
 * handling but `return r`.
 *
 * `add` gets a result that holds a copy of prevResult, if there is one, else an
 * empty one; it is printed when `add` returns 0, in the version asked for. If there
 * is no memory for that, `del` is called, with the result as prevResult, and ADD fails.
 * `del` must return 0 if what it is to remove is gone already.
 * Any of them may be NULL: then nothing is done, successfully.
 */
struct k8snet_cni_ops {
	/* sizeof(struct k8snet_cni_ops), of this version or of one since the first, which
	 * ended with `args`; of a later one, if what is unknown here is zero. */
	size_t size;
	int (*add)(struct k8snet_cni_request *request, struct k8snet_cni_result *result,
		   void *data);
	int (*del)(struct k8snet_cni_request *request, void *data);
	int (*check)(struct k8snet_cni_request *request, void *data);
	int (*status)(struct k8snet_cni_request *request, void *data);
	int (*gc)(struct k8snet_cni_request *request, void *data);
	/* One line about the plugin, for people who run it by hand; NULL: a
	 * general one. */
	const char *about;
	/* The versions that are supported, ascending, NULL at the end; NULL: all
	 * from 0.1.0 to 1.1.0. */
	const char *const *versions;
	/* The keys of CNI_ARGS that the plugin knows, NULL at the end. Any other
	 * is an error (code 4), unless IgnoreUnknown is 1 or true. NULL: CNI_ARGS is
	 * accepted whatever it is, and what has not the form KEY=VALUE passed over. */
	const char *const *args;
	/* Whether the command of the request uses the network namespace: for ADD and
	 * CHECK it must be there then. If not, CNI_NETNS may be any text. NULL: it is
	 * used. Called once the configuration was read; an error that it says is
	 * forgotten, for the operation will say it again. */
	bool (*uses_netns)(struct k8snet_cni_request *request, void *data);
};

/*
 * Be a plugin: read the environment and standard input, check them, call the
 * operation, print its result or error as JSON on standard output. Returns what
 * main() should return: 0 or 1. `data` is passed to the operations.
 *
 * Without CNI_COMMAND, `about` and the versions go to standard error, and 0 is
 * returned. VERSION echoes the version it was asked in and lists those supported.
 *
 * Checked, before any operation is called:
 *   CNI_CONTAINERID  (ADD, DEL, CHECK) a letter or digit, then letters, digits,
 *                    "_", "." and "-"; at most 255 bytes
 *   CNI_IFNAME       (ADD, DEL, CHECK) 1 to 15 bytes, not "." or "..", without "/",
 *                    ":", white space and control characters
 *   CNI_NETNS        (ADD, CHECK) an absolute path without a ".." element, of a
 *                    network namespace other than the plugin's own (unless
 *                    CNI_NETNS_OVERRIDE is 1 or true). For DEL optional: if it
 *                    leads to no namespace, or to the plugin's own, or is no such
 *                    path, it counts as not given. Not checked where `uses_netns` says no.
 *   CNI_ARGS         KEY=VALUE;KEY=VALUE, if `args` are given
 *   cniVersion       one that is supported; none: the highest of cniVersions that
 *                    is, or 0.1.0. CHECK needs 0.4.0, STATUS and GC 1.1.0.
 *   name             as CNI_CONTAINERID
 *   type             a file name
 *   prevResult       a result in any version; CHECK must have one. For DEL one that
 *                    cannot be read counts as none.
 *   cni.dev/valid-attachments  (GC must have it) containerID and ifname, as above
 */
int k8snet_cni_main(const struct k8snet_cni_ops *ops, void *data);

/*
 * The same without input and output: `environment` is NULL terminated, each of
 * the form "NAME=value", as environ(7); `config` is what would come on standard
 * input. The network namespace is not looked at. *output is what belongs on
 * standard output, and the caller's, to be released with free(); "" if that is
 * nothing; *is_about, which may be NULL: that it belongs on standard error.
 * Returns the exit status, 0 or 1, or -EINVAL (size of `ops` not known), -ENOMEM;
 * then *output is untouched.
 */
int k8snet_cni_run(const struct k8snet_cni_ops *ops, void *data, const char *const *environment,
		   const char *config, size_t length, char **output, bool *is_about);

/* --- the request ------------------------------------------------------------ */

/* The context of this call. Make handles of the library from it. Borrowed. */
struct k8snet_ctx *k8snet_cni_request_get_ctx(const struct k8snet_cni_request *request);
enum k8snet_cni_command k8snet_cni_request_get_command(const struct k8snet_cni_request *request);
/* The version in which the runtime speaks, e.g. "1.0.0". Never NULL. */
const char *k8snet_cni_request_get_version(const struct k8snet_cni_request *request);
/* Whether that is `version` or later: "0.4.0" ... */
bool k8snet_cni_request_has_version(const struct k8snet_cni_request *request, const char *version);
/* CNI_CONTAINERID and CNI_IFNAME; NULL for STATUS and GC. */
const char *k8snet_cni_request_get_container_id(const struct k8snet_cni_request *request);
const char *k8snet_cni_request_get_ifname(const struct k8snet_cni_request *request);
/* CNI_NETNS; NULL for STATUS and GC, and for DEL when there is no such namespace. */
const char *k8snet_cni_request_get_netns(const struct k8snet_cni_request *request);
/* CNI_PATH: directories separated by ":"; "" if it is not set. Never NULL. */
const char *k8snet_cni_request_get_path(const struct k8snet_cni_request *request);
/* The value of a key of CNI_ARGS; NULL: not there. The last one counts. */
const char *k8snet_cni_request_get_arg(const struct k8snet_cni_request *request, const char *key);
/* The name of the network, and the type, which is the plugin's file name; "" if the
 * configuration has none. Never NULL. */
const char *k8snet_cni_request_get_name(const struct k8snet_cni_request *request);
const char *k8snet_cni_request_get_type(const struct k8snet_cni_request *request);
/* prevResult; NULL: there is none. */
const struct k8snet_cni_result *
k8snet_cni_request_get_prev_result(const struct k8snet_cni_request *request);

/*
 * GC: the attachment after `prev`, the first for NULL; NULL at the end. All
 * others of this network are to be removed. Borrowed.
 */
struct k8snet_cni_attachment;
const struct k8snet_cni_attachment *
k8snet_cni_request_next_attachment(const struct k8snet_cni_request *request,
				   const struct k8snet_cni_attachment *prev);
const char *k8snet_cni_attachment_get_container_id(const struct k8snet_cni_attachment *attachment);
const char *k8snet_cni_attachment_get_ifname(const struct k8snet_cni_attachment *attachment);
/* GC: whether this attachment is valid; O(1). `ifname` NULL: any of the container. */
bool k8snet_cni_request_has_attachment(const struct k8snet_cni_request *request,
				       const char *container_id, const char *ifname);

/*
 * Say why the operation fails: `code` is one of enum k8snet_cni_error_code or
 * from 100, the message is formatted as by printf(), `details` may be NULL.
 * An error said before is replaced. Returns -EIO, to be returned by the operation.
 */
int k8snet_cni_request_fail(struct k8snet_cni_request *request, unsigned int code,
			    const char *details, const char *format, ...) K8SNET_CNI_PRINTF(4, 5);
/* The code and the message of the error said, or passed on by a delegated
 * plugin; 0 and "" if there is none. Borrowed until the next one. */
unsigned int k8snet_cni_request_get_error_code(const struct k8snet_cni_request *request);
const char *k8snet_cni_request_get_error_message(const struct k8snet_cni_request *request);
/* Forget it, e.g. after a delegated plugin failed in an attempt to clean up. */
void k8snet_cni_request_clear_error(struct k8snet_cni_request *request);

/* --- the configuration ------------------------------------------------------ */

/* Values are asked as in k8snet/json.h; keys best with k8snet_json_get_any_case(), since
 * containerd sends "HostPort" for hostPort. */
/* The whole configuration: an object. Never NULL. And its text, as received. */
const struct k8snet_json *k8snet_cni_request_get_config(const struct k8snet_cni_request *request);
const char *k8snet_cni_request_get_config_text(const struct k8snet_cni_request *request);
/* What the runtime gives for a capability ("portMappings"): the member of
 * runtimeConfig; NULL: nothing. */
const struct k8snet_json *
k8snet_cni_request_get_runtime_config(const struct k8snet_cni_request *request,
				      const char *capability);

/*
 * Read the value at `path` below `parent`; NULL: the whole configuration. Paths
 * look like "ipam.ranges[0][1].subnet"; for a key that has a "." or a "[" take
 * k8snet_json_get_any_case(). If there is no value, or it is null, *out is
 * untouched: set the default first. A value of another type is an error of code
 * 7 that names the path. k8snet_cni_request_read_string() also refuses strings
 * with a NUL in them. `minimum` and `maximum` are the range that is allowed.
 * Errors: -EINVAL.
 */
int k8snet_cni_request_read_string(struct k8snet_cni_request *request,
				   const struct k8snet_json *parent, const char *path,
				   const char **out);
int k8snet_cni_request_read_integer(struct k8snet_cni_request *request,
				    const struct k8snet_json *parent, const char *path,
				    int64_t minimum, int64_t maximum, int64_t *out);
int k8snet_cni_request_read_boolean(struct k8snet_cni_request *request,
				    const struct k8snet_json *parent, const char *path, bool *out);
int k8snet_cni_request_read_address(struct k8snet_cni_request *request,
				    const struct k8snet_json *parent, const char *path,
				    struct k8snet_address *out);
int k8snet_cni_request_read_prefix(struct k8snet_cni_request *request,
				   const struct k8snet_json *parent, const char *path,
				   struct k8snet_prefix *out);
/* An array, an object: *out is to be walked with k8snet_json_next(). */
int k8snet_cni_request_read_array(struct k8snet_cni_request *request,
				  const struct k8snet_json *parent, const char *path,
				  const struct k8snet_json **out);
int k8snet_cni_request_read_object(struct k8snet_cni_request *request,
				   const struct k8snet_json *parent, const char *path,
				   const struct k8snet_json **out);
/* Refuse a value: an error of code 7 that begins with where it is, e.g.
 * "ipam.ranges[0][1].subnet: ". Returns -EINVAL. */
int k8snet_cni_request_refuse(struct k8snet_cni_request *request, const struct k8snet_json *value,
			      const char *format, ...) K8SNET_CNI_PRINTF(3, 4);

/* --- delegation ------------------------------------------------------------- */

/*
 * Run another plugin, as the specification has it: the executable file `type` in
 * the first directory of CNI_PATH that has one, with the environment of this
 * request, CNI_COMMAND being `command`, and `config` on its standard input; NULL:
 * the configuration as received. Its standard error is the caller's. This is the
 * only function of the library that starts a program; it runs no shell. It waits
 * without a limit of time, as the runtime does for the caller.
 *
 * Its result, in whatever version, is *out, which is the caller's; for commands
 * other than ADD it is not touched and may be NULL. An error of the plugin is
 * passed on: it becomes the request's, with its code, message and details.
 * CHECK below version 0.4.0, and STATUS and GC below 1.1.0, do nothing.
 * Errors: -EIO, -ENOMEM.
 */
int k8snet_cni_request_delegate(struct k8snet_cni_request *request, enum k8snet_cni_command command,
				const char *type, const char *config,
				struct k8snet_cni_result **out);
/* The same for the plugin that the configuration names in ipam.type. A
 * configuration without it is an error of code 7. */
int k8snet_cni_request_delegate_ipam(struct k8snet_cni_request *request,
				     enum k8snet_cni_command command,
				     struct k8snet_cni_result **out);

/* --- the result ------------------------------------------------------------- */

struct k8snet_cni_interface;
struct k8snet_cni_ip;
struct k8snet_cni_route;

/* An empty one. *out is the caller's. Errors: -ENOMEM. */
int k8snet_cni_result_new(struct k8snet_cni_result **out, struct k8snet_ctx *ctx);
/*
 * Read one, in the version that its cniVersion names (none: 0.1.0). What is not
 * known in it is left out, and so is the interface of an address if there are no
 * interfaces, as IPAM plugins write it. Interfaces, which may be a hypervisor's,
 * have names of up to 255 bytes without "/". *out is the caller's.
 * Errors: -EINVAL (not JSON, a field with a wrong value, a version that is not
 * known), -E2BIG, -ENOMEM.
 */
int k8snet_cni_result_new_from_json(struct k8snet_cni_result **out, struct k8snet_ctx *ctx,
				    const char *text, size_t length);
struct k8snet_cni_result *k8snet_cni_result_ref(struct k8snet_cni_result *result);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_cni_result *k8snet_cni_result_unref(struct k8snet_cni_result *result);
/* Remove everything from it. */
void k8snet_cni_result_clear(struct k8snet_cni_result *result);
/* Add all that `from` has: interfaces, addresses (their interfaces renumbered),
 * routes, DNS. Nothing is added if it fails. Errors: -ENOMEM. */
int k8snet_cni_result_append(struct k8snet_cni_result *result,
			     const struct k8snet_cni_result *from);
/*
 * Its JSON in `version`. What that version lacks is left out: before 0.3.0
 * everything but the first address of each family, their routes, and DNS; before
 * 1.1.0 mtu, socketPath and pciID of interfaces and all but dst and gw of routes.
 * *out is the caller's, to be released with free().
 * Errors: -EINVAL (a version that is not known), -ENOMEM.
 */
int k8snet_cni_result_print(const struct k8snet_cni_result *result, const char *version,
			    char **out);

/*
 * Add an interface; `name` as CNI_IFNAME. *out, which may be NULL, is borrowed.
 * Strings given to setters are copied; NULL or "" unsets. Errors: -EINVAL, -ENOMEM.
 */
int k8snet_cni_result_add_interface(struct k8snet_cni_result *result,
				    struct k8snet_cni_interface **out, const char *name);
struct k8snet_cni_interface *
k8snet_cni_result_next_interface(const struct k8snet_cni_result *result,
				 const struct k8snet_cni_interface *prev);
const char *k8snet_cni_interface_get_name(const struct k8snet_cni_interface *interface);
/* Where it is in the list, from 0. */
unsigned int k8snet_cni_interface_get_index(const struct k8snet_cni_interface *interface);
/* "0a:58:0a:01:00:02"; NULL: none. And the same from 6 bytes. */
int k8snet_cni_interface_set_mac(struct k8snet_cni_interface *interface, const char *mac);
int k8snet_cni_interface_set_mac_bytes(struct k8snet_cni_interface *interface, const uint8_t *mac);
const char *k8snet_cni_interface_get_mac(const struct k8snet_cni_interface *interface);
/* The path of its network namespace; NULL: it is on the node. */
int k8snet_cni_interface_set_sandbox(struct k8snet_cni_interface *interface, const char *sandbox);
const char *k8snet_cni_interface_get_sandbox(const struct k8snet_cni_interface *interface);
/* 0: not said. */
int k8snet_cni_interface_set_mtu(struct k8snet_cni_interface *interface, uint32_t mtu);
uint32_t k8snet_cni_interface_get_mtu(const struct k8snet_cni_interface *interface);
int k8snet_cni_interface_set_socket_path(struct k8snet_cni_interface *interface, const char *path);
const char *k8snet_cni_interface_get_socket_path(const struct k8snet_cni_interface *interface);
int k8snet_cni_interface_set_pci_id(struct k8snet_cni_interface *interface, const char *pci_id);
const char *k8snet_cni_interface_get_pci_id(const struct k8snet_cni_interface *interface);

/* Add an address with the length of its prefix. *out, which may be NULL, is
 * borrowed. Errors: -EINVAL, -ENOMEM. */
int k8snet_cni_result_add_ip(struct k8snet_cni_result *result, struct k8snet_cni_ip **out,
			     const struct k8snet_prefix *address);
struct k8snet_cni_ip *k8snet_cni_result_next_ip(const struct k8snet_cni_result *result,
						const struct k8snet_cni_ip *prev);
const struct k8snet_prefix *k8snet_cni_ip_get_address(const struct k8snet_cni_ip *ip);
/* Of the same family; NULL: none. Errors: -EINVAL. */
int k8snet_cni_ip_set_gateway(struct k8snet_cni_ip *ip, const struct k8snet_address *gateway);
const struct k8snet_address *k8snet_cni_ip_get_gateway(const struct k8snet_cni_ip *ip);
/* The index of its interface; -1: none. Errors: -EINVAL (below -1 or not there). */
int k8snet_cni_ip_set_interface(struct k8snet_cni_ip *ip, int index);
int k8snet_cni_ip_get_interface(const struct k8snet_cni_ip *ip);

/* Add a route. *out, which may be NULL, is borrowed. Errors: -EINVAL, -ENOMEM. */
int k8snet_cni_result_add_route(struct k8snet_cni_result *result, struct k8snet_cni_route **out,
				const struct k8snet_prefix *destination);
struct k8snet_cni_route *k8snet_cni_result_next_route(const struct k8snet_cni_result *result,
						      const struct k8snet_cni_route *prev);
const struct k8snet_prefix *k8snet_cni_route_get_destination(const struct k8snet_cni_route *route);
/* Of the same family; NULL: the gateway of the address. Errors: -EINVAL. */
int k8snet_cni_route_set_gateway(struct k8snet_cni_route *route,
				 const struct k8snet_address *gateway);
const struct k8snet_address *k8snet_cni_route_get_gateway(const struct k8snet_cni_route *route);
/* 0: not said. */
int k8snet_cni_route_set_mtu(struct k8snet_cni_route *route, uint32_t mtu);
uint32_t k8snet_cni_route_get_mtu(const struct k8snet_cni_route *route);
int k8snet_cni_route_set_advmss(struct k8snet_cni_route *route, uint32_t advmss);
uint32_t k8snet_cni_route_get_advmss(const struct k8snet_cni_route *route);
int k8snet_cni_route_set_priority(struct k8snet_cni_route *route, uint32_t priority);
uint32_t k8snet_cni_route_get_priority(const struct k8snet_cni_route *route);
/* -1: not said. `table` up to 4294967295, `scope` (rtnetlink(7)) up to 255. Errors: -EINVAL. */
int k8snet_cni_route_set_table(struct k8snet_cni_route *route, int64_t table);
int64_t k8snet_cni_route_get_table(const struct k8snet_cni_route *route);
int k8snet_cni_route_set_scope(struct k8snet_cni_route *route, int scope);
int k8snet_cni_route_get_scope(const struct k8snet_cni_route *route);

/* Name servers, search domains, resolver options, and the local domain (NULL:
 * none). Getters return NULL past the last. Errors: -EINVAL (empty, control
 * characters), -ENOMEM. */
int k8snet_cni_result_add_nameserver(struct k8snet_cni_result *result, const char *nameserver);
const char *k8snet_cni_result_get_nameserver(const struct k8snet_cni_result *result, size_t index);
int k8snet_cni_result_add_search(struct k8snet_cni_result *result, const char *domain);
const char *k8snet_cni_result_get_search(const struct k8snet_cni_result *result, size_t index);
int k8snet_cni_result_add_option(struct k8snet_cni_result *result, const char *option);
const char *k8snet_cni_result_get_option(const struct k8snet_cni_result *result, size_t index);
int k8snet_cni_result_set_domain(struct k8snet_cni_result *result, const char *domain);
const char *k8snet_cni_result_get_domain(const struct k8snet_cni_result *result);
/* Read "dns" of the configuration into it, which plugins that take it copy into
 * their result. Nothing is added if it fails. Errors: -EINVAL, -ENOMEM. */
int k8snet_cni_request_read_dns(struct k8snet_cni_request *request,
				struct k8snet_cni_result *result);

#ifdef __cplusplus
}
#endif

#endif
