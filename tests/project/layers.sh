#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# #includes point one way only: base <- model <- resolve <- plan <- kernel, base <- netlink <-
# kernel, base <- ipam and base <- cni; examples and bindings see the public headers
# alone, but for nftables as data and the netlink stack, which they share; nothing we ship
# spawns a process to configure the network.
set -eu
cd "$top_srcdir"

failed=0
# allow DIRECTORY AREA...: its files include no other area of lib/.
allow() {
	directory=$1
	shift
	test -d "$directory" || return 0
	allowed=$(echo "$*" | tr ' ' '|')
	wrong=$(find "$directory" -name '*.[ch]' -exec grep -Hn '^ *# *include *"[a-z]*/' {} + |
		grep -Ev "include *\"(${allowed:-none})/" || true)
	# A path that climbs out of its directory would hide from this test.
	climbs=$(find "$directory" -name '*.[ch]' -exec grep -Hn '^ *# *include.*\.\./' {} + || true)
	report "$directory includes${*:+ only }$*" "$wrong$climbs"
}

report() {
	if test -n "$2"; then
		echo "$2"
		echo "not ok $1"
		failed=1
	else
		echo "ok $1"
	fi
}

allow lib/base base
allow lib/model base model
allow lib/resolve base model resolve
allow lib/nftables base nftables
allow lib/netlink base nftables netlink
allow lib/plan base model resolve nftables plan
allow lib/ipam base ipam
# What the CNI plugin uses, too: it knows neither model nor plan.
allow lib/kernel base model resolve nftables plan netlink kernel
# What libk8snet-cni is made of: it must not come to need libnl.
allow lib/cni base cni
allow examples nftables netlink
allow bindings

# The same, for headers given in angle brackets.
report "only lib/ uses lib/'s headers in angle brackets" \
	"$(grep -rnE '^ *# *include *<(base|model|resolve|plan|kernel|ipam|cni|nftables/rule)[/.]' \
		--include='*.[ch]' lib examples bindings || true)"
# Sockets belong to lib/kernel and lib/netlink.
report "no sockets outside of lib/kernel and lib/netlink" \
	"$(grep -nE '^ *# *include *<(libmnl|netlink|linux/netlink|linux/rtnetlink|sys/socket)' \
		-r --include='*.[ch]' lib/base lib/model lib/resolve lib/nftables lib/plan lib/ipam lib/cni 2>/dev/null |
		grep -v 'lib/base/address' || true)"
report "the library starts no other program and never exits" \
	"$(grep -nE '\b(system|popen|execv|execve|execvp|execl|execlp|fork|vfork|posix_spawn|posix_spawnp|exit|_exit|abort) *\(' \
		-r --include='*.[ch]' lib | grep -v '^lib/cni/spawn\.c:.*posix_spawn(' || true)"
# By the CNI specification a plugin executes the one that it delegates to.
report "one call in lib/cni/spawn.c starts another plugin, and no shell" \
	"$(test "$(grep -o '\bposix_spawn(' lib/cni/spawn.c | wc -l)" -eq 1 || echo lib/cni/spawn.c)"
report "examples run neither ip, nft, iptables nor a shell" \
	"$(grep -nE '"(/[a-z/]*)?(nft|iptables|sysctl|tc|sh|bash)"|(exec[lvpe]+|posix_spawnp?) *\([^)]*"|\b(system|popen) *\(' \
		-r --include='*.[ch]' examples | grep -v 'tuning_read.c:.*add_sysctls(p, t, "sysctl")' || true)"
exit $failed
