#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# podman 4.3 with our plugins as its only ones, in a namespace of the test's own, with /run
# and /var/lib of its own.
set -u
. "$top_srcdir/tests/cni/lib.sh"
for program in podman runc busybox; do
	command -v $program >/dev/null || {
		echo "skipped: $program is missing (podman, runc, busybox-static)"
		exit 77
	}
done
cni_start
netns_add outside
host ip link add up0 type veth peer name eth0 netns "$(netns_name outside)"
host ip address add 192.0.2.1/24 dev up0
host ip link set up0 up
in_container outside ip address add 192.0.2.9/24 dev eth0
in_container outside ip link set eth0 up
echo_server outside 7000 tcp

# Containers are of busybox, and end by themselves if the test cannot end them.
root=$cni_tmp/rootfs
mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/etc" "$root/tmp" "$root/run"
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in sh httpd wget ip ping sleep timeout cat hostname echo nc; do
	ln -s busybox "$root/bin/$applet"
done
mkdir "$cni_tmp/cni.d"
cat >"$cni_tmp/containers.conf" <<END
[network]
network_backend = "cni"
cni_plugin_dirs = ["$cni_tmp/plugins"]
network_config_dir = "$cni_tmp/cni.d"
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "none"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=512:512"]
log_driver = "k8s-file"
END
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/storage"\nrunroot = "%s/runroot"\n' "$cni_tmp" "$cni_tmp" \
	>"$cni_tmp/storage.conf"
ulimit -n 1024

# A process that keeps the mounts.
unshare --mount --propagation private sleep 900 &
holder=$!
echo $holder >>"$cni_tmp/servers"
inside() {
	host nsenter --target $holder --mount env CONTAINERS_CONF="$cni_tmp/containers.conf" \
		CONTAINERS_STORAGE_CONF="$cni_tmp/storage.conf" "$@"
}
for try in 1 2 3 4 5 6 7 8 9; do
	test "$(readlink /proc/$holder/ns/mnt)" = "$(readlink /proc/$$/ns/mnt)" || break
	sleep 0.1
done
inside sh -c 'mount -t tmpfs none /run && mkdir -p /run/netns /run/lock &&
	mount -t tmpfs none /var/lib && mkdir /var/lib/cni' || {
	echo "skipped: no mounts here"
	exit 77
}
podman() {
	inside timeout 60 podman "$@"
}
podman_cleanup() {
	podman_exit=$?
	podman rm -af -t 0 >/dev/null 2>&1
	(exit $podman_exit)
	cni_cleanup
}
trap podman_cleanup EXIT
serve='echo $(hostname) >/tmp/$(hostname); exec timeout 600 httpd -f -p 80 -h /tmp'
# NAME URL: what a container is told there (busybox 1.35 dies of wget -T)
fetch() {
	podman exec "$1" timeout 5 wget -q -O - "$2" 2>/dev/null
}
outside_fetch() {
	in_container "$1" timeout 5 busybox wget -q -O - "$2" 2>/dev/null
}
# A server takes a moment to be there.
served() {
	for served_try in 1 2 3 4 5 6 7 8 9 10; do
		served_what=$(outside_fetch outside http://192.0.2.1:8080/a)
		test -z "$served_what" || break
		sleep 0.3
	done
	echo "$served_what"
}
left() {
	host ip -o link show type veth | grep -v up0
	host nft list ruleset 2>/dev/null | grep -e ' comment "' -e 'masquerade-[0-9]' -e 'hostport-[0-9]'
	inside sh -c 'ls /var/lib/cni/networks/* /run/cni/tuning' 2>/dev/null | grep -e '^[0-9]' -e json
}

try_all() {
	ln -sfn "$2" "$cni_tmp/plugins"
	podman run -d --name a --hostname a -p 8080:80 --rootfs "$root" sh -c "$serve" >/dev/null 2>"$cni_tmp/err"
	if test -z "$(podman inspect a --format '{{.NetworkSettings.IPAddress}}' 2>/dev/null)"; then
		not_ok "$1: run"
		sed 's/^/# /' "$cni_tmp/err"
		podman rm -af -t 0 >/dev/null 2>&1
		return
	fi
	address=$(podman inspect a --format '{{.NetworkSettings.IPAddress}}')
	same "$1: the first address" "$address" "${3}"
	podman run -d --name b --hostname b --ip "${3%.*}.77" --mac-address 02:00:00:00:00:77 --rootfs "$root" sh -c "$serve" >/dev/null
	served >/dev/null
	same "$1: --ip" "$(podman inspect b --format '{{.NetworkSettings.IPAddress}}')" "${3%.*}.77"
	same "$1: --mac-address" "$(podman exec b cat /sys/class/net/eth0/address)" 02:00:00:00:00:77
	same "$1: container to container" "$(fetch b "http://$address/a")" a
	same "$1: to the outside, masqueraded" "$(podman exec b nc -w 3 192.0.2.9 7000)" 192.0.2.1
	same "$1: -p from the outside" "$(outside_fetch outside http://192.0.2.1:8080/a)" a
	same "$1: -p from localhost" "$(outside_fetch host http://127.0.0.1:8080/a)" a
	same "$1: -p from the node's address" "$(outside_fetch host http://192.0.2.1:8080/a)" a
	same "$1: -p from another container" "$(fetch b http://192.0.2.1:8080/a)" a
	same "$1: -p from itself" "$(fetch a http://192.0.2.1:8080/a)" a
	podman network create --subnet 10.55.0.0/24 second >/dev/null 2>&1
	podman network connect second b 2>"$cni_tmp/err" || sed 's/^/# /' "$cni_tmp/err"
	same "$1: network connect" "$(podman exec b ip -o -4 address show eth1 | grep -o 'inet [^ ]*')" "inet 10.55.0.2/24"
	podman network disconnect second b 2>"$cni_tmp/err" || sed 's/^/# /' "$cni_tmp/err"
	same "$1: network disconnect" "$(podman exec b ip -o link | grep -c eth1)" 0
	podman network reload a >/dev/null 2>"$cni_tmp/err" || sed 's/^/# /' "$cni_tmp/err"
	same "$1: network reload" "$(served)" a
	same "$1: and to the container" "$(fetch b "http://$(podman inspect a --format '{{.NetworkSettings.IPAddress}}')/a")" a
	podman restart -t 0 a >/dev/null 2>"$cni_tmp/err" || sed 's/^/# /' "$cni_tmp/err"
	same "$1: restart" "$(served)" a
	podman rm -f -t 0 a b >/dev/null
	same "$1: rm" "$(outside_fetch outside http://192.0.2.1:8080/a)" ""
	podman network rm second >/dev/null 2>&1
}
try_all ours "$cni_tmp/bin" 10.88.0.2
same "ours: nothing is left" "$(left)" ""
# That the test is fair: the reference plugins pass it, too.
if test -x "$cni_reference/portmap" && host iptables -t nat -L >/dev/null 2>&1; then
	inside sh -c 'rm -rf /var/lib/cni/*'
	host ip link del cni-podman0
	try_all theirs "$cni_reference" 10.88.0.2
fi
finish
