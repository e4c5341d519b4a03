#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A plugin as a process: its standard streams, its status, and the network
# namespaces that it is given.
. "$top_srcdir/tests/cni/protocol.sh"
netns_need
netns_make_directory
scratch=$netns_directory
plugin=$plugins/hello-ipam
netns_add pod gone
netns=$(netns_path pod)
config='{"cniVersion":"1.0.0","name":"n","type":"hello-ipam","ipam":{"file":"'$scratch/leases'"}}'

# --- standard streams ---------------------------------------------------------
cni "$plugin" '' ''
succeeds "without a command"
same "$(cat "$scratch/out")" "" "without a command nothing is on standard output"
same "$(cat "$scratch/err")" "CNI plugin hello-ipam
CNI protocol versions supported: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0" \
	"without a command the plugin says what it is"

cni "$plugin" VERSION '{"cniVersion":"0.4.0"}'
succeeds VERSION
same "$(get 'out["cniVersion"] + " " + out["supportedVersions"][-1]')" "0.4.0 1.1.0" \
	"VERSION echoes"
# Who asks by hand need not end the input.
same "$({ sleep 20 & echo $! >"$scratch/sleep"; } | CNI_COMMAND=VERSION timeout 10 "$plugin" |
	grep -c supportedVersions)" 1 "VERSION with an input that does not end"
kill "$(cat "$scratch/sleep")"
same "$(timeout 10 "$PYTHON" -c 'import os, pty, sys
os.environ["CNI_COMMAND"] = "VERSION"
sys.exit(pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 1024)) and 1)' "$plugin" \
	</dev/null | grep -c supportedVersions)" 1 "VERSION on a terminal"

cni "$plugin" ADD "$config"
succeeds ADD
same "$(get 'out["ips"][0]["address"]')" 10.88.0.2/24 "ADD prints its result"
same "$(wc -l <"$scratch/out")" 1 "a result is one line"

input=/dev/zero
cni "$plugin" ADD ''
fails 5 "standard input: is too long" "endless input"
input=$scratch
cni "$plugin" ADD ''
fails 5 "standard input: " "a directory as input"
input=
status=0
CNI_COMMAND=ADD CNI_CONTAINERID=c CNI_NETNS=$netns CNI_IFNAME=eth0 \
	"$plugin" <&- >"$scratch/out" 2>"$scratch/err" || status=$?
fails 5 "standard input: Bad file descriptor" "closed input"

for output in /dev/full '&-'; do
	status=0
	printf %s "$config" | eval "CNI_COMMAND=ADD CNI_CONTAINERID=c1 CNI_NETNS=$netns \
		CNI_IFNAME=eth0 '$plugin' >$output 2>'$scratch/err'" || status=$?
	same "$status" 1 "a result that cannot be written: $output"
done
status=0
printf %s "$config" |
	CNI_COMMAND=DEL CNI_CONTAINERID=c1 CNI_IFNAME=eth0 "$plugin" \
	>/dev/full || status=$?
same "$status" 0 "DEL writes nothing"

# --- namespaces ----------------------------------------------------------------
refused() {
	netns=$1
	cni "$plugin" ADD "$config"
	fails 4 "CNI_NETNS: $2" "ADD with ${1##*/}"
}

: >"$scratch/file"
mkfifo "$scratch/fifo"
touch "$scratch/self"
mount --bind /proc/self/ns/uts "$scratch/self"
refused "$scratch/none" "\"$scratch/none\" No such file"
refused "$scratch/file" "\"$scratch/file\" is not a network namespace"
refused "$scratch/fifo" "\"$scratch/fifo\" is not a network namespace"
refused "$scratch" "\"$scratch\" is not a network namespace"
refused /dev/null '"/dev/null" is not a network namespace'
refused "$scratch/self" "\"$scratch/self\" is not a network namespace"
umount "$scratch/self"
refused /proc/self/ns/net '"/proc/self/ns/net" is the network namespace of the plugin itself'
refused /run/netns/../netns/x '"/run/netns/../netns/x" has a ".." element'

netns=/proc/self/ns/net
for override in 1 true TRUE; do
	export CNI_NETNS_OVERRIDE=$override
	cni "$plugin" ADD "$config"
	succeeds "ADD to the plugin's own namespace, with CNI_NETNS_OVERRIDE=$override"
done
export CNI_NETNS_OVERRIDE=0
cni "$plugin" ADD "$config"
fails 4 "is the network namespace of the plugin itself" "CNI_NETNS_OVERRIDE=0"
unset CNI_NETNS_OVERRIDE

# DEL goes on with what is left to do.
for netns in '' "$scratch/none" "$scratch/file" /proc/self/ns/net; do
	cni "$plugin" DEL "$config"
	succeeds "DEL with the namespace \"$netns\""
	same "$(cat "$scratch/out")" "" "DEL says nothing"
done
finish
