/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bridge: its configuration. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bridge.h"

typedef const struct k8snet_json value_t;

int read_boolean(struct plugin *p, const char *path, bool *out)
{
	return k8snet_cni_request_read_boolean(p->request, NULL, path, out);
}

int read_mac(struct plugin *p, uint8_t mac[6])
{
	const char *text = k8snet_cni_request_get_arg(p->request, "MAC"), *where = "CNI_ARGS: MAC";
	const char *runtime = NULL, *arg = NULL;

	if (k8snet_cni_request_read_string(p->request, NULL, "runtimeConfig.mac", &runtime) < 0 ||
	    k8snet_cni_request_read_string(p->request, NULL, "args.cni.mac", &arg) < 0)
		return -EINVAL;
	if (arg && *arg) {
		text = arg;
		where = "args.cni.mac";
	}
	if (runtime && *runtime) {
		text = runtime;
		where = "runtimeConfig.mac";
	}
	if (!text || !*text)
		return 0;
	if (mac_parse(text, mac) < 0)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "%s: not the MAC address of a link: \"%s\"", where, text);
	return 1;
}

/* --- VLANs ---------------------------------------------------------------------------- */

static int read_trunk_item(struct plugin *p, struct bridge *b, value_t *item)
{
	int64_t first = 0, last = 0, id = 0, i;
	int r = k8snet_cni_request_read_integer(p->request, item, "minID", 1, VLAN_MAX, &first);

	if (r == 0)
		r = k8snet_cni_request_read_integer(p->request, item, "maxID", 1, VLAN_MAX, &last);
	if (r == 0)
		r = k8snet_cni_request_read_integer(p->request, item, "id", 1, VLAN_MAX, &id);
	if (r == 0 && !first != !last)
		r = k8snet_cni_request_refuse(p->request, item, "%s is missing",
					      first ? "maxID" : "minID");
	if (r == 0 && first > last)
		r = k8snet_cni_request_refuse(p->request, item, "minID is greater than maxID");
	if (r < 0)
		return r;
	for (i = first; i && i <= last; i++)
		b->trunk[i / 8] |= (uint8_t)(1 << i % 8);
	if (id)
		b->trunk[id / 8] |= (uint8_t)(1 << id % 8);
	b->has_trunk |= first || id;
	return 0;
}

static int read_vlans(struct plugin *p, struct bridge *b)
{
	value_t *trunk = NULL, *item = NULL;
	int64_t vlan = 0;
	int r = k8snet_cni_request_read_integer(p->request, NULL, "vlan", 0, VLAN_MAX, &vlan);

	if (r == 0)
		r = k8snet_cni_request_read_array(p->request, NULL, "vlanTrunk", &trunk);
	if (r == 0)
		r = read_boolean(p, "preserveDefaultVlan", &b->keeps_default_vlan);
	while (r == 0 && (item = k8snet_json_next(trunk, item)))
		r = read_trunk_item(p, b, item);
	b->vlan = (uint16_t)vlan;
	if (r == 0 && vlan && b->has_trunk)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "cannot set vlan and vlanTrunk at the same time");
	return r;
}

/* --- all of it -------------------------------------------------------------------------- */

static int read_booleans(struct plugin *p, struct bridge *b)
{
	const struct {
		const char *key;
		bool *value;
	} keys[] = {
		{"isGateway", &b->is_gateway},
		{"isDefaultGateway", &b->is_default_gateway},
		{"forceAddress", &b->force_address},
		{"ipMasq", &b->ip_masq},
		{"hairpinMode", &b->veth.hairpin},
		{"promiscMode", &b->promiscuous},
		{"portIsolation", &b->veth.isolated},
		{"macspoofchk", &b->checks_mac},
		{"enabledad", &b->has_dad},
		{"disableContainerInterface", &b->is_inside_down},
	};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < ARRAY_SIZE(keys); i++)
		r = read_boolean(p, keys[i].key, keys[i].value);
	b->is_gateway |= b->is_default_gateway;
	return r;
}

/* What is to be removed may have been made by a configuration that was better. */
static bool is_removing(const struct plugin *p)
{
	enum k8snet_cni_command command = k8snet_cni_request_get_command(p->request);

	return command == K8SNET_CNI_DEL || command == K8SNET_CNI_GC;
}

/* Of another form it would count as none, and the container would be without addresses. */
static int check_ipam(struct plugin *p, const struct bridge *b)
{
	const char *type = NULL;
	value_t *ipam = NULL;
	int r = k8snet_cni_request_read_object(p->request, NULL, "ipam", &ipam);

	if (r == 0)
		r = k8snet_cni_request_read_string(p->request, NULL, "ipam.type", &type);
	if (r == 0 && type && *type && b->is_inside_down)
		r = plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				"disableContainerInterface: cannot be set together with ipam");
	return r;
}

static int check(struct plugin *p, const struct bridge *b)
{
	size_t length = strlen(b->name);

	if (!length || length >= IFNAMSIZ || strpbrk(b->name, "/: \t\r\n") ||
	    !strcmp(b->name, ".") || !strcmp(b->name, ".."))
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "bridge: not the name of a link: \"%s\"", b->name);
	if (b->veth.hairpin && b->promiscuous)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "cannot set hairpin mode and promiscuous mode at the same time");
	/* The gateway is on a link of that VLAN, "cni0.100". */
	if (b->vlan && b->is_gateway && snprintf(NULL, 0, "%s.%u", b->name, b->vlan) >= IFNAMSIZ)
		return plugin_fail(
			p, K8SNET_CNI_ERROR_CONFIG,
			"vlan: %s.%u, for the gateway, is too long for the name of a link", b->name,
			b->vlan);
	return check_ipam(p, b);
}

int bridge_read(struct plugin *p, struct bridge *b)
{
	int64_t mtu = 0;
	int r;

	*b = (struct bridge){
		.name = "cni0",
		.keeps_default_vlan = true,
		.is_default_gateway = p->is_all_in_one,
		.ip_masq = p->is_all_in_one,
		.calls_iptables = p->is_all_in_one,
		.veth.hairpin = p->is_all_in_one,
	};
	r = k8snet_cni_request_read_string(p->request, NULL, "bridge", &b->name);
	if (r == 0 && !*b->name)
		b->name = "cni0";
	if (r == 0)
		r = read_booleans(p, b);
	if (r == 0)
		r = k8snet_cni_request_read_integer(p->request, NULL, "mtu", 0, 65535, &mtu);
	b->veth.mtu = (uint32_t)mtu;
	if (r == 0)
		r = read_vlans(p, b);
	if (r < 0 || is_removing(p))
		return r;
	r = check(p, b);
	if (r == 0)
		r = read_mac(p, b->veth.mac);
	b->has_mac = r > 0;
	return r < 0 ? r : 0;
}
