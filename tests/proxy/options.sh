#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The command line: what is wrong is named, the status is 2; help and manual name all.
set -u
proxy=${top_builddir:-.}/k8snet-service-proxy
failures=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
test -x "$proxy" || { echo "SKIP: $proxy is not built (libmicrohttpd)"; exit 77; }

report() {
	if test "$1" = 0; then
		echo "ok $2"
	else
		echo "not ok $2"
		failures=$((failures + 1))
	fi
}

# bad TEXT ARGUMENTS...
bad() {
	text=$1
	shift
	"$proxy" "$@" >"$scratch/out" 2>"$scratch/error"
	status=$?
	test $status -eq 2 && grep -qF -e "$text" "$scratch/error" && test ! -s "$scratch/out"
	report $? "$* -> $text" || cat "$scratch/error"
	grep -q "^k8snet-service-proxy: " "$scratch/error" &&
		grep -qx "Try k8snet-service-proxy --help" "$scratch/error"
	report $? "$*: names the program and --help"
}

bad "nothing to read"
bad "nothing to read" --once
bad "unknown command \"serve\"" serve
bad "unexpected argument \"x\"" --dir . x
bad "unrecognized option '--no-such'" --no-such
bad "requires an argument" --dir
bad "--cluster-cidr: \"10.1.0.0\" is not a network" --dir . --cluster-cidr 10.1.0.0
bad "--cluster-cidr: \"\" is not a network" --dir . --cluster-cidr 10.1.0.0/16,
bad "--service-cidr: \"x\" is not a network" --dir . --service-cidr 10.96.0.0/12,x
bad "--nodeport-addresses: \"secondary\" is not" --dir . --nodeport-addresses secondary
bad "--detect-local-mode: \"Interface\" is not one of" --dir . --detect-local-mode Interface
bad "--detect-local-mode needs --pod-bridge-interface" --dir . --detect-local-mode BridgeInterface
bad "--detect-local-mode needs --pod-interface-name-prefix" --dir . --detect-local-mode InterfaceNamePrefix
bad "--pod-bridge-interface: \"0123456789abcdef\" is too long" --dir . --detect-local-mode BridgeInterface --pod-bridge-interface 0123456789abcdef
bad "pod_interface: \"a b\"" --dir . --once --detect-local-mode BridgeInterface --pod-bridge-interface "a b"
bad "--masquerade-mark: \"3\" is not one bit" --dir . --masquerade-mark 3
bad "--masquerade-mark: \"0\" is not one bit" --dir . --masquerade-mark 0
bad "--masquerade-mark: \"0x100000000\" is not" --dir . --masquerade-mark 0x100000000
bad "--masquerade-mark: \"-1\" is not one bit" --dir . --masquerade-mark -1
bad "--masquerade-all: \"yes\" is neither" --dir . --masquerade-all=yes
bad "--healthz-bind-address: \"localhost:1\" is not" --dir . --healthz-bind-address localhost:1
bad "--metrics-bind-address: \"[::1]:0\" is not" --dir . --metrics-bind-address '[::1]:0'
bad "--sync-period: \"30\" is not a duration" --dir . --sync-period 30
bad "--sync-period: \"10ms\" is less than" --dir . --sync-period 10ms
bad "--min-sync-period: \"-1s\" is not a duration" --dir . --min-sync-period -1s
bad "--settle-period: \"soon\" is not a duration" --dir . --settle-period soon
bad "--exit-on-eof: there is no --watch" --dir . --exit-on-eof
bad "--hostname-override: \"\" is not a name" --dir . --hostname-override " "

"$proxy" --help >"$scratch/help" && grep -q '^Usage: k8snet-service-proxy' "$scratch/help"
report $? "--help"
"$proxy" --version | grep -Eq '^k8snet-service-proxy [0-9]+\.[0-9]+\.[0-9]+$'
report $? "--version"
"$proxy" run --help | cmp -s - "$scratch/help"
report $? "run is what is done without a command"
for option in $(sed -n 's/^	{"\([a-z-]*\)", [a-z]*_argument.*/\1/p' \
	"${top_srcdir:-.}/examples/service-proxy/options.c"); do
	grep -q -e "--$option\b" "$scratch/help"
	report $? "--help names --$option"
	grep -q "Fl -$option\b\|Fl [a-z] , -$option\b" "${top_srcdir:-.}/man/k8snet-service-proxy.1"
	report $? "the manual names --$option"
done
exit $((failures != 0))
