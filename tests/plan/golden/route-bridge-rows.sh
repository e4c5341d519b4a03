sysctl -qw net.ipv4.ip_forward=1
sysctl -qw net.ipv6.conf.all.forwarding=1
ip link add name k8snet0 address 32:8d:0f:05:e3:4f type bridge nf_call_iptables 1 nf_call_ip6tables 1
ip link set dev k8snet0 addrgenmode none
ip link set dev k8snet0 mtu 1500 alias 'k8snet bridge' up
ip address add fe80::1/64 dev k8snet0 nodad
ip address add 10.1.1.1/24 dev k8snet0
ip address add fd00:1:0:1::1/64 dev k8snet0 nodad
ip route add 10.1.2.0/24 via 10.100.0.12 dev eth0 proto 75
ip -6 route add fd00:1:0:2::/64 via fd00:100::12 dev eth0 proto 75
ip route add 10.1.3.0/24 via 10.100.0.13 dev eth0 proto 75
ip -6 route add fd00:1:0:3::/64 via fd00:100::13 dev eth0 proto 75
nft -f - <<'END'
add table ip k8snet { comment "libk8snet" ; }
add set ip k8snet pod-networks { type ipv4_addr ; flags interval ; }
add set ip k8snet unmasqueraded { type ipv4_addr ; flags interval ; }
add set ip k8snet node-addresses { type ipv4_addr ; flags interval ; }
add set ip k8snet service-networks { type ipv4_addr ; flags interval ; }
add set ip k8snet pod-interfaces { type ifname ; flags interval ; }
add set ip k8snet unmasqueraded-interfaces { type ifname ; flags interval ; }
add set ip k8snet cluster-ips { type ipv4_addr ; }
add set ip k8snet hairpin { type ipv4_addr . ipv4_addr ; }
add set ip k8snet source-ranged { type ipv4_addr . inet_proto . inet_service ; }
add set ip k8snet source-ranges { type ipv4_addr . inet_proto . inet_service . ipv4_addr ; flags interval ; }
add set ip k8snet resets { type ipv4_addr . inet_service . ipv4_addr . inet_service ; flags dynamic,timeout ; size 1048576 ; }
add map ip k8snet services { typeof ip daddr . meta l4proto . th dport : meta priority ; }
add map ip k8snet node-ports { typeof meta l4proto . th dport : meta priority ; }
add map ip k8snet service-chains { type ipv4_addr . inet_proto . inet_service : verdict ; }
add map ip k8snet node-port-chains { type inet_proto . inet_service : verdict ; }
add map ip k8snet balancers { typeof meta priority . meta l4proto : verdict ; }
add map ip k8snet affinity-services { typeof ip daddr . meta l4proto . th dport : meta priority ; }
add map ip k8snet affinity-node-ports { typeof meta l4proto . th dport : meta priority ; }
add map ip k8snet affinity-slots { typeof meta priority . numgen random mod 65536 : meta priority ; }
add map ip k8snet affinity { typeof meta priority . ip saddr : meta priority ; flags dynamic,timeout ; size 1048576 ; }
add map ip k8snet affinity-endpoints-tcp { typeof meta priority : ip daddr . tcp dport ; }
add map ip k8snet endpoints-tcp { typeof ip daddr . tcp dport . numgen random mod 65536 : ip daddr . tcp dport ; }
add map ip k8snet node-port-endpoints-tcp { typeof tcp dport . numgen random mod 65536 : ip daddr . tcp dport ; }
add map ip k8snet local-endpoints-tcp { typeof ip daddr . tcp dport . numgen random mod 65536 : ip daddr . tcp dport ; }
add map ip k8snet node-port-local-endpoints-tcp { typeof tcp dport . numgen random mod 65536 : ip daddr . tcp dport ; }
add map ip k8snet affinity-endpoints-udp { typeof meta priority : ip daddr . udp dport ; }
add map ip k8snet endpoints-udp { typeof ip daddr . udp dport . numgen random mod 65536 : ip daddr . udp dport ; }
add map ip k8snet node-port-endpoints-udp { typeof udp dport . numgen random mod 65536 : ip daddr . udp dport ; }
add map ip k8snet local-endpoints-udp { typeof ip daddr . udp dport . numgen random mod 65536 : ip daddr . udp dport ; }
add map ip k8snet node-port-local-endpoints-udp { typeof udp dport . numgen random mod 65536 : ip daddr . udp dport ; }
add map ip k8snet affinity-endpoints-sctp { typeof meta priority : ip daddr . sctp dport ; }
add map ip k8snet endpoints-sctp { typeof ip daddr . sctp dport . numgen random mod 65536 : ip daddr . sctp dport ; }
add map ip k8snet node-port-endpoints-sctp { typeof sctp dport . numgen random mod 65536 : ip daddr . sctp dport ; }
add map ip k8snet local-endpoints-sctp { typeof ip daddr . sctp dport . numgen random mod 65536 : ip daddr . sctp dport ; }
add map ip k8snet node-port-local-endpoints-sctp { typeof sctp dport . numgen random mod 65536 : ip daddr . sctp dport ; }
add chain ip k8snet no-endpoints
add chain ip k8snet no-local-endpoints
add chain ip k8snet services
add chain ip k8snet prerouting { type nat hook prerouting priority -100 ; }
add chain ip k8snet output { type nat hook output priority -100 ; }
add chain ip k8snet postrouting { type nat hook postrouting priority 100 ; }
flush chain ip k8snet no-endpoints
flush chain ip k8snet no-local-endpoints
flush chain ip k8snet services
flush chain ip k8snet prerouting
flush chain ip k8snet output
flush chain ip k8snet postrouting
add rule ip k8snet no-endpoints meta l4proto tcp reject with tcp reset
add rule ip k8snet no-endpoints reject
add rule ip k8snet no-local-endpoints drop
add rule ip k8snet services ip daddr . meta l4proto . th dport @source-ranged ip daddr . meta l4proto . th dport . ip saddr != @source-ranges drop
add rule ip k8snet services ip daddr . meta l4proto . th dport vmap @service-chains
add rule ip k8snet services ip daddr @node-addresses ip daddr != 127.0.0.0/8 fib daddr type local meta priority set meta l4proto . th dport map @node-ports meta priority . meta l4proto vmap @balancers
add rule ip k8snet services ip daddr @node-addresses ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @node-port-chains
add rule ip k8snet services ip daddr @cluster-ips fib daddr type != local goto no-endpoints
add rule ip k8snet services ip daddr @service-networks fib daddr type != local drop
add rule ip k8snet prerouting meta priority set ip daddr . meta l4proto . th dport map @services meta priority . meta l4proto vmap @balancers
add rule ip k8snet prerouting jump services
add rule ip k8snet output meta priority set ip daddr . meta l4proto . th dport map @services meta priority . meta l4proto vmap @balancers
add rule ip k8snet output jump services
add rule ip k8snet postrouting meta priority & c000:0 != none ct status dnat meta priority set none
add rule ip k8snet postrouting meta mark & 0x00004000 != 0 meta mark set meta mark ^ 0x00004000 masquerade fully-random
add rule ip k8snet postrouting ct status dnat ip saddr . ip daddr @hairpin masquerade fully-random
add table ip6 k8snet { comment "libk8snet" ; }
add set ip6 k8snet pod-networks { type ipv6_addr ; flags interval ; }
add set ip6 k8snet unmasqueraded { type ipv6_addr ; flags interval ; }
add set ip6 k8snet node-addresses { type ipv6_addr ; flags interval ; }
add set ip6 k8snet service-networks { type ipv6_addr ; flags interval ; }
add set ip6 k8snet pod-interfaces { type ifname ; flags interval ; }
add set ip6 k8snet unmasqueraded-interfaces { type ifname ; flags interval ; }
add set ip6 k8snet cluster-ips { type ipv6_addr ; }
add set ip6 k8snet hairpin { type ipv6_addr . ipv6_addr ; }
add set ip6 k8snet source-ranged { type ipv6_addr . inet_proto . inet_service ; }
add set ip6 k8snet source-ranges { type ipv6_addr . inet_proto . inet_service . ipv6_addr ; flags interval ; }
add set ip6 k8snet resets { type ipv6_addr . inet_service . ipv6_addr . inet_service ; flags dynamic,timeout ; size 1048576 ; }
add map ip6 k8snet services { typeof ip6 daddr . meta l4proto . th dport : meta priority ; }
add map ip6 k8snet node-ports { typeof meta l4proto . th dport : meta priority ; }
add map ip6 k8snet service-chains { type ipv6_addr . inet_proto . inet_service : verdict ; }
add map ip6 k8snet node-port-chains { type inet_proto . inet_service : verdict ; }
add map ip6 k8snet balancers { typeof meta priority . meta l4proto : verdict ; }
add map ip6 k8snet affinity-services { typeof ip6 daddr . meta l4proto . th dport : meta priority ; }
add map ip6 k8snet affinity-node-ports { typeof meta l4proto . th dport : meta priority ; }
add map ip6 k8snet affinity-slots { typeof meta priority . numgen random mod 65536 : meta priority ; }
add map ip6 k8snet affinity { typeof meta priority . numgen random mod 65536 . numgen random mod 65536 : meta priority ; flags dynamic,timeout ; size 1048576 ; }
add map ip6 k8snet affinity-endpoints-tcp { typeof meta priority : ip6 daddr . tcp dport ; }
add map ip6 k8snet endpoints-tcp { typeof ip6 daddr . tcp dport . numgen random mod 65536 : ip6 daddr . tcp dport ; }
add map ip6 k8snet node-port-endpoints-tcp { typeof tcp dport . numgen random mod 65536 : ip6 daddr . tcp dport ; }
add map ip6 k8snet local-endpoints-tcp { typeof ip6 daddr . tcp dport . numgen random mod 65536 : ip6 daddr . tcp dport ; }
add map ip6 k8snet node-port-local-endpoints-tcp { typeof tcp dport . numgen random mod 65536 : ip6 daddr . tcp dport ; }
add map ip6 k8snet affinity-endpoints-udp { typeof meta priority : ip6 daddr . udp dport ; }
add map ip6 k8snet endpoints-udp { typeof ip6 daddr . udp dport . numgen random mod 65536 : ip6 daddr . udp dport ; }
add map ip6 k8snet node-port-endpoints-udp { typeof udp dport . numgen random mod 65536 : ip6 daddr . udp dport ; }
add map ip6 k8snet local-endpoints-udp { typeof ip6 daddr . udp dport . numgen random mod 65536 : ip6 daddr . udp dport ; }
add map ip6 k8snet node-port-local-endpoints-udp { typeof udp dport . numgen random mod 65536 : ip6 daddr . udp dport ; }
add map ip6 k8snet affinity-endpoints-sctp { typeof meta priority : ip6 daddr . sctp dport ; }
add map ip6 k8snet endpoints-sctp { typeof ip6 daddr . sctp dport . numgen random mod 65536 : ip6 daddr . sctp dport ; }
add map ip6 k8snet node-port-endpoints-sctp { typeof sctp dport . numgen random mod 65536 : ip6 daddr . sctp dport ; }
add map ip6 k8snet local-endpoints-sctp { typeof ip6 daddr . sctp dport . numgen random mod 65536 : ip6 daddr . sctp dport ; }
add map ip6 k8snet node-port-local-endpoints-sctp { typeof sctp dport . numgen random mod 65536 : ip6 daddr . sctp dport ; }
add chain ip6 k8snet no-endpoints
add chain ip6 k8snet no-local-endpoints
add chain ip6 k8snet services
add chain ip6 k8snet prerouting { type nat hook prerouting priority -100 ; }
add chain ip6 k8snet output { type nat hook output priority -100 ; }
add chain ip6 k8snet postrouting { type nat hook postrouting priority 100 ; }
flush chain ip6 k8snet no-endpoints
flush chain ip6 k8snet no-local-endpoints
flush chain ip6 k8snet services
flush chain ip6 k8snet prerouting
flush chain ip6 k8snet output
flush chain ip6 k8snet postrouting
add rule ip6 k8snet no-endpoints meta l4proto tcp reject with tcp reset
add rule ip6 k8snet no-endpoints reject
add rule ip6 k8snet no-local-endpoints drop
add rule ip6 k8snet services ip6 daddr . meta l4proto . th dport @source-ranged ip6 daddr . meta l4proto . th dport . ip6 saddr != @source-ranges drop
add rule ip6 k8snet services ip6 daddr . meta l4proto . th dport vmap @service-chains
add rule ip6 k8snet services ip6 daddr @node-addresses ip6 daddr != ::1 fib daddr type local meta priority set meta l4proto . th dport map @node-ports meta priority . meta l4proto vmap @balancers
add rule ip6 k8snet services ip6 daddr @node-addresses ip6 daddr != ::1 fib daddr type local meta l4proto . th dport vmap @node-port-chains
add rule ip6 k8snet services ip6 daddr @cluster-ips fib daddr type != local goto no-endpoints
add rule ip6 k8snet services ip6 daddr @service-networks fib daddr type != local drop
add rule ip6 k8snet prerouting meta priority set ip6 daddr . meta l4proto . th dport map @services meta priority . meta l4proto vmap @balancers
add rule ip6 k8snet prerouting jump services
add rule ip6 k8snet output meta priority set ip6 daddr . meta l4proto . th dport map @services meta priority . meta l4proto vmap @balancers
add rule ip6 k8snet output jump services
add rule ip6 k8snet postrouting meta priority & c000:0 != none ct status dnat meta priority set none
add rule ip6 k8snet postrouting meta mark & 0x00004000 != 0 meta mark set meta mark ^ 0x00004000 masquerade fully-random
add rule ip6 k8snet postrouting ct status dnat ip6 saddr . ip6 daddr @hairpin masquerade fully-random
END
nft -f - <<'END'
add chain ip k8snet cluster-tcp-3
flush chain ip k8snet cluster-tcp-3
add rule ip k8snet cluster-tcp-3 ip saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip k8snet cluster-tcp-3 dnat ip to ip daddr . tcp dport . numgen random mod 3 map @endpoints-tcp
add chain ip k8snet external-tcp-3
flush chain ip k8snet external-tcp-3
add rule ip k8snet external-tcp-3 meta mark set meta mark | 0x00004000
add rule ip k8snet external-tcp-3 dnat ip to ip daddr . tcp dport . numgen random mod 3 map @endpoints-tcp
add chain ip k8snet node-port-tcp-3
flush chain ip k8snet node-port-tcp-3
add rule ip k8snet node-port-tcp-3 meta mark set meta mark | 0x00004000
add rule ip k8snet node-port-tcp-3 dnat ip to tcp dport . numgen random mod 3 map @node-port-endpoints-tcp
add chain ip k8snet cluster-udp-3
flush chain ip k8snet cluster-udp-3
add rule ip k8snet cluster-udp-3 ip saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip k8snet cluster-udp-3 dnat ip to ip daddr . udp dport . numgen random mod 3 map @endpoints-udp
add chain ip k8snet external-udp-3
flush chain ip k8snet external-udp-3
add rule ip k8snet external-udp-3 meta mark set meta mark | 0x00004000
add rule ip k8snet external-udp-3 dnat ip to ip daddr . udp dport . numgen random mod 3 map @endpoints-udp
add chain ip k8snet node-port-udp-3
flush chain ip k8snet node-port-udp-3
add rule ip k8snet node-port-udp-3 meta mark set meta mark | 0x00004000
add rule ip k8snet node-port-udp-3 dnat ip to udp dport . numgen random mod 3 map @node-port-endpoints-udp
add chain ip k8snet cluster-sctp-3
flush chain ip k8snet cluster-sctp-3
add rule ip k8snet cluster-sctp-3 ip saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip k8snet cluster-sctp-3 dnat ip to ip daddr . sctp dport . numgen random mod 3 map @endpoints-sctp
add chain ip k8snet external-sctp-3
flush chain ip k8snet external-sctp-3
add rule ip k8snet external-sctp-3 meta mark set meta mark | 0x00004000
add rule ip k8snet external-sctp-3 dnat ip to ip daddr . sctp dport . numgen random mod 3 map @endpoints-sctp
add chain ip k8snet node-port-sctp-3
flush chain ip k8snet node-port-sctp-3
add rule ip k8snet node-port-sctp-3 meta mark set meta mark | 0x00004000
add rule ip k8snet node-port-sctp-3 dnat ip to sctp dport . numgen random mod 3 map @node-port-endpoints-sctp
add chain ip6 k8snet cluster-tcp-3
flush chain ip6 k8snet cluster-tcp-3
add rule ip6 k8snet cluster-tcp-3 ip6 saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip6 k8snet cluster-tcp-3 dnat ip6 to ip6 daddr . tcp dport . numgen random mod 3 map @endpoints-tcp
add chain ip6 k8snet external-tcp-3
flush chain ip6 k8snet external-tcp-3
add rule ip6 k8snet external-tcp-3 meta mark set meta mark | 0x00004000
add rule ip6 k8snet external-tcp-3 dnat ip6 to ip6 daddr . tcp dport . numgen random mod 3 map @endpoints-tcp
add chain ip6 k8snet node-port-tcp-3
flush chain ip6 k8snet node-port-tcp-3
add rule ip6 k8snet node-port-tcp-3 meta mark set meta mark | 0x00004000
add rule ip6 k8snet node-port-tcp-3 dnat ip6 to tcp dport . numgen random mod 3 map @node-port-endpoints-tcp
add chain ip6 k8snet cluster-udp-3
flush chain ip6 k8snet cluster-udp-3
add rule ip6 k8snet cluster-udp-3 ip6 saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip6 k8snet cluster-udp-3 dnat ip6 to ip6 daddr . udp dport . numgen random mod 3 map @endpoints-udp
add chain ip6 k8snet external-udp-3
flush chain ip6 k8snet external-udp-3
add rule ip6 k8snet external-udp-3 meta mark set meta mark | 0x00004000
add rule ip6 k8snet external-udp-3 dnat ip6 to ip6 daddr . udp dport . numgen random mod 3 map @endpoints-udp
add chain ip6 k8snet node-port-udp-3
flush chain ip6 k8snet node-port-udp-3
add rule ip6 k8snet node-port-udp-3 meta mark set meta mark | 0x00004000
add rule ip6 k8snet node-port-udp-3 dnat ip6 to udp dport . numgen random mod 3 map @node-port-endpoints-udp
add chain ip6 k8snet cluster-sctp-3
flush chain ip6 k8snet cluster-sctp-3
add rule ip6 k8snet cluster-sctp-3 ip6 saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip6 k8snet cluster-sctp-3 dnat ip6 to ip6 daddr . sctp dport . numgen random mod 3 map @endpoints-sctp
add chain ip6 k8snet external-sctp-3
flush chain ip6 k8snet external-sctp-3
add rule ip6 k8snet external-sctp-3 meta mark set meta mark | 0x00004000
add rule ip6 k8snet external-sctp-3 dnat ip6 to ip6 daddr . sctp dport . numgen random mod 3 map @endpoints-sctp
add chain ip6 k8snet node-port-sctp-3
flush chain ip6 k8snet node-port-sctp-3
add rule ip6 k8snet node-port-sctp-3 meta mark set meta mark | 0x00004000
add rule ip6 k8snet node-port-sctp-3 dnat ip6 to sctp dport . numgen random mod 3 map @node-port-endpoints-sctp
add chain ip k8snet cluster-tcp-1
flush chain ip k8snet cluster-tcp-1
add rule ip k8snet cluster-tcp-1 ip saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip k8snet cluster-tcp-1 dnat ip to ip daddr . tcp dport . numgen random mod 1 map @endpoints-tcp
add chain ip k8snet external-tcp-1
flush chain ip k8snet external-tcp-1
add rule ip k8snet external-tcp-1 meta mark set meta mark | 0x00004000
add rule ip k8snet external-tcp-1 dnat ip to ip daddr . tcp dport . numgen random mod 1 map @endpoints-tcp
add chain ip6 k8snet cluster-tcp-1
flush chain ip6 k8snet cluster-tcp-1
add rule ip6 k8snet cluster-tcp-1 ip6 saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip6 k8snet cluster-tcp-1 dnat ip6 to ip6 daddr . tcp dport . numgen random mod 1 map @endpoints-tcp
add chain ip6 k8snet external-tcp-1
flush chain ip6 k8snet external-tcp-1
add rule ip6 k8snet external-tcp-1 meta mark set meta mark | 0x00004000
add rule ip6 k8snet external-tcp-1 dnat ip6 to ip6 daddr . tcp dport . numgen random mod 1 map @endpoints-tcp
add chain ip k8snet cluster-tcp-2
flush chain ip k8snet cluster-tcp-2
add rule ip k8snet cluster-tcp-2 ip saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip k8snet cluster-tcp-2 dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints-tcp
add chain ip6 k8snet cluster-tcp-2
flush chain ip6 k8snet cluster-tcp-2
add rule ip6 k8snet cluster-tcp-2 ip6 saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip6 k8snet cluster-tcp-2 dnat ip6 to ip6 daddr . tcp dport . numgen random mod 2 map @endpoints-tcp
add chain ip k8snet external-local-tcp-1-1
flush chain ip k8snet external-local-tcp-1-1
add rule ip k8snet external-local-tcp-1-1 ip saddr @pod-networks dnat ip to ip daddr . tcp dport . numgen random mod 1 map @endpoints-tcp
add rule ip k8snet external-local-tcp-1-1 iifname @pod-interfaces dnat ip to ip daddr . tcp dport . numgen random mod 1 map @endpoints-tcp
add rule ip k8snet external-local-tcp-1-1 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip to ip daddr . tcp dport . numgen random mod 1 map @endpoints-tcp
add rule ip k8snet external-local-tcp-1-1 dnat ip to ip daddr . tcp dport . numgen random mod 1 map @local-endpoints-tcp
add chain ip k8snet node-port-local-tcp-1-1
flush chain ip k8snet node-port-local-tcp-1-1
add rule ip k8snet node-port-local-tcp-1-1 ip saddr @pod-networks dnat ip to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-1-1 iifname @pod-interfaces dnat ip to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-1-1 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-1-1 dnat ip to tcp dport . numgen random mod 1 map @node-port-local-endpoints-tcp
add chain ip6 k8snet external-local-tcp-1-1
flush chain ip6 k8snet external-local-tcp-1-1
add rule ip6 k8snet external-local-tcp-1-1 ip6 saddr @pod-networks dnat ip6 to ip6 daddr . tcp dport . numgen random mod 1 map @endpoints-tcp
add rule ip6 k8snet external-local-tcp-1-1 iifname @pod-interfaces dnat ip6 to ip6 daddr . tcp dport . numgen random mod 1 map @endpoints-tcp
add rule ip6 k8snet external-local-tcp-1-1 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip6 to ip6 daddr . tcp dport . numgen random mod 1 map @endpoints-tcp
add rule ip6 k8snet external-local-tcp-1-1 dnat ip6 to ip6 daddr . tcp dport . numgen random mod 1 map @local-endpoints-tcp
add chain ip6 k8snet node-port-local-tcp-1-1
flush chain ip6 k8snet node-port-local-tcp-1-1
add rule ip6 k8snet node-port-local-tcp-1-1 ip6 saddr @pod-networks dnat ip6 to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-1-1 iifname @pod-interfaces dnat ip6 to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-1-1 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip6 to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-1-1 dnat ip6 to tcp dport . numgen random mod 1 map @node-port-local-endpoints-tcp
add chain ip k8snet node-port-tcp-1
flush chain ip k8snet node-port-tcp-1
add rule ip k8snet node-port-tcp-1 meta mark set meta mark | 0x00004000
add rule ip k8snet node-port-tcp-1 dnat ip to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add chain ip6 k8snet node-port-tcp-1
flush chain ip6 k8snet node-port-tcp-1
add rule ip6 k8snet node-port-tcp-1 meta mark set meta mark | 0x00004000
add rule ip6 k8snet node-port-tcp-1 dnat ip6 to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
END
nft -f - <<'END'
add element ip k8snet endpoints-tcp { 10.96.0.40 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.40 . 80 . 1 : 10.1.2.3 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.40 . 80 . 2 : 10.1.3.3 . 8080 }
add element ip k8snet balancers { 8001:3 . tcp : goto cluster-tcp-3 }
add element ip k8snet services { 10.96.0.40 . tcp . 80 : 8001:3 }
add element ip k8snet endpoints-tcp { 198.51.100.40 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 198.51.100.40 . 80 . 1 : 10.1.2.3 . 8080 }
add element ip k8snet endpoints-tcp { 198.51.100.40 . 80 . 2 : 10.1.3.3 . 8080 }
add element ip k8snet balancers { 8002:3 . tcp : goto external-tcp-3 }
add element ip k8snet services { 198.51.100.40 . tcp . 80 : 8002:3 }
add element ip k8snet endpoints-tcp { 203.0.113.40 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 203.0.113.40 . 80 . 1 : 10.1.2.3 . 8080 }
add element ip k8snet endpoints-tcp { 203.0.113.40 . 80 . 2 : 10.1.3.3 . 8080 }
add element ip k8snet services { 203.0.113.40 . tcp . 80 : 8002:3 }
add element ip k8snet node-port-endpoints-tcp { 30140 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet node-port-endpoints-tcp { 30140 . 1 : 10.1.2.3 . 8080 }
add element ip k8snet node-port-endpoints-tcp { 30140 . 2 : 10.1.3.3 . 8080 }
add element ip k8snet balancers { 8003:3 . tcp : goto node-port-tcp-3 }
add element ip k8snet node-ports { tcp . 30140 : 8003:3 }
add element ip k8snet endpoints-udp { 10.96.0.40 . 80 . 0 : 10.1.1.3 . 8053 }
add element ip k8snet endpoints-udp { 10.96.0.40 . 80 . 1 : 10.1.2.3 . 8053 }
add element ip k8snet endpoints-udp { 10.96.0.40 . 80 . 2 : 10.1.3.3 . 8053 }
add element ip k8snet balancers { 8001:3 . udp : goto cluster-udp-3 }
add element ip k8snet services { 10.96.0.40 . udp . 80 : 8001:3 }
add element ip k8snet endpoints-udp { 198.51.100.40 . 80 . 0 : 10.1.1.3 . 8053 }
add element ip k8snet endpoints-udp { 198.51.100.40 . 80 . 1 : 10.1.2.3 . 8053 }
add element ip k8snet endpoints-udp { 198.51.100.40 . 80 . 2 : 10.1.3.3 . 8053 }
add element ip k8snet balancers { 8002:3 . udp : goto external-udp-3 }
add element ip k8snet services { 198.51.100.40 . udp . 80 : 8002:3 }
add element ip k8snet endpoints-udp { 203.0.113.40 . 80 . 0 : 10.1.1.3 . 8053 }
add element ip k8snet endpoints-udp { 203.0.113.40 . 80 . 1 : 10.1.2.3 . 8053 }
add element ip k8snet endpoints-udp { 203.0.113.40 . 80 . 2 : 10.1.3.3 . 8053 }
add element ip k8snet services { 203.0.113.40 . udp . 80 : 8002:3 }
add element ip k8snet node-port-endpoints-udp { 30140 . 0 : 10.1.1.3 . 8053 }
add element ip k8snet node-port-endpoints-udp { 30140 . 1 : 10.1.2.3 . 8053 }
add element ip k8snet node-port-endpoints-udp { 30140 . 2 : 10.1.3.3 . 8053 }
add element ip k8snet balancers { 8003:3 . udp : goto node-port-udp-3 }
add element ip k8snet node-ports { udp . 30140 : 8003:3 }
add element ip k8snet endpoints-sctp { 10.96.0.40 . 80 . 0 : 10.1.1.3 . 8090 }
add element ip k8snet endpoints-sctp { 10.96.0.40 . 80 . 1 : 10.1.2.3 . 8090 }
add element ip k8snet endpoints-sctp { 10.96.0.40 . 80 . 2 : 10.1.3.3 . 8090 }
add element ip k8snet balancers { 8001:3 . sctp : goto cluster-sctp-3 }
add element ip k8snet services { 10.96.0.40 . sctp . 80 : 8001:3 }
add element ip k8snet endpoints-sctp { 198.51.100.40 . 80 . 0 : 10.1.1.3 . 8090 }
add element ip k8snet endpoints-sctp { 198.51.100.40 . 80 . 1 : 10.1.2.3 . 8090 }
add element ip k8snet endpoints-sctp { 198.51.100.40 . 80 . 2 : 10.1.3.3 . 8090 }
add element ip k8snet balancers { 8002:3 . sctp : goto external-sctp-3 }
add element ip k8snet services { 198.51.100.40 . sctp . 80 : 8002:3 }
add element ip k8snet endpoints-sctp { 203.0.113.40 . 80 . 0 : 10.1.1.3 . 8090 }
add element ip k8snet endpoints-sctp { 203.0.113.40 . 80 . 1 : 10.1.2.3 . 8090 }
add element ip k8snet endpoints-sctp { 203.0.113.40 . 80 . 2 : 10.1.3.3 . 8090 }
add element ip k8snet services { 203.0.113.40 . sctp . 80 : 8002:3 }
add element ip k8snet node-port-endpoints-sctp { 30140 . 0 : 10.1.1.3 . 8090 }
add element ip k8snet node-port-endpoints-sctp { 30140 . 1 : 10.1.2.3 . 8090 }
add element ip k8snet node-port-endpoints-sctp { 30140 . 2 : 10.1.3.3 . 8090 }
add element ip k8snet balancers { 8003:3 . sctp : goto node-port-sctp-3 }
add element ip k8snet node-ports { sctp . 30140 : 8003:3 }
add element ip6 k8snet endpoints-tcp { fd00:96::40 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::40 . 80 . 1 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::40 . 80 . 2 : fd00:1:0:3::3 . 8080 }
add element ip6 k8snet balancers { 8001:3 . tcp : goto cluster-tcp-3 }
add element ip6 k8snet services { fd00:96::40 . tcp . 80 : 8001:3 }
add element ip6 k8snet endpoints-tcp { 2001:db8:51::40 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8:51::40 . 80 . 1 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8:51::40 . 80 . 2 : fd00:1:0:3::3 . 8080 }
add element ip6 k8snet balancers { 8002:3 . tcp : goto external-tcp-3 }
add element ip6 k8snet services { 2001:db8:51::40 . tcp . 80 : 8002:3 }
add element ip6 k8snet endpoints-tcp { 2001:db8:113::40 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8:113::40 . 80 . 1 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8:113::40 . 80 . 2 : fd00:1:0:3::3 . 8080 }
add element ip6 k8snet services { 2001:db8:113::40 . tcp . 80 : 8002:3 }
add element ip6 k8snet node-port-endpoints-tcp { 30140 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet node-port-endpoints-tcp { 30140 . 1 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet node-port-endpoints-tcp { 30140 . 2 : fd00:1:0:3::3 . 8080 }
add element ip6 k8snet balancers { 8003:3 . tcp : goto node-port-tcp-3 }
add element ip6 k8snet node-ports { tcp . 30140 : 8003:3 }
add element ip6 k8snet endpoints-udp { fd00:96::40 . 80 . 0 : fd00:1:0:1::3 . 8053 }
add element ip6 k8snet endpoints-udp { fd00:96::40 . 80 . 1 : fd00:1:0:2::3 . 8053 }
add element ip6 k8snet endpoints-udp { fd00:96::40 . 80 . 2 : fd00:1:0:3::3 . 8053 }
add element ip6 k8snet balancers { 8001:3 . udp : goto cluster-udp-3 }
add element ip6 k8snet services { fd00:96::40 . udp . 80 : 8001:3 }
add element ip6 k8snet endpoints-udp { 2001:db8:51::40 . 80 . 0 : fd00:1:0:1::3 . 8053 }
add element ip6 k8snet endpoints-udp { 2001:db8:51::40 . 80 . 1 : fd00:1:0:2::3 . 8053 }
add element ip6 k8snet endpoints-udp { 2001:db8:51::40 . 80 . 2 : fd00:1:0:3::3 . 8053 }
add element ip6 k8snet balancers { 8002:3 . udp : goto external-udp-3 }
add element ip6 k8snet services { 2001:db8:51::40 . udp . 80 : 8002:3 }
add element ip6 k8snet endpoints-udp { 2001:db8:113::40 . 80 . 0 : fd00:1:0:1::3 . 8053 }
add element ip6 k8snet endpoints-udp { 2001:db8:113::40 . 80 . 1 : fd00:1:0:2::3 . 8053 }
add element ip6 k8snet endpoints-udp { 2001:db8:113::40 . 80 . 2 : fd00:1:0:3::3 . 8053 }
add element ip6 k8snet services { 2001:db8:113::40 . udp . 80 : 8002:3 }
add element ip6 k8snet node-port-endpoints-udp { 30140 . 0 : fd00:1:0:1::3 . 8053 }
add element ip6 k8snet node-port-endpoints-udp { 30140 . 1 : fd00:1:0:2::3 . 8053 }
add element ip6 k8snet node-port-endpoints-udp { 30140 . 2 : fd00:1:0:3::3 . 8053 }
add element ip6 k8snet balancers { 8003:3 . udp : goto node-port-udp-3 }
add element ip6 k8snet node-ports { udp . 30140 : 8003:3 }
add element ip6 k8snet endpoints-sctp { fd00:96::40 . 80 . 0 : fd00:1:0:1::3 . 8090 }
add element ip6 k8snet endpoints-sctp { fd00:96::40 . 80 . 1 : fd00:1:0:2::3 . 8090 }
add element ip6 k8snet endpoints-sctp { fd00:96::40 . 80 . 2 : fd00:1:0:3::3 . 8090 }
add element ip6 k8snet balancers { 8001:3 . sctp : goto cluster-sctp-3 }
add element ip6 k8snet services { fd00:96::40 . sctp . 80 : 8001:3 }
add element ip6 k8snet endpoints-sctp { 2001:db8:51::40 . 80 . 0 : fd00:1:0:1::3 . 8090 }
add element ip6 k8snet endpoints-sctp { 2001:db8:51::40 . 80 . 1 : fd00:1:0:2::3 . 8090 }
add element ip6 k8snet endpoints-sctp { 2001:db8:51::40 . 80 . 2 : fd00:1:0:3::3 . 8090 }
add element ip6 k8snet balancers { 8002:3 . sctp : goto external-sctp-3 }
add element ip6 k8snet services { 2001:db8:51::40 . sctp . 80 : 8002:3 }
add element ip6 k8snet endpoints-sctp { 2001:db8:113::40 . 80 . 0 : fd00:1:0:1::3 . 8090 }
add element ip6 k8snet endpoints-sctp { 2001:db8:113::40 . 80 . 1 : fd00:1:0:2::3 . 8090 }
add element ip6 k8snet endpoints-sctp { 2001:db8:113::40 . 80 . 2 : fd00:1:0:3::3 . 8090 }
add element ip6 k8snet services { 2001:db8:113::40 . sctp . 80 : 8002:3 }
add element ip6 k8snet node-port-endpoints-sctp { 30140 . 0 : fd00:1:0:1::3 . 8090 }
add element ip6 k8snet node-port-endpoints-sctp { 30140 . 1 : fd00:1:0:2::3 . 8090 }
add element ip6 k8snet node-port-endpoints-sctp { 30140 . 2 : fd00:1:0:3::3 . 8090 }
add element ip6 k8snet balancers { 8003:3 . sctp : goto node-port-sctp-3 }
add element ip6 k8snet node-ports { sctp . 30140 : 8003:3 }
add element ip k8snet endpoints-tcp { 10.96.0.41 . 8080 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.41 . 8080 . 1 : 10.1.2.3 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.41 . 8080 . 2 : 10.1.3.3 . 8080 }
add element ip k8snet services { 10.96.0.41 . tcp . 8080 : 8001:3 }
add element ip k8snet endpoints-tcp { 203.0.113.41 . 8080 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 203.0.113.41 . 8080 . 1 : 10.1.2.3 . 8080 }
add element ip k8snet endpoints-tcp { 203.0.113.41 . 8080 . 2 : 10.1.3.3 . 8080 }
add element ip k8snet services { 203.0.113.41 . tcp . 8080 : 8002:3 }
add element ip k8snet endpoints-tcp { 203.0.113.42 . 8080 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 203.0.113.42 . 8080 . 1 : 10.1.2.3 . 8080 }
add element ip k8snet endpoints-tcp { 203.0.113.42 . 8080 . 2 : 10.1.3.3 . 8080 }
add element ip k8snet services { 203.0.113.42 . tcp . 8080 : 8002:3 }
add element ip6 k8snet endpoints-tcp { fd00:96::41 . 8080 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::41 . 8080 . 1 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::41 . 8080 . 2 : fd00:1:0:3::3 . 8080 }
add element ip6 k8snet services { fd00:96::41 . tcp . 8080 : 8001:3 }
add element ip6 k8snet endpoints-tcp { 2001:db8:113::41 . 8080 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8:113::41 . 8080 . 1 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8:113::41 . 8080 . 2 : fd00:1:0:3::3 . 8080 }
add element ip6 k8snet services { 2001:db8:113::41 . tcp . 8080 : 8002:3 }
add element ip6 k8snet endpoints-tcp { 2001:db8:113::42 . 8080 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8:113::42 . 8080 . 1 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8:113::42 . 8080 . 2 : fd00:1:0:3::3 . 8080 }
add element ip6 k8snet services { 2001:db8:113::42 . tcp . 8080 : 8002:3 }
add element ip k8snet endpoints-tcp { 10.96.0.42 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet balancers { 8001:1 . tcp : goto cluster-tcp-1 }
add element ip k8snet services { 10.96.0.42 . tcp . 80 : 8001:1 }
add element ip k8snet endpoints-tcp { 198.51.100.42 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet balancers { 8002:1 . tcp : goto external-tcp-1 }
add element ip k8snet services { 198.51.100.42 . tcp . 80 : 8002:1 }
add element ip6 k8snet endpoints-tcp { fd00:96::42 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet balancers { 8001:1 . tcp : goto cluster-tcp-1 }
add element ip6 k8snet services { fd00:96::42 . tcp . 80 : 8001:1 }
add element ip6 k8snet endpoints-tcp { 2001:db8:51::42 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet balancers { 8002:1 . tcp : goto external-tcp-1 }
add element ip6 k8snet services { 2001:db8:51::42 . tcp . 80 : 8002:1 }
add element ip k8snet endpoints-tcp { 10.96.0.43 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.43 . 80 . 1 : 10.1.2.3 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.43 . 80 . 2 : 10.1.3.3 . 8080 }
add element ip k8snet services { 10.96.0.43 . tcp . 80 : 8001:3 }
add element ip6 k8snet endpoints-tcp { fd00:96::43 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::43 . 80 . 1 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::43 . 80 . 2 : fd00:1:0:3::3 . 8080 }
add element ip6 k8snet services { fd00:96::43 . tcp . 80 : 8001:3 }
add element ip k8snet endpoints-tcp { 10.96.0.44 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet services { 10.96.0.44 . tcp . 80 : 8001:1 }
add element ip k8snet endpoints-tcp { 10.96.0.44 . 81 . 0 : 10.1.2.3 . 8080 }
add element ip k8snet services { 10.96.0.44 . tcp . 81 : 8001:1 }
add element ip k8snet balancers { 80ff:0 . tcp : goto no-endpoints }
add element ip k8snet services { 10.96.0.44 . tcp . 53 : 80ff:0 }
add element ip6 k8snet endpoints-tcp { fd00:96::44 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet services { fd00:96::44 . tcp . 80 : 8001:1 }
add element ip6 k8snet endpoints-tcp { fd00:96::44 . 81 . 0 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet services { fd00:96::44 . tcp . 81 : 8001:1 }
add element ip6 k8snet balancers { 80ff:0 . tcp : goto no-endpoints }
add element ip6 k8snet services { fd00:96::44 . tcp . 53 : 80ff:0 }
add element ip k8snet endpoints-tcp { 10.96.0.45 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.45 . 80 . 1 : 10.1.2.3 . 8080 }
add element ip k8snet balancers { 8001:2 . tcp : goto cluster-tcp-2 }
add element ip k8snet services { 10.96.0.45 . tcp . 80 : 8001:2 }
add element ip6 k8snet endpoints-tcp { fd00:96::45 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::45 . 80 . 1 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet balancers { 8001:2 . tcp : goto cluster-tcp-2 }
add element ip6 k8snet services { fd00:96::45 . tcp . 80 : 8001:2 }
add element ip k8snet endpoints-tcp { 10.96.0.46 . 80 . 0 : 10.1.2.3 . 8080 }
add element ip k8snet services { 10.96.0.46 . tcp . 80 : 8001:1 }
add element ip k8snet endpoints-tcp { 198.51.100.46 . 80 . 0 : 10.1.2.3 . 8080 }
add element ip k8snet local-endpoints-tcp { 198.51.100.46 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet service-chains { 198.51.100.46 . tcp . 80 : goto external-local-tcp-1-1 }
add element ip k8snet endpoints-tcp { 203.0.113.46 . 80 . 0 : 10.1.2.3 . 8080 }
add element ip k8snet local-endpoints-tcp { 203.0.113.46 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet service-chains { 203.0.113.46 . tcp . 80 : goto external-local-tcp-1-1 }
add element ip k8snet node-port-endpoints-tcp { 30146 . 0 : 10.1.2.3 . 8080 }
add element ip k8snet node-port-local-endpoints-tcp { 30146 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet node-port-chains { tcp . 30146 : goto node-port-local-tcp-1-1 }
add element ip6 k8snet endpoints-tcp { fd00:96::46 . 80 . 0 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet services { fd00:96::46 . tcp . 80 : 8001:1 }
add element ip6 k8snet endpoints-tcp { 2001:db8:51::46 . 80 . 0 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet local-endpoints-tcp { 2001:db8:51::46 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet service-chains { 2001:db8:51::46 . tcp . 80 : goto external-local-tcp-1-1 }
add element ip6 k8snet endpoints-tcp { 2001:db8:113::46 . 80 . 0 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet local-endpoints-tcp { 2001:db8:113::46 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet service-chains { 2001:db8:113::46 . tcp . 80 : goto external-local-tcp-1-1 }
add element ip6 k8snet node-port-endpoints-tcp { 30146 . 0 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet node-port-local-endpoints-tcp { 30146 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet node-port-chains { tcp . 30146 : goto node-port-local-tcp-1-1 }
add element ip k8snet endpoints-tcp { 10.96.0.47 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet services { 10.96.0.47 . tcp . 80 : 8001:1 }
add element ip k8snet node-port-endpoints-tcp { 30147 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet node-port-local-endpoints-tcp { 30147 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet node-port-chains { tcp . 30147 : goto node-port-local-tcp-1-1 }
add element ip6 k8snet endpoints-tcp { fd00:96::47 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet services { fd00:96::47 . tcp . 80 : 8001:1 }
add element ip6 k8snet node-port-endpoints-tcp { 30147 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet node-port-local-endpoints-tcp { 30147 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet node-port-chains { tcp . 30147 : goto node-port-local-tcp-1-1 }
add element ip k8snet endpoints-tcp { 10.96.0.48 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet services { 10.96.0.48 . tcp . 80 : 8001:1 }
add element ip6 k8snet endpoints-tcp { fd00:96::48 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet services { fd00:96::48 . tcp . 80 : 8001:1 }
add element ip k8snet endpoints-tcp { 10.96.0.49 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet services { 10.96.0.49 . tcp . 80 : 8001:1 }
add element ip6 k8snet endpoints-tcp { fd00:96::49 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet services { fd00:96::49 . tcp . 80 : 8001:1 }
add element ip k8snet endpoints-tcp { 10.96.0.50 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet services { 10.96.0.50 . tcp . 80 : 8001:1 }
add element ip6 k8snet endpoints-tcp { fd00:96::50 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet services { fd00:96::50 . tcp . 80 : 8001:1 }
add element ip k8snet endpoints-tcp { 10.96.0.51 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.51 . 80 . 1 : 10.1.2.3 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.51 . 80 . 2 : 10.1.3.3 . 8080 }
add element ip k8snet services { 10.96.0.51 . tcp . 80 : 8001:3 }
add element ip6 k8snet endpoints-tcp { fd00:96::51 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::51 . 80 . 1 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::51 . 80 . 2 : fd00:1:0:3::3 . 8080 }
add element ip6 k8snet services { fd00:96::51 . tcp . 80 : 8001:3 }
add element ip k8snet endpoints-tcp { 10.96.0.52 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.52 . 80 . 1 : 10.1.2.3 . 8080 }
add element ip k8snet services { 10.96.0.52 . tcp . 80 : 8001:2 }
add element ip6 k8snet endpoints-tcp { fd00:96::52 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::52 . 80 . 1 : fd00:1:0:2::3 . 8080 }
add element ip6 k8snet services { fd00:96::52 . tcp . 80 : 8001:2 }
add element ip k8snet endpoints-tcp { 10.96.0.56 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet services { 10.96.0.56 . tcp . 80 : 8001:1 }
add element ip6 k8snet endpoints-tcp { fd00:96::56 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet services { fd00:96::56 . tcp . 80 : 8001:1 }
add element ip k8snet endpoints-tcp { 10.96.0.57 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet services { 10.96.0.57 . tcp . 80 : 8001:1 }
add element ip k8snet endpoints-tcp { 198.51.100.57 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet services { 198.51.100.57 . tcp . 80 : 8002:1 }
add element ip k8snet endpoints-tcp { 203.0.113.57 . 80 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet service-chains { 203.0.113.57 . tcp . 80 : goto external-tcp-1 }
add element ip k8snet node-port-endpoints-tcp { 30157 . 0 : 10.1.1.3 . 8080 }
add element ip k8snet balancers { 8003:1 . tcp : goto node-port-tcp-1 }
add element ip k8snet node-ports { tcp . 30157 : 8003:1 }
add element ip k8snet balancers { 80ff:0 . udp : goto no-endpoints }
add element ip k8snet services { 10.96.0.57 . udp . 80 : 80ff:0 }
add element ip k8snet services { 198.51.100.57 . udp . 80 : 80ff:0 }
add element ip k8snet service-chains { 203.0.113.57 . udp . 80 : goto no-endpoints }
add element ip6 k8snet endpoints-tcp { fd00:96::57 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet services { fd00:96::57 . tcp . 80 : 8001:1 }
add element ip6 k8snet endpoints-tcp { 2001:db8:51::57 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet services { 2001:db8:51::57 . tcp . 80 : 8002:1 }
add element ip6 k8snet endpoints-tcp { 2001:db8:113::57 . 80 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet service-chains { 2001:db8:113::57 . tcp . 80 : goto external-tcp-1 }
add element ip6 k8snet node-port-endpoints-tcp { 30157 . 0 : fd00:1:0:1::3 . 8080 }
add element ip6 k8snet balancers { 8003:1 . tcp : goto node-port-tcp-1 }
add element ip6 k8snet node-ports { tcp . 30157 : 8003:1 }
add element ip6 k8snet balancers { 80ff:0 . udp : goto no-endpoints }
add element ip6 k8snet services { fd00:96::57 . udp . 80 : 80ff:0 }
add element ip6 k8snet services { 2001:db8:51::57 . udp . 80 : 80ff:0 }
add element ip6 k8snet service-chains { 2001:db8:113::57 . udp . 80 : goto no-endpoints }
add element ip k8snet node-addresses { 10.100.0.11/32 }
add element ip6 k8snet node-addresses { fd00:100::11/128 }
add element ip k8snet service-networks { 10.96.0.0/16 }
add element ip6 k8snet service-networks { fd00:96::/112 }
add element ip k8snet pod-networks { 10.1.1.0/24 }
add element ip k8snet pod-networks { 10.1.2.0/24 }
add element ip k8snet pod-networks { 10.1.3.0/24 }
add element ip k8snet unmasqueraded { 10.1.1.0/24 }
add element ip k8snet unmasqueraded { 10.1.2.0/24 }
add element ip k8snet unmasqueraded { 10.1.3.0/24 }
add element ip6 k8snet pod-networks { fd00:1:0:1::/64 }
add element ip6 k8snet pod-networks { fd00:1:0:2::/64 }
add element ip6 k8snet pod-networks { fd00:1:0:3::/64 }
add element ip6 k8snet unmasqueraded { fd00:1:0:1::/64 }
add element ip6 k8snet unmasqueraded { fd00:1:0:2::/64 }
add element ip6 k8snet unmasqueraded { fd00:1:0:3::/64 }
add element ip k8snet hairpin { 10.1.1.3 . 10.1.1.3 }
add element ip6 k8snet hairpin { fd00:1:0:1::3 . fd00:1:0:1::3 }
add element ip k8snet cluster-ips { 10.96.0.40 }
add element ip6 k8snet cluster-ips { fd00:96::40 }
add element ip k8snet cluster-ips { 10.96.0.41 }
add element ip6 k8snet cluster-ips { fd00:96::41 }
add element ip k8snet cluster-ips { 10.96.0.42 }
add element ip6 k8snet cluster-ips { fd00:96::42 }
add element ip k8snet cluster-ips { 10.96.0.43 }
add element ip6 k8snet cluster-ips { fd00:96::43 }
add element ip k8snet cluster-ips { 10.96.0.44 }
add element ip6 k8snet cluster-ips { fd00:96::44 }
add element ip k8snet cluster-ips { 10.96.0.45 }
add element ip6 k8snet cluster-ips { fd00:96::45 }
add element ip k8snet cluster-ips { 10.96.0.46 }
add element ip6 k8snet cluster-ips { fd00:96::46 }
add element ip k8snet cluster-ips { 10.96.0.47 }
add element ip6 k8snet cluster-ips { fd00:96::47 }
add element ip k8snet cluster-ips { 10.96.0.48 }
add element ip6 k8snet cluster-ips { fd00:96::48 }
add element ip k8snet cluster-ips { 10.96.0.49 }
add element ip6 k8snet cluster-ips { fd00:96::49 }
add element ip k8snet cluster-ips { 10.96.0.50 }
add element ip6 k8snet cluster-ips { fd00:96::50 }
add element ip k8snet cluster-ips { 10.96.0.51 }
add element ip6 k8snet cluster-ips { fd00:96::51 }
add element ip k8snet cluster-ips { 10.96.0.52 }
add element ip6 k8snet cluster-ips { fd00:96::52 }
add element ip k8snet cluster-ips { 10.96.0.56 }
add element ip6 k8snet cluster-ips { fd00:96::56 }
add element ip k8snet source-ranged { 203.0.113.57 . tcp . 80 }
add element ip k8snet source-ranges { 203.0.113.57 . tcp . 80 . 10.100.0.0/28 }
add element ip k8snet source-ranges { 203.0.113.57 . tcp . 80 . 192.0.2.0/24 }
add element ip k8snet source-ranges { 203.0.113.57 . tcp . 80 . 203.0.113.57/32 }
add element ip k8snet source-ranged { 203.0.113.57 . udp . 80 }
add element ip k8snet source-ranges { 203.0.113.57 . udp . 80 . 10.100.0.0/28 }
add element ip k8snet source-ranges { 203.0.113.57 . udp . 80 . 192.0.2.0/24 }
add element ip k8snet source-ranges { 203.0.113.57 . udp . 80 . 203.0.113.57/32 }
add element ip6 k8snet source-ranged { 2001:db8:113::57 . tcp . 80 }
add element ip6 k8snet source-ranges { 2001:db8:113::57 . tcp . 80 . fd00:100::/64 }
add element ip6 k8snet source-ranges { 2001:db8:113::57 . tcp . 80 . 2001:db8:113::57/128 }
add element ip6 k8snet source-ranged { 2001:db8:113::57 . udp . 80 }
add element ip6 k8snet source-ranges { 2001:db8:113::57 . udp . 80 . fd00:100::/64 }
add element ip6 k8snet source-ranges { 2001:db8:113::57 . udp . 80 . 2001:db8:113::57/128 }
add element ip k8snet cluster-ips { 10.96.0.57 }
add element ip6 k8snet cluster-ips { fd00:96::57 }
END
conntrack -D -w 0 -p udp --orig-dst 10.96.0.40 --orig-port-dst 80 --reply-src 10.96.0.40 --reply-port-src 80 || :
conntrack -D -w 0 -p udp --orig-dst 198.51.100.40 --orig-port-dst 80 --reply-src 198.51.100.40 --reply-port-src 80 || :
conntrack -D -w 0 -p udp --orig-dst 203.0.113.40 --orig-port-dst 80 --reply-src 203.0.113.40 --reply-port-src 80 || :
conntrack -D -w 0 -p udp --orig-dst 10.100.0.11 --orig-port-dst 30140 --reply-src 10.100.0.11 --reply-port-src 30140 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst fd00:96::40 --orig-port-dst 80 --reply-src fd00:96::40 --reply-port-src 80 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst 2001:db8:51::40 --orig-port-dst 80 --reply-src 2001:db8:51::40 --reply-port-src 80 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst 2001:db8:113::40 --orig-port-dst 80 --reply-src 2001:db8:113::40 --reply-port-src 80 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst fd00:100::11 --orig-port-dst 30140 --reply-src fd00:100::11 --reply-port-src 30140 || :
nft -f - <<'END'
add chain ip k8snet masquerade-0x00004000
add chain ip6 k8snet masquerade-0x00004000
END
