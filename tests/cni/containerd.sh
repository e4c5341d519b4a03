#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# containerd 1.6 with our plugins as its only ones, asked through CRI as the kubelet asks it;
# in a namespace of the test's own, with /run and /var/lib of its own.
set -u
. "$top_srcdir/tests/cni/lib.sh"
for program in containerd ctr runc busybox; do
	command -v $program >/dev/null || {
		echo "skipped: $program is missing (containerd, runc, busybox-static)"
		exit 77
	}
done
"$PYTHON" -c 'import grpc' 2>/dev/null || {
	echo "skipped: no module grpc (python3-grpcio)"
	exit 77
}
cni_start
netns_add outside
host ip link add up0 type veth peer name eth0 netns "$(netns_name outside)"
host ip address add 192.0.2.1/24 dev up0
host ip link set up0 up
in_container outside ip address add 192.0.2.9/24 dev eth0
in_container outside ip link set eth0 up
echo_server outside 7000 tcp

# The plugins, with a note of each call.
mkdir "$cni_tmp/plugins" "$cni_tmp/cni.d"
for type in bridge portmap bandwidth loopback; do
	cat >"$cni_tmp/plugins/$type" <<END
#!/bin/sh
"$cni_tmp/bin/$type"
status=\$?
test -n "\$CNI_NETNS" && netns=netns || netns=none
echo "\$CNI_COMMAND $type \$CNI_CONTAINERID \$netns \$status" >>"$cni_tmp/calls"
exit \$status
END
	chmod +x "$cni_tmp/plugins/$type"
done
cat >"$cni_tmp/cni.d/10-pods.conflist" <<END
{"cniVersion":"1.0.0","name":"pods","plugins":[
 {"type":"bridge","bridge":"cni0","isDefaultGateway":true,"ipMasq":true,"hairpinMode":true,
  "ipam":{"type":"host-local","ranges":[[{"subnet":"10.77.0.0/24"}],[{"subnet":"fd77::/64"}]]}},
 {"type":"portmap","capabilities":{"portMappings":true}},
 {"type":"bandwidth","capabilities":{"bandwidth":true}}]}
END
# There are no cgroups here for it, no AppArmor, and no other snapshotters.
cat >"$cni_tmp/config.toml" <<END
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
address = "/run/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "localhost/pause:1"
disable_cgroup = true
disable_apparmor = true
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "$cni_tmp/plugins"
conf_dir = "$cni_tmp/cni.d"
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
END
ulimit -n 1024

# A process that keeps the mounts, and takes all with it when it ends: shims outlive containerd.
unshare --mount --propagation private --pid --fork --kill-child --mount-proc sleep 900 &
echo $! >>"$cni_tmp/servers"
for try in 1 2 3 4 5 6 7 8 9; do
	holder=$(pgrep -P $! sleep) && break
	sleep 0.1
done
inside() {
	host nsenter --target "$holder" --mount --pid "$@"
}
inside sh -c 'mount -t tmpfs none /run && mkdir -p /run/netns && mount -t tmpfs none /var/lib' || {
	echo "skipped: no mounts here"
	exit 77
}
cri() {
	inside timeout 60 "$PYTHON" "$top_srcdir/tests/cni/cri.py" /run/containerd.sock "$@"
}
inside containerd --config "$cni_tmp/config.toml" >"$cni_tmp/log" 2>&1 &
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	cri ready >/dev/null 2>&1 && break
	sleep 0.3
done
check "containerd is ready, and its network" cri ready

# A pod says its name to who connects, and ends by itself if the test cannot end it.
"$PYTHON" "$top_srcdir/tests/cni/cri.py" image "$cni_tmp/image.tar" \
	/bin/busybox timeout 600 /bin/busybox nc -ll -p 80 -e /bin/busybox hostname
inside ctr -a /run/containerd.sock -n k8s.io images import --snapshotter native "$cni_tmp/image.tar" \
	>"$cni_tmp/err" 2>&1 || sed 's/^/# /' "$cni_tmp/err"

# ID: the pod's namespace
pod() {
	pod_pid=$(inside ctr -a /run/containerd.sock -n k8s.io tasks list | awk -v id="$1" '$1 == id { print $2 }')
	shift
	inside nsenter --target "$pod_pid" --net "$@"
}
outside() {
	in_container outside timeout 5 busybox nc -w 3 "$@" </dev/null 2>/dev/null
}
# A server takes a moment to be there.
served() {
	for served_try in 1 2 3 4 5 6 7 8 9 10; do
		served_what=$(outside 192.0.2.1 "$1")
		test -z "$served_what" || break
		sleep 0.3
	done
	echo "$served_what"
}
# The calls for a sandbox, each once: "DEL bridge netns 0 ..."
calls() {
	awk -v id="$1" -v command="$2" '$3 == id && $1 == command && $2 != "loopback" { print $2, $4, $5 }' \
		"$cni_tmp/calls" | tr '\n' ' ' | sed 's/ $//'
}
left() {
	host ip -o link show | grep -v -e ' lo:' -e up0 -e cni0
	host nft list ruleset 2>/dev/null | grep -e ' comment "' -e 'masquerade-[0-9f]' -e 'hostport-[0-9f]'
	inside sh -c 'ls /run/netns; ls /var/lib/cni/networks/pods' 2>/dev/null | grep -e '^[0-9f]' -e '^cni-'
}

# --- two sandboxes -------------------------------------------------------------------------
a=$(cri run a port=8080:80 port=8081:80:192.0.2.1 kubernetes.io/ingress-bandwidth=10M \
	kubernetes.io/egress-bandwidth=20M) || echo "# $a"
b=$(cri run b) || echo "# $b"
same "RunPodSandbox: the address" "$(cri address "$a")" 10.77.0.2
same "RunPodSandbox: the next" "$(cri address "$b")" 10.77.0.3
same "a hostPort, from outside" "$(served 8080)" a
same "with an address of the node, from outside" "$(served 8081)" a
same "a hostPort, from the node" "$(host timeout 5 busybox nc -w 3 127.0.0.1 8080 </dev/null)" a
same "a hostPort, from another pod" "$(pod "$b" timeout 5 busybox nc -w 3 192.0.2.1 8080 </dev/null)" a
same "a hostPort, from the pod itself" "$(pod "$a" timeout 5 busybox nc -w 3 192.0.2.1 8080 </dev/null)" a
same "pod to pod" "$(pod "$b" timeout 5 busybox nc -w 3 10.77.0.2 80 </dev/null)" a
same "and back" "$(pod "$a" timeout 5 busybox nc -w 3 10.77.0.3 80 </dev/null)" b
check "pod to pod, ping" pod "$b" busybox ping -q -c 1 -W 3 10.77.0.2
check "pod to pod, ping over IPv6" pod "$b" busybox ping -q -c 1 -W 3 fd77::2
same "to the outside, masqueraded" "$(pod "$a" timeout 5 busybox nc -w 3 192.0.2.9 7000 </dev/null)" 192.0.2.1
same "bandwidth of its annotations" \
	"$(host tc qdisc show | grep -o 'tbf.* rate [0-9A-Za-z]*' | grep -o '[0-9]*Mbit' | sort | tr '\n' ' ')" "10Mbit 20Mbit "
same "each plugin was called once" "$(calls "$a" ADD)" "bridge netns 0 portmap netns 0 bandwidth netns 0"

# --- DEL, twice -----------------------------------------------------------------------------
del="bandwidth netns 0 portmap netns 0 bridge netns 0"
cri stop "$a"
same "StopPodSandbox: DEL" "$(calls "$a" DEL)" "$del"
same "no hostPort any more" "$(outside 192.0.2.1 8080)" ""
same "the other one is served" "$(pod "$b" timeout 5 busybox nc -w 3 127.0.0.1 80 </dev/null)" b
cri remove "$a"
same "RemovePodSandbox: DEL without a namespace" "$(calls "$a" DEL)" \
	"$del $(echo "$del" | sed 's/netns/none/g')"
same "nothing of it is left" "$(left | grep -c -e 10.77.0.2 -e "$a")" 0

# The namespace and the sandbox's processes vanish, as with a node that was reset.
c=$(cri run c port=8082:80) || echo "# $c"
same "another sandbox" "$(served 8082)" c
pod "$c" true
inside kill -9 "$pod_pid"
inside sh -c 'umount /run/netns/cni-* 2>/dev/null; rm -f /run/netns/cni-*'
cri stop "$c"
cri remove "$c"
cri stop "$b"
cri remove "$b"
same "the namespace had gone" "$(left)" ""

# --- ADD that fails --------------------------------------------------------------------------
d=$(cri run d port=8083:80:nowhere)
case $d in
*"portMappings[0].HostIP: not an IP address"*) ok "RunPodSandbox fails, and says why" ;;
*) not_ok "RunPodSandbox: $d" ;;
esac
same "ADD that failed: nothing is left" "$(left)" ""
d=$(cri run d port=8083:80) || echo "# $d"
same "and can be repeated" "$(served 8083)" d
cri stop "$d"
cri remove "$d"
same "nothing is left" "$(left)" ""
same "no call but that one failed" "$(grep -v ' 0$' "$cni_tmp/calls" | cut -d ' ' -f 1,2)" "ADD portmap"
same "no sandbox" "$(cri list)" ""
finish
