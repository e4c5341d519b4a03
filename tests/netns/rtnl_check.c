/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every kind of kernel object, made, seen, changed and deleted in the namespaces
 * named on the command line: NODE POD. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel_check.h"

static const char *node, *pod; /* names for ip(8) */
static char pod_path[256];
static struct k8snet_kernel *kernel;

static struct kobj named(int type, const char *netns, const char *name)
{
	struct kobj kobj = {.type = (enum kobj_type)type, .netns = netns};

	snprintf(kobj.name, sizeof(kobj.name), "%s", name);
	return kobj;
}

/* Done without error, seen as made by both ways of looking. */
static void add(const char *what, const struct kobj *kobj)
{
	struct state state;
	char name[256];
	int r = execute_kobj(kernel, OP_ADD, kobj, 0);

	snprintf(name, sizeof(name), "%s is made", what);
	report(r == 0, name, r ? last_message(kernel) : NULL);
	snprintf(name, sizeof(name), "%s is seen in all", what);
	r = observe_everything(kernel, kobj->netns, &state);
	report(r == 0 && is_seen(&state, kobj), name, r ? last_message(kernel) : NULL);
	state_done(&state);
	if (kobj->netns || kobj->type == KOBJ_SYSCTL)
		return;
	snprintf(name, sizeof(name), "%s is seen by its link", what);
	r = observe_named_link(kernel, kobj->name, &state);
	report(r == 0 && is_seen(&state, kobj), name, r ? last_message(kernel) : NULL);
	state_done(&state);
}

static void add_again(const char *what, const struct kobj *kobj)
{
	char name[256];

	snprintf(name, sizeof(name), "%s cannot be made twice", what);
	report(execute_kobj(kernel, OP_ADD, kobj, 0) == -EIO &&
		       strstr(last_message(kernel), "File exists"),
	       name, last_message(kernel));
}

static void set(const char *what, const struct kobj *kobj, unsigned int changes)
{
	struct state state;
	char name[256];
	int r = execute_kobj(kernel, OP_SET, kobj, changes);

	snprintf(name, sizeof(name), "%s is changed", what);
	report(r == 0, name, r ? last_message(kernel) : NULL);
	snprintf(name, sizeof(name), "%s is seen as changed", what);
	r = observe_everything(kernel, kobj->netns, &state);
	report(r == 0 && is_seen(&state, kobj), name, r ? last_message(kernel) : NULL);
	state_done(&state);
}

/* Twice: what is gone is gone. */
static void delete (const char *what, const struct kobj *kobj)
{
	struct state state;
	char name[256];
	int r = execute_kobj(kernel, OP_DELETE, kobj, 0);

	snprintf(name, sizeof(name), "%s is deleted", what);
	report(r == 0, name, r ? last_message(kernel) : NULL);
	r = observe_everything(kernel, kobj->netns, &state);
	snprintf(name, sizeof(name), "%s is gone", what);
	report(r == 0 && !state_find_kobj(&state, kobj), name, NULL);
	state_done(&state);
	snprintf(name, sizeof(name), "%s is deleted when it is gone", what);
	r = execute_kobj(kernel, OP_DELETE, kobj, 0);
	report(r == 0, name, r ? last_message(kernel) : NULL);
}

/* --- links ---------------------------------------------------------------------- */

static struct kobj bridge(void)
{
	struct kobj kobj = named(KOBJ_LINK, NULL, "br0");

	kobj.link = (struct kobj_link){.type = LINK_BRIDGE,
				       .up = true,
				       .mtu = 1450,
				       .addrgen_none = true,
				       .alias = LINK_ALIAS_MARK "bridge",
				       .nf_call_iptables = true};
	return kobj;
}

static void check_bridge(void)
{
	struct kobj kobj = bridge();

	add("bridge", &kobj);
	add_again("bridge", &kobj);
	expect("\"nf_call_iptables\":1,\"nf_call_ip6tables\":0", "ip -n %s -d -j link show br0",
	       node);
	expect("\"ifalias\":\"k8snet bridge\"", "ip -n %s -j link show br0", node);
	expect("\"mtu\":1450", "ip -n %s -j link show br0", node);
	kobj.link.nf_call_ip6tables = true;
	kobj.link.mtu = 1400;
	kobj.link.has_mac = true;
	memcpy(kobj.link.mac, "\x02\0\0\0\0\x07", 6);
	kobj.link.alias = LINK_ALIAS_MARK "other";
	set("bridge", &kobj,
	    LINK_CHANGE_NF_CALL | LINK_CHANGE_MTU | LINK_CHANGE_ALIAS | LINK_CHANGE_MAC);
	expect("\"nf_call_ip6tables\":1", "ip -n %s -d -j link show br0", node);
	run("ip -n %s link set br0 down", node);
	set("bridge that is down", &kobj, LINK_CHANGE_UP);
	expect("UP", "ip -n %s -j link show br0", node);
}

static struct kobj veth(void)
{
	struct kobj kobj = named(KOBJ_LINK, NULL, "veth0");

	kobj.link = (struct kobj_link){.type = LINK_VETH,
				       .up = true,
				       .mtu = 1400,
				       .addrgen_none = true,
				       .master = "br0",
				       .hairpin = true,
				       .alias = LINK_ALIAS_MARK "pod test/one",
				       .peer_name = "eth0",
				       .peer_netns = pod_path,
				       .peer_mac = {2, 0, 0, 0, 0, 9}};
	return kobj;
}

static void check_veth(void)
{
	struct kobj kobj = veth();

	add("veth", &kobj);
	add_again("veth", &kobj);
	expect("\"hairpin\":true", "bridge -n %s -d -j link show dev veth0", node);
	expect("\"master\":\"br0\"", "ip -n %s -j link show veth0", node);
	expect("\"address\":\"02:00:00:00:00:09\"", "ip -n %s -j link show eth0", pod);
	expect("\"mtu\":1400", "ip -n %s -j link show eth0", pod);
	expect("\"operstate\":\"UP\"", "sleep 0.3; ip -n %s -j link show eth0", pod);
	expect_not("fe80", "ip -n %s -6 -j addr show dev veth0", node);

	run("ip -n %s link set veth0 nomaster down", node);
	run("ip -n %s link set veth0 mtu 1300 addrgenmode eui64 alias ''", node);
	set("veth", &kobj,
	    LINK_CHANGE_MASTER | LINK_CHANGE_HAIRPIN | LINK_CHANGE_MTU | LINK_CHANGE_ADDRGEN |
		    LINK_CHANGE_ALIAS | LINK_CHANGE_UP);
	expect("\"hairpin\":true", "bridge -n %s -d -j link show dev veth0", node);
	expect("\"inet6_addr_gen_mode\":\"none\"", "ip -n %s -d -j link show veth0", node);
}

static void check_loopback(void)
{
	struct kobj kobj = named(KOBJ_LINK, pod_path, "lo");

	kobj.link.type = LINK_LOOPBACK;
	kobj.link.up = true;
	set("loopback", &kobj, LINK_CHANGE_UP);
	expect("LOWER_UP", "ip -n %s link show lo", pod);
}

static void check_vxlan(const char *name, const char *local, const char *witness)
{
	struct kobj kobj = named(KOBJ_LINK, NULL, name);

	kobj.link = (struct kobj_link){.type = LINK_VXLAN,
				       .up = true,
				       .has_mac = true,
				       .mac = {2, 0, 0, 0, 1, 1},
				       .mtu = 1300,
				       .addrgen_none = true,
				       .alias = LINK_ALIAS_MARK "overlay",
				       .vni = 7,
				       .port = 8472,
				       .local = ip(local),
				       .device = "br0"};
	add("vxlan", &kobj);
	expect(witness, "ip -n %s -d link show %s", node, name);
	expect("dstport 8472 nolearning", "ip -n %s -d link show %s", node, name);
	expect("vxlan id 7", "ip -n %s -d link show %s", node, name);
}

/* --- what hangs on them ------------------------------------------------------------ */

static void check_address(const char *netns, const char *link, const char *text)
{
	struct kobj kobj = named(KOBJ_ADDRESS, netns, link);

	kobj.address = net(text);
	add(text, &kobj);
	add_again(text, &kobj);
	expect(text, "ip -n %s -br addr show dev %s", netns ? pod : node, link);
	expect_not("tentative", "ip -n %s addr show dev %s to %s", netns ? pod : node, link, text);
	delete (text, &kobj);
	execute_kobj(kernel, OP_ADD, &kobj, 0);
}

static void check_route(const char *netns, const char *link, const char *to, const char *via,
			bool onlink, const char *other_via)
{
	struct kobj kobj = named(KOBJ_ROUTE, netns, link);

	kobj.route.destination = net(to);
	if (via)
		kobj.route.route.via = ip(via);
	kobj.route.route.onlink = onlink;
	add(to, &kobj);
	add_again(to, &kobj);
	expect("proto 75", "ip -n %s %s route show %s", netns ? pod : node,
	       strchr(to, ':') ? "-6" : "-4", to);
	if (other_via) {
		kobj.route.route.via = ip(other_via);
		set(to, &kobj, 0);
		expect(other_via, "ip -n %s %s route show %s", netns ? pod : node,
		       strchr(to, ':') ? "-6" : "-4", to);
	}
	delete (to, &kobj);
}

static void check_neighbour(const char *netns, const char *link, const char *address)
{
	struct kobj kobj = named(KOBJ_NEIGHBOUR, netns, link);

	kobj.neighbour.address = ip(address);
	memcpy(kobj.neighbour.mac, "\x02\0\0\0\0\x11", 6);
	/* One that the kernel is looking for gives way. */
	run("ip -n %s neigh add %s dev %s nud failed", netns ? pod : node, address, link);
	add(address, &kobj);
	expect("02:00:00:00:00:11 PERMANENT", "ip -n %s neigh show %s dev %s", netns ? pod : node,
	       address, link);
	kobj.neighbour.mac[5] = 0x12;
	set(address, &kobj, 0);
	delete (address, &kobj);
}

static void check_fdb(const char *remote, const char *other)
{
	struct kobj kobj = named(KOBJ_FDB, NULL, "vx4");

	memcpy(kobj.fdb.mac, "\x02\0\0\0\0\x21", 6);
	kobj.fdb.remote = ip(remote);
	add("FDB entry", &kobj);
	add_again("FDB entry", &kobj);
	expect("02:00:00:00:00:21 dst 10.100.0.3 self permanent", "bridge -n %s fdb show dev vx4",
	       node);
	kobj.fdb.remote = ip(other);
	set("FDB entry", &kobj, 0);
	expect_not("10.100.0.3", "bridge -n %s fdb show dev vx4", node);
	expect("02:00:00:00:00:21 dst 10.100.0.4 self permanent", "bridge -n %s fdb show dev vx4",
	       node);
	delete ("FDB entry", &kobj);
}

static void check_sysctl(const char *netns, const char *path)
{
	struct kobj kobj = named(KOBJ_SYSCTL, netns, "");
	struct observe_request request = {0};
	struct state state;
	char before[64];

	snprintf(before, sizeof(before), "%s", run("cat /proc/sys/%s", path));
	kobj.sysctl.path = path;
	kobj.sysctl.value = "1";
	DONE(execute_kobj(kernel, OP_SET, &kobj, 0) == 0, "sysctl is set");
	expect("1", "ip netns exec %s cat /proc/sys/%s", netns ? pod : node, path);
	report(!strcmp(before, run("cat /proc/sys/%s", path)),
	       "the sysctl of the test's own namespace stays", NULL);
	if (netns)
		return;
	*vec_push(&request.sysctls) = path;
	state_init(&state);
	report(kernel->ops->observe(kernel, &request, &state) == 0 && is_seen(&state, &kobj),
	       "sysctl is seen", NULL);
	observe_request_done(&request);
	state_done(&state);
	kobj.sysctl.path = "net/ipv4/no_such_thing";
	CHECK(execute_kobj(kernel, OP_SET, &kobj, 0) == -ENOTSUP);
}

/* --- many ----------------------------------------------------------------------------- */

#define N_LINKS 40

static void fill_veths(struct kobj *kobjs, struct k8snet_op *ops, int verb)
{
	int i;

	memset(ops, 0, N_LINKS * sizeof(*ops));
	for (i = 0; i < N_LINKS; i++) {
		kobjs[i] = veth();
		snprintf(kobjs[i].name, sizeof(kobjs[i].name), "many%d", i);
		snprintf(kobjs[i].link.peer_name, sizeof(kobjs[i].link.peer_name), "p%d", i);
		memset(kobjs[i].link.peer_mac, 0, 6);
		ops[i] = (struct k8snet_op){.verb = (uint8_t)verb,
					    .target = OP_KOBJ,
					    .object = "pod test/many",
					    .kobj = &kobjs[i]};
	}
}

static int count_status(const struct k8snet_op *ops, enum k8snet_op_status status)
{
	int i, n = 0;

	for (i = 0; i < N_LINKS; i++)
		n += ops[i].status == status;
	return n;
}

static void check_many(void)
{
	struct kobj kobjs[N_LINKS];
	struct k8snet_op ops[N_LINKS];

	fill_veths(kobjs, ops, OP_ADD);
	DONE(execute(kernel, ops, N_LINKS) == 0, "many links are made");
	expect("40\n", "ip -n %s -br link | grep -c ^many", node);
	fill_veths(kobjs, ops, OP_DELETE);
	run("ip -n %s link del many7", node);
	run("ip -n %s link add foreign type bridge", node);
	DONE(execute(kernel, ops, N_LINKS) == 0, "many links are deleted");
	CHECK(count_status(ops, K8SNET_OP_DONE) == N_LINKS);
	expect_not("many", "ip -n %s -br link", node);
	expect("foreign", "ip -n %s -br link", node);
	expect("br0", "ip -n %s -br link", node);
}

static void check_failure(void)
{
	struct kobj kobjs[N_LINKS];
	struct k8snet_op ops[N_LINKS];

	/* Somebody else's link has the name: it keeps its alias too. */
	fill_veths(kobjs, ops, OP_ADD);
	snprintf(kobjs[0].name, sizeof(kobjs[0].name), "veth0");
	kobjs[0].link.alias = "k8snet taken";
	CHECK(execute(kernel, ops, 1) == -EIO);
	report(strstr(last_message(kernel), "pod test/many: link add veth0") &&
		       strstr(last_message(kernel), "File exists"),
	       "a taken name is told", last_message(kernel));
	expect_not("k8snet taken", "ip -n %s -d link show veth0", node);

	fill_veths(kobjs, ops, OP_ADD);
	kobjs[5].link.mtu = 67;
	snprintf(kobjs[9].link.master, IFNAMSIZ, "nomaster");
	CHECK(execute(kernel, ops, N_LINKS) == -EIO);
	report(strstr(last_message(kernel), "pod test/many: link add many5") &&
		       strstr(last_message(kernel), "Invalid argument"),
	       "the first failure is told", last_message(kernel));
	CHECK(ops[4].status == K8SNET_OP_DONE && ops[5].status == K8SNET_OP_FAILED);
	/* In its batch, those up to where it had to end are true to what is there. */
	expect("many6", "ip -n %s -br link", node);
	CHECK(ops[6].status == K8SNET_OP_DONE && ops[39].status == K8SNET_OP_PENDING);
	expect_not("many39", "ip -n %s -br link", node);
	fill_veths(kobjs, ops, OP_DELETE);
	CHECK(execute(kernel, ops, N_LINKS) == 0);
}

static void check_errors(void)
{
	struct kobj route = named(KOBJ_ROUTE, NULL, "br0"), link = veth();

	route.route.destination = net("10.9.0.0/24");
	route.route.route.via = ip("192.0.2.1");
	CHECK(execute_kobj(kernel, OP_ADD, &route, 0) == -EIO);
	report(strstr(last_message(kernel),
		      "pod test/one: route add 10.9.0.0/24 via 192.0.2.1 dev br0: Network is "
		      "unreachable (kernel: Nexthop has invalid gateway)"),
	       "the kernel's text is told", last_message(kernel));
	snprintf(link.name, sizeof(link.name), "veth9");
	link.link.peer_netns = "/run/netns/there-is-none";
	CHECK(execute_kobj(kernel, OP_ADD, &link, 0) == -EIO);
	report(strstr(last_message(kernel), "/run/netns/there-is-none") &&
		       k8snet_error_get_id(k8snet_ctx_get_error(kernel->ctx)) == K8SNET_MSG_NETNS,
	       "a missing namespace is told", last_message(kernel));
	link.link.peer_netns = "/proc/version";
	CHECK(execute_kobj(kernel, OP_ADD, &link, 0) == -EIO);
	expect_not("veth9", "ip -n %s -br link", node);
}

int main(int argc, char **argv)
{
	struct k8snet_ctx *ctx;
	char node_path[256];
	struct kobj link;

	if (argc != 3 || k8snet_ctx_new(&ctx, NULL) < 0)
		return 1;
	node = argv[1];
	pod = argv[2];
	snprintf(node_path, sizeof(node_path), "/run/netns/%s", node);
	snprintf(pod_path, sizeof(pod_path), "/run/netns/%s", pod);
	kernel = open_kernel(ctx, node_path);
	check_bridge();
	check_veth();
	check_loopback();
	check_address(NULL, "br0", "10.1.0.1/24");
	check_address(NULL, "br0", "2001:db8:1::1/64");
	check_address(pod_path, "eth0", "10.1.0.2/24");
	check_address(pod_path, "eth0", "2001:db8:1::2/64");
	check_vxlan("vx4", "10.100.0.2", "local 10.100.0.2 dev br0");
	link = named(KOBJ_LINK, NULL, "vx4");
	check_fdb("10.100.0.3", "10.100.0.4");
	delete ("vxlan", &link);
	check_vxlan("vx6", "2001:db8::2", "local 2001:db8::2 dev br0");
	check_address(NULL, "vx6", "10.7.0.0/32");
	check_neighbour(NULL, "vx6", "10.2.0.0");
	check_neighbour(NULL, "vx6", "2001:db8:2::");
	check_neighbour(pod_path, "eth0", "10.1.0.1");
	check_route(NULL, "br0", "10.2.0.0/24", "10.1.0.7", false, "10.1.0.8");
	check_route(NULL, "vx6", "10.3.0.0/24", "10.3.0.0", true, NULL);
	check_route(NULL, "br0", "2001:db8:2::/64", "2001:db8:1::7", false, "2001:db8:1::8");
	check_route(NULL, "vx6", "2001:db8:3::/64", "2001:db8:3::", true, NULL);
	check_route(NULL, "veth0", "10.1.0.9/32", NULL, false, NULL);
	check_route(NULL, "veth0", "2001:db8:1::9/128", NULL, false, NULL);
	check_route(pod_path, "eth0", "0.0.0.0/0", "10.1.0.1", false, NULL);
	check_route(pod_path, "eth0", "::/0", "2001:db8:1::1", false, "fe80::1");
	check_sysctl(NULL, "net/ipv4/ip_forward");
	check_sysctl(pod_path, "net/ipv4/ip_forward");
	check_errors();
	check_many();
	check_failure();
	link = veth();
	delete ("veth", &link);
	expect_not("eth0", "ip -n %s -br link", pod);
	link = bridge();
	delete ("bridge", &link);
	k8snet_kernel_unref(kernel);
	k8snet_ctx_unref(ctx);
	return n_failed != 0;
}
