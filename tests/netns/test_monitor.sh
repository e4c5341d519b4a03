#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What others do to the tables is noticed, and repaired by the next plan; what the
# library does itself, and what others do elsewhere, is not taken for it.
set -u
. "$top_srcdir/tests/netns/lib.sh"
netns_need
netns_add node
node=$(netns_name node)
netns_make_directory
scratch=$netns_directory
if ! ip netns exec "$node" nft list ruleset; then
	echo "skipped: no nftables here"
	exit 77
fi

nft_() {
	ip netns exec "$node" nft "$@"
}

# ask WORD WANTED WHAT: the answer begins with the words wanted.
ask() {
	echo "$1" >&3
	read -r answer <&4 || answer="it is gone"
	case $answer in
	"$2"*) ok "$3: $answer" ;;
	*) not_ok "$3: $answer, not $2" ;;
	esac
}

mkfifo "$scratch/in" "$scratch/out"
"$top_builddir/tests/netns/monitor_check" "$(netns_path node)" 2000 <"$scratch/in" >"$scratch/out" &
exec 3>"$scratch/in" 4<"$scratch/out"
read -r answer <&4
check "the first plan looks: $answer" test "${answer#disturbed }" -gt 10000

ask look "undisturbed 0" "10,000 elements of one's own"
for _ in 1 2 3 4; do
	ask change "undisturbed" "a change of one's own"
done
ask change "undisturbed" "a change of one's own"
ask look "undisturbed 0" "after changes of one's own"

nft_ add table ip theirs
nft_ add chain ip theirs k8snet
nft_ add table inet k8snet
nft_ add chain inet k8snet services
ask look "undisturbed 0" "others' tables"
nft_ add table ip theirs2
ask change undisturbed "a change after one elsewhere" # at most: it looks once more
ask look "undisturbed 0" "and then none"

nft_ delete element ip k8snet endpoints-tcp '{ 10.96.0.1 . 80 . 1 }'
ask wait "disturbed 1" "an endpoint deleted"
ask look "undisturbed 0" "its repair"
nft_ add element ip k8snet services '{ 203.0.113.1 . tcp . 80 : 80ff:0 }'
ask wait "disturbed 0" "an element added, which does not hurt"
nft_ flush chain ip k8snet services
ask wait "disturbed 1" "a chain flushed"
# A rule in another one's place: there are as many as before.
handle=$(nft_ -a list chain ip k8snet cluster-tcp-4 | sed -n 's/.*dnat.*# handle //p')
nft_ replace rule ip k8snet cluster-tcp-4 handle "$handle" counter drop
ask wait "disturbed 1" "a rule replaced"
nft_ list chain ip k8snet cluster-tcp-4 >"$scratch/chain"
check "the rule is as it was" grep -q 'dnat.*@endpoints-tcp' "$scratch/chain"
check "the other rule is gone" sh -c '! grep -q counter "$1"' sh "$scratch/chain"
ask look "undisturbed 0" "its repair"
nft_ flush map ip k8snet endpoints-tcp
ask wait "disturbed 8000" "8,000 endpoints flushed"
nft_ delete table ip k8snet
ask wait "disturbed 20" "the table deleted"
ask look "undisturbed 0" "its repair"
nft_ list table ip k8snet | tr , '\n' | tr -d '\t {}' | sed 's,^elements=,,; /^$/d' | sort >"$scratch/before"
nft_ flush ruleset
ask wait "disturbed 20" "all flushed"
nft_ list table ip k8snet | tr , '\n' | tr -d '\t {}' | sed 's,^elements=,,; /^$/d' | sort >"$scratch/after"
check "the table is as it was" cmp "$scratch/before" "$scratch/after"

# Between a notice that has not been read and a change of one's own.
nft_ delete element ip k8snet endpoints-tcp '{ 10.96.0.2 . 80 . 1 }'
ask change "undisturbed" "a change before the notice is read"
ask look "disturbed 1" "the notice comes through"
# More than the socket holds.
seq 1 60000 | awk 'BEGIN { print "add element ip k8snet services {" }
		{ printf "%s203.0.%d.%d . tcp . 9 : 80ff:0", (NR > 1 ? "," : ""), $1 / 250, $1 % 250 + 1 }
	END { print "}" }' >"$scratch/many"
nft_ -f "$scratch/many"
# What was lost may have been about anything: all is looked at, and nothing is to be done.
ask wait "disturbed 0" "60,000 elements added"
exec 3>&-
finish
