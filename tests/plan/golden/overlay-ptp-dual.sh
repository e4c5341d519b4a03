sysctl -qw net.ipv4.ip_forward=1
sysctl -qw net.ipv6.conf.all.forwarding=1
ip link add name vxlan4.1 address 32:8d:0f:05:e3:4e mtu 1450 type vxlan id 1 local 10.100.0.1 dev eth0 dstport 8472 nolearning
ip link set dev vxlan4.1 addrgenmode none
ip link set dev vxlan4.1 alias 'k8snet overlay' up
ip address add 10.1.1.0/32 dev vxlan4.1
ip link add name vxlan6.1 address 3a:20:2f:be:b9:a7 mtu 1430 type vxlan id 1 local fd00:100::1 dev eth0 dstport 8472 nolearning
ip link set dev vxlan6.1 addrgenmode none
ip link set dev vxlan6.1 alias 'k8snet overlay' up
ip address add fd00:1:1::/128 dev vxlan6.1 nodad
ip neigh replace 10.1.2.0 lladdr 82:4b:b6:2f:54:4e nud permanent dev vxlan4.1
bridge fdb replace 82:4b:b6:2f:54:4e dev vxlan4.1 dst 10.100.0.2 self permanent
ip route add 10.1.2.0/24 via 10.1.2.0 dev vxlan4.1 onlink proto 75
ip neigh replace fd00:1:2:: lladdr 82:4b:b6:2f:54:66 nud permanent dev vxlan6.1
bridge fdb replace 82:4b:b6:2f:54:66 dev vxlan6.1 dst fd00:100::2 self permanent
ip -6 route add fd00:1:2::/64 via fd00:1:2:: dev vxlan6.1 onlink proto 75
ip neigh replace 10.1.3.0 lladdr e6:5d:b3:15:2f:a0 nud permanent dev vxlan4.1
bridge fdb replace e6:5d:b3:15:2f:a0 dev vxlan4.1 dst 10.100.0.3 self permanent
ip route add 10.1.3.0/24 via 10.1.3.0 dev vxlan4.1 onlink proto 75
ip neigh replace fd00:1:3:: lladdr 8a:bd:f1:4f:1f:b7 nud permanent dev vxlan6.1
bridge fdb replace 8a:bd:f1:4f:1f:b7 dev vxlan6.1 dst fd00:100::3 self permanent
ip -6 route add fd00:1:3::/64 via fd00:1:3:: dev vxlan6.1 onlink proto 75
ip link add name veth0b8b8d9cd6d address ee:ee:ee:ee:ee:ee mtu 1430 type veth peer name eth0 address 0a:58:0a:01:01:02 mtu 1430 netns lab-shop-web-0
ip link set dev veth0b8b8d9cd6d addrgenmode none
ip link set dev veth0b8b8d9cd6d alias 'k8snet pod shop/web-0' up
ip -n lab-shop-web-0 link set dev eth0 up
ip -n lab-shop-web-0 link set dev lo up
ip -n lab-shop-web-0 address add 10.1.1.2/32 dev eth0
ip -n lab-shop-web-0 neigh replace 169.254.1.1 lladdr ee:ee:ee:ee:ee:ee nud permanent dev eth0
ip -n lab-shop-web-0 route add default via 169.254.1.1 dev eth0 onlink proto 75
ip neigh replace 10.1.1.2 lladdr 0a:58:0a:01:01:02 nud permanent dev veth0b8b8d9cd6d
ip route add 10.1.1.2/32 dev veth0b8b8d9cd6d proto 75
ip -n lab-shop-web-0 address add fd00:1:1::2/128 dev eth0 nodad
ip -n lab-shop-web-0 neigh replace fe80::1 lladdr ee:ee:ee:ee:ee:ee nud permanent dev eth0
ip -n lab-shop-web-0 -6 route add default via fe80::1 dev eth0 onlink proto 75
ip neigh replace fd00:1:1::2 lladdr 0a:58:0a:01:01:02 nud permanent dev veth0b8b8d9cd6d
ip -6 route add fd00:1:1::2/128 dev veth0b8b8d9cd6d proto 75
ip link add name veth9cb9325c97a address ee:ee:ee:ee:ee:ee mtu 1430 type veth peer name eth0 address 0a:00:00:00:00:03 mtu 1430 netns /proc/4711/ns/net
ip link set dev veth9cb9325c97a addrgenmode none
ip link set dev veth9cb9325c97a alias 'k8snet pod shop/web-1' up
nsenter --net=/proc/4711/ns/net ip link set dev eth0 up
nsenter --net=/proc/4711/ns/net ip link set dev lo up
nsenter --net=/proc/4711/ns/net ip address add 10.1.1.3/32 dev eth0
nsenter --net=/proc/4711/ns/net ip neigh replace 169.254.1.1 lladdr ee:ee:ee:ee:ee:ee nud permanent dev eth0
nsenter --net=/proc/4711/ns/net ip route add default via 169.254.1.1 dev eth0 onlink proto 75
ip neigh replace 10.1.1.3 lladdr 0a:00:00:00:00:03 nud permanent dev veth9cb9325c97a
ip route add 10.1.1.3/32 dev veth9cb9325c97a proto 75
nsenter --net=/proc/4711/ns/net ip address add fd00:1:1::3/128 dev eth0 nodad
nsenter --net=/proc/4711/ns/net ip neigh replace fe80::1 lladdr ee:ee:ee:ee:ee:ee nud permanent dev eth0
nsenter --net=/proc/4711/ns/net ip -6 route add default via fe80::1 dev eth0 onlink proto 75
ip neigh replace fd00:1:1::3 lladdr 0a:00:00:00:00:03 nud permanent dev veth9cb9325c97a
ip -6 route add fd00:1:1::3/128 dev veth9cb9325c97a proto 75
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
END
nft -f - <<'END'
add chain ip k8snet reset-prerouting { type filter hook prerouting priority -150 ; }
flush chain ip k8snet reset-prerouting
add rule ip k8snet reset-prerouting ct state new meta l4proto tcp ct original ip saddr . ct original proto-src . ct original ip daddr . ct original proto-dst @resets delete @resets { ct original ip saddr . ct original proto-src . ct original ip daddr . ct original proto-dst }
add rule ip k8snet reset-prerouting ct status dnat tcp flags & (syn | rst) == 0x0 ct original ip saddr . ct original proto-src . ct original ip daddr . ct original proto-dst @resets reject with tcp reset
add chain ip k8snet reset-output { type filter hook output priority -150 ; }
flush chain ip k8snet reset-output
add rule ip k8snet reset-output ct state new meta l4proto tcp ct original ip saddr . ct original proto-src . ct original ip daddr . ct original proto-dst @resets delete @resets { ct original ip saddr . ct original proto-src . ct original ip daddr . ct original proto-dst }
add rule ip k8snet reset-output ct status dnat tcp flags & (syn | rst) == 0x0 ct original ip saddr . ct original proto-src . ct original ip daddr . ct original proto-dst @resets reject with tcp reset
END
nft -f - <<'END'
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
add chain ip6 k8snet reset-prerouting { type filter hook prerouting priority -150 ; }
flush chain ip6 k8snet reset-prerouting
add rule ip6 k8snet reset-prerouting ct state new meta l4proto tcp ct original ip6 saddr . ct original proto-src . ct original ip6 daddr . ct original proto-dst @resets delete @resets { ct original ip6 saddr . ct original proto-src . ct original ip6 daddr . ct original proto-dst }
add rule ip6 k8snet reset-prerouting ct status dnat tcp flags & (syn | rst) == 0x0 ct original ip6 saddr . ct original proto-src . ct original ip6 daddr . ct original proto-dst @resets reject with tcp reset
add chain ip6 k8snet reset-output { type filter hook output priority -150 ; }
flush chain ip6 k8snet reset-output
add rule ip6 k8snet reset-output ct state new meta l4proto tcp ct original ip6 saddr . ct original proto-src . ct original ip6 daddr . ct original proto-dst @resets delete @resets { ct original ip6 saddr . ct original proto-src . ct original ip6 daddr . ct original proto-dst }
add rule ip6 k8snet reset-output ct status dnat tcp flags & (syn | rst) == 0x0 ct original ip6 saddr . ct original proto-src . ct original ip6 daddr . ct original proto-dst @resets reject with tcp reset
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
add chain ip k8snet cluster-tcp-1
flush chain ip k8snet cluster-tcp-1
add rule ip k8snet cluster-tcp-1 ip saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip k8snet cluster-tcp-1 dnat ip to ip daddr . tcp dport . numgen random mod 1 map @endpoints-tcp
add chain ip k8snet external-local-tcp-2-1
flush chain ip k8snet external-local-tcp-2-1
add rule ip k8snet external-local-tcp-2-1 ip saddr @pod-networks dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints-tcp
add rule ip k8snet external-local-tcp-2-1 iifname @pod-interfaces dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints-tcp
add rule ip k8snet external-local-tcp-2-1 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints-tcp
add rule ip k8snet external-local-tcp-2-1 dnat ip to ip daddr . tcp dport . numgen random mod 1 map @local-endpoints-tcp
add chain ip k8snet node-port-local-tcp-2-1
flush chain ip k8snet node-port-local-tcp-2-1
add rule ip k8snet node-port-local-tcp-2-1 ip saddr @pod-networks dnat ip to tcp dport . numgen random mod 2 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-2-1 iifname @pod-interfaces dnat ip to tcp dport . numgen random mod 2 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-2-1 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip to tcp dport . numgen random mod 2 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-2-1 dnat ip to tcp dport . numgen random mod 1 map @node-port-local-endpoints-tcp
add chain ip6 k8snet cluster-tcp-1
flush chain ip6 k8snet cluster-tcp-1
add rule ip6 k8snet cluster-tcp-1 ip6 saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip6 k8snet cluster-tcp-1 dnat ip6 to ip6 daddr . tcp dport . numgen random mod 1 map @endpoints-tcp
add chain ip6 k8snet external-local-tcp-2-1
flush chain ip6 k8snet external-local-tcp-2-1
add rule ip6 k8snet external-local-tcp-2-1 ip6 saddr @pod-networks dnat ip6 to ip6 daddr . tcp dport . numgen random mod 2 map @endpoints-tcp
add rule ip6 k8snet external-local-tcp-2-1 iifname @pod-interfaces dnat ip6 to ip6 daddr . tcp dport . numgen random mod 2 map @endpoints-tcp
add rule ip6 k8snet external-local-tcp-2-1 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip6 to ip6 daddr . tcp dport . numgen random mod 2 map @endpoints-tcp
add rule ip6 k8snet external-local-tcp-2-1 dnat ip6 to ip6 daddr . tcp dport . numgen random mod 1 map @local-endpoints-tcp
add chain ip6 k8snet node-port-local-tcp-2-1
flush chain ip6 k8snet node-port-local-tcp-2-1
add rule ip6 k8snet node-port-local-tcp-2-1 ip6 saddr @pod-networks dnat ip6 to tcp dport . numgen random mod 2 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-2-1 iifname @pod-interfaces dnat ip6 to tcp dport . numgen random mod 2 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-2-1 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip6 to tcp dport . numgen random mod 2 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-2-1 dnat ip6 to tcp dport . numgen random mod 1 map @node-port-local-endpoints-tcp
add chain ip k8snet node-port-local-tcp-1-0
flush chain ip k8snet node-port-local-tcp-1-0
add rule ip k8snet node-port-local-tcp-1-0 ip saddr @pod-networks dnat ip to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-1-0 iifname @pod-interfaces dnat ip to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-1-0 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-1-0 drop
add chain ip6 k8snet node-port-local-tcp-1-0
flush chain ip6 k8snet node-port-local-tcp-1-0
add rule ip6 k8snet node-port-local-tcp-1-0 ip6 saddr @pod-networks dnat ip6 to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-1-0 iifname @pod-interfaces dnat ip6 to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-1-0 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip6 to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-1-0 drop
add chain ip k8snet cluster-tcp-2-round-robin-10.96.0.14-80
flush chain ip k8snet cluster-tcp-2-round-robin-10.96.0.14-80
add rule ip k8snet cluster-tcp-2-round-robin-10.96.0.14-80 ip saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip k8snet cluster-tcp-2-round-robin-10.96.0.14-80 dnat ip to ip daddr . tcp dport . numgen inc mod 2 map @endpoints-tcp
add chain ip k8snet external-local-tcp-2-1-round-robin-192.0.2.14-80
flush chain ip k8snet external-local-tcp-2-1-round-robin-192.0.2.14-80
add rule ip k8snet external-local-tcp-2-1-round-robin-192.0.2.14-80 ip saddr @pod-networks dnat ip to ip daddr . tcp dport . numgen inc mod 2 map @endpoints-tcp
add rule ip k8snet external-local-tcp-2-1-round-robin-192.0.2.14-80 iifname @pod-interfaces dnat ip to ip daddr . tcp dport . numgen inc mod 2 map @endpoints-tcp
add rule ip k8snet external-local-tcp-2-1-round-robin-192.0.2.14-80 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip to ip daddr . tcp dport . numgen inc mod 2 map @endpoints-tcp
add rule ip k8snet external-local-tcp-2-1-round-robin-192.0.2.14-80 dnat ip to ip daddr . tcp dport . numgen inc mod 1 map @local-endpoints-tcp
add chain ip k8snet node-port-local-tcp-2-1-round-robin-30084
flush chain ip k8snet node-port-local-tcp-2-1-round-robin-30084
add rule ip k8snet node-port-local-tcp-2-1-round-robin-30084 ip saddr @pod-networks dnat ip to tcp dport . numgen inc mod 2 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-2-1-round-robin-30084 iifname @pod-interfaces dnat ip to tcp dport . numgen inc mod 2 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-2-1-round-robin-30084 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip to tcp dport . numgen inc mod 2 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-2-1-round-robin-30084 dnat ip to tcp dport . numgen inc mod 1 map @node-port-local-endpoints-tcp
add chain ip6 k8snet cluster-tcp-2-round-robin-fd000096000000000000000000000014-80
flush chain ip6 k8snet cluster-tcp-2-round-robin-fd000096000000000000000000000014-80
add rule ip6 k8snet cluster-tcp-2-round-robin-fd000096000000000000000000000014-80 ip6 saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip6 k8snet cluster-tcp-2-round-robin-fd000096000000000000000000000014-80 dnat ip6 to ip6 daddr . tcp dport . numgen inc mod 2 map @endpoints-tcp
add chain ip6 k8snet external-local-tcp-2-1-round-robin-20010db8000200000000000000000014-80
flush chain ip6 k8snet external-local-tcp-2-1-round-robin-20010db8000200000000000000000014-80
add rule ip6 k8snet external-local-tcp-2-1-round-robin-20010db8000200000000000000000014-80 ip6 saddr @pod-networks dnat ip6 to ip6 daddr . tcp dport . numgen inc mod 2 map @endpoints-tcp
add rule ip6 k8snet external-local-tcp-2-1-round-robin-20010db8000200000000000000000014-80 iifname @pod-interfaces dnat ip6 to ip6 daddr . tcp dport . numgen inc mod 2 map @endpoints-tcp
add rule ip6 k8snet external-local-tcp-2-1-round-robin-20010db8000200000000000000000014-80 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip6 to ip6 daddr . tcp dport . numgen inc mod 2 map @endpoints-tcp
add rule ip6 k8snet external-local-tcp-2-1-round-robin-20010db8000200000000000000000014-80 dnat ip6 to ip6 daddr . tcp dport . numgen inc mod 1 map @local-endpoints-tcp
add chain ip6 k8snet node-port-local-tcp-2-1-round-robin-30084
flush chain ip6 k8snet node-port-local-tcp-2-1-round-robin-30084
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-30084 ip6 saddr @pod-networks dnat ip6 to tcp dport . numgen inc mod 2 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-30084 iifname @pod-interfaces dnat ip6 to tcp dport . numgen inc mod 2 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-30084 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip6 to tcp dport . numgen inc mod 2 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-30084 dnat ip6 to tcp dport . numgen inc mod 1 map @node-port-local-endpoints-tcp
add chain ip k8snet cluster-tcp-2-source-hash
flush chain ip k8snet cluster-tcp-2-source-hash
add rule ip k8snet cluster-tcp-2-source-hash ip saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip k8snet cluster-tcp-2-source-hash dnat ip to ip daddr . tcp dport . jhash ip saddr mod 2 seed 0x6b38736e map @endpoints-tcp
add chain ip k8snet node-port-tcp-2-source-hash
flush chain ip k8snet node-port-tcp-2-source-hash
add rule ip k8snet node-port-tcp-2-source-hash meta mark set meta mark | 0x00004000
add rule ip k8snet node-port-tcp-2-source-hash dnat ip to tcp dport . jhash ip saddr mod 2 seed 0x6b38736e map @node-port-endpoints-tcp
add chain ip6 k8snet cluster-tcp-2-source-hash
flush chain ip6 k8snet cluster-tcp-2-source-hash
add rule ip6 k8snet cluster-tcp-2-source-hash ip6 saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip6 k8snet cluster-tcp-2-source-hash dnat ip6 to ip6 daddr . tcp dport . jhash ip6 saddr mod 2 seed 0x6b38736e map @endpoints-tcp
add chain ip6 k8snet node-port-tcp-2-source-hash
flush chain ip6 k8snet node-port-tcp-2-source-hash
add rule ip6 k8snet node-port-tcp-2-source-hash meta mark set meta mark | 0x00004000
add rule ip6 k8snet node-port-tcp-2-source-hash dnat ip6 to tcp dport . jhash ip6 saddr mod 2 seed 0x6b38736e map @node-port-endpoints-tcp
add chain ip k8snet cluster-tcp-2-affinity-10800
flush chain ip k8snet cluster-tcp-2-affinity-10800
add rule ip k8snet cluster-tcp-2-affinity-10800 ip saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip k8snet cluster-tcp-2-affinity-10800 meta priority set ip daddr . meta l4proto . th dport map @affinity-services
add rule ip k8snet cluster-tcp-2-affinity-10800 meta priority set meta priority . ip saddr map @affinity
add rule ip k8snet cluster-tcp-2-affinity-10800 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . ip saddr timeout 10800s : meta priority }
add rule ip k8snet cluster-tcp-2-affinity-10800 meta l4proto tcp dnat ip to meta priority map @affinity-endpoints-tcp
add rule ip k8snet cluster-tcp-2-affinity-10800 meta priority set meta priority & ffff:0
add rule ip k8snet cluster-tcp-2-affinity-10800 meta priority set meta priority . numgen random mod 2 map @affinity-slots
add rule ip k8snet cluster-tcp-2-affinity-10800 delete @affinity { meta priority & ffff:0 . ip saddr : meta priority } update @affinity { meta priority & ffff:0 . ip saddr timeout 10800s : meta priority }
add rule ip k8snet cluster-tcp-2-affinity-10800 meta l4proto tcp dnat ip to meta priority map @affinity-endpoints-tcp
add chain ip k8snet external-tcp-2-affinity-10800
flush chain ip k8snet external-tcp-2-affinity-10800
add rule ip k8snet external-tcp-2-affinity-10800 meta mark set meta mark | 0x00004000
add rule ip k8snet external-tcp-2-affinity-10800 meta priority set ip daddr . meta l4proto . th dport map @affinity-services
add rule ip k8snet external-tcp-2-affinity-10800 meta priority set meta priority . ip saddr map @affinity
add rule ip k8snet external-tcp-2-affinity-10800 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . ip saddr timeout 10800s : meta priority }
add rule ip k8snet external-tcp-2-affinity-10800 meta l4proto tcp dnat ip to meta priority map @affinity-endpoints-tcp
add rule ip k8snet external-tcp-2-affinity-10800 meta priority set meta priority & ffff:0
add rule ip k8snet external-tcp-2-affinity-10800 meta priority set meta priority . numgen random mod 2 map @affinity-slots
add rule ip k8snet external-tcp-2-affinity-10800 delete @affinity { meta priority & ffff:0 . ip saddr : meta priority } update @affinity { meta priority & ffff:0 . ip saddr timeout 10800s : meta priority }
add rule ip k8snet external-tcp-2-affinity-10800 meta l4proto tcp dnat ip to meta priority map @affinity-endpoints-tcp
add chain ip k8snet node-port-tcp-2-affinity-10800
flush chain ip k8snet node-port-tcp-2-affinity-10800
add rule ip k8snet node-port-tcp-2-affinity-10800 meta mark set meta mark | 0x00004000
add rule ip k8snet node-port-tcp-2-affinity-10800 meta priority set meta l4proto . th dport map @affinity-node-ports
add rule ip k8snet node-port-tcp-2-affinity-10800 meta priority set meta priority . ip saddr map @affinity
add rule ip k8snet node-port-tcp-2-affinity-10800 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . ip saddr timeout 10800s : meta priority }
add rule ip k8snet node-port-tcp-2-affinity-10800 meta l4proto tcp dnat ip to meta priority map @affinity-endpoints-tcp
add rule ip k8snet node-port-tcp-2-affinity-10800 meta priority set meta priority & ffff:0
add rule ip k8snet node-port-tcp-2-affinity-10800 meta priority set meta priority . numgen random mod 2 map @affinity-slots
add rule ip k8snet node-port-tcp-2-affinity-10800 delete @affinity { meta priority & ffff:0 . ip saddr : meta priority } update @affinity { meta priority & ffff:0 . ip saddr timeout 10800s : meta priority }
add rule ip k8snet node-port-tcp-2-affinity-10800 meta l4proto tcp dnat ip to meta priority map @affinity-endpoints-tcp
add chain ip k8snet cluster-udp-2-affinity-10800
flush chain ip k8snet cluster-udp-2-affinity-10800
add rule ip k8snet cluster-udp-2-affinity-10800 ip saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip k8snet cluster-udp-2-affinity-10800 meta priority set ip daddr . meta l4proto . th dport map @affinity-services
add rule ip k8snet cluster-udp-2-affinity-10800 meta priority set meta priority . ip saddr map @affinity
add rule ip k8snet cluster-udp-2-affinity-10800 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . ip saddr timeout 10800s : meta priority }
add rule ip k8snet cluster-udp-2-affinity-10800 meta l4proto udp dnat ip to meta priority map @affinity-endpoints-udp
add rule ip k8snet cluster-udp-2-affinity-10800 meta priority set meta priority & ffff:0
add rule ip k8snet cluster-udp-2-affinity-10800 meta priority set meta priority . numgen random mod 2 map @affinity-slots
add rule ip k8snet cluster-udp-2-affinity-10800 delete @affinity { meta priority & ffff:0 . ip saddr : meta priority } update @affinity { meta priority & ffff:0 . ip saddr timeout 10800s : meta priority }
add rule ip k8snet cluster-udp-2-affinity-10800 meta l4proto udp dnat ip to meta priority map @affinity-endpoints-udp
add chain ip k8snet external-udp-2-affinity-10800
flush chain ip k8snet external-udp-2-affinity-10800
add rule ip k8snet external-udp-2-affinity-10800 meta mark set meta mark | 0x00004000
add rule ip k8snet external-udp-2-affinity-10800 meta priority set ip daddr . meta l4proto . th dport map @affinity-services
add rule ip k8snet external-udp-2-affinity-10800 meta priority set meta priority . ip saddr map @affinity
add rule ip k8snet external-udp-2-affinity-10800 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . ip saddr timeout 10800s : meta priority }
add rule ip k8snet external-udp-2-affinity-10800 meta l4proto udp dnat ip to meta priority map @affinity-endpoints-udp
add rule ip k8snet external-udp-2-affinity-10800 meta priority set meta priority & ffff:0
add rule ip k8snet external-udp-2-affinity-10800 meta priority set meta priority . numgen random mod 2 map @affinity-slots
add rule ip k8snet external-udp-2-affinity-10800 delete @affinity { meta priority & ffff:0 . ip saddr : meta priority } update @affinity { meta priority & ffff:0 . ip saddr timeout 10800s : meta priority }
add rule ip k8snet external-udp-2-affinity-10800 meta l4proto udp dnat ip to meta priority map @affinity-endpoints-udp
add chain ip6 k8snet cluster-tcp-2-affinity-10800
flush chain ip6 k8snet cluster-tcp-2-affinity-10800
add rule ip6 k8snet cluster-tcp-2-affinity-10800 ip6 saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip6 k8snet cluster-tcp-2-affinity-10800 meta priority set ip6 daddr . meta l4proto . th dport map @affinity-services
add rule ip6 k8snet cluster-tcp-2-affinity-10800 meta priority set meta priority . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 map @affinity
add rule ip6 k8snet cluster-tcp-2-affinity-10800 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 10800s : meta priority }
add rule ip6 k8snet cluster-tcp-2-affinity-10800 meta l4proto tcp dnat ip6 to meta priority map @affinity-endpoints-tcp
add rule ip6 k8snet cluster-tcp-2-affinity-10800 meta priority set meta priority & ffff:0
add rule ip6 k8snet cluster-tcp-2-affinity-10800 meta priority set meta priority . numgen random mod 2 map @affinity-slots
add rule ip6 k8snet cluster-tcp-2-affinity-10800 delete @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 : meta priority } update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 10800s : meta priority }
add rule ip6 k8snet cluster-tcp-2-affinity-10800 meta l4proto tcp dnat ip6 to meta priority map @affinity-endpoints-tcp
add chain ip6 k8snet external-tcp-2-affinity-10800
flush chain ip6 k8snet external-tcp-2-affinity-10800
add rule ip6 k8snet external-tcp-2-affinity-10800 meta mark set meta mark | 0x00004000
add rule ip6 k8snet external-tcp-2-affinity-10800 meta priority set ip6 daddr . meta l4proto . th dport map @affinity-services
add rule ip6 k8snet external-tcp-2-affinity-10800 meta priority set meta priority . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 map @affinity
add rule ip6 k8snet external-tcp-2-affinity-10800 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 10800s : meta priority }
add rule ip6 k8snet external-tcp-2-affinity-10800 meta l4proto tcp dnat ip6 to meta priority map @affinity-endpoints-tcp
add rule ip6 k8snet external-tcp-2-affinity-10800 meta priority set meta priority & ffff:0
add rule ip6 k8snet external-tcp-2-affinity-10800 meta priority set meta priority . numgen random mod 2 map @affinity-slots
add rule ip6 k8snet external-tcp-2-affinity-10800 delete @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 : meta priority } update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 10800s : meta priority }
add rule ip6 k8snet external-tcp-2-affinity-10800 meta l4proto tcp dnat ip6 to meta priority map @affinity-endpoints-tcp
add chain ip6 k8snet node-port-tcp-2-affinity-10800
flush chain ip6 k8snet node-port-tcp-2-affinity-10800
add rule ip6 k8snet node-port-tcp-2-affinity-10800 meta mark set meta mark | 0x00004000
add rule ip6 k8snet node-port-tcp-2-affinity-10800 meta priority set meta l4proto . th dport map @affinity-node-ports
add rule ip6 k8snet node-port-tcp-2-affinity-10800 meta priority set meta priority . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 map @affinity
add rule ip6 k8snet node-port-tcp-2-affinity-10800 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 10800s : meta priority }
add rule ip6 k8snet node-port-tcp-2-affinity-10800 meta l4proto tcp dnat ip6 to meta priority map @affinity-endpoints-tcp
add rule ip6 k8snet node-port-tcp-2-affinity-10800 meta priority set meta priority & ffff:0
add rule ip6 k8snet node-port-tcp-2-affinity-10800 meta priority set meta priority . numgen random mod 2 map @affinity-slots
add rule ip6 k8snet node-port-tcp-2-affinity-10800 delete @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 : meta priority } update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 10800s : meta priority }
add rule ip6 k8snet node-port-tcp-2-affinity-10800 meta l4proto tcp dnat ip6 to meta priority map @affinity-endpoints-tcp
add chain ip6 k8snet cluster-udp-2-affinity-10800
flush chain ip6 k8snet cluster-udp-2-affinity-10800
add rule ip6 k8snet cluster-udp-2-affinity-10800 ip6 saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip6 k8snet cluster-udp-2-affinity-10800 meta priority set ip6 daddr . meta l4proto . th dport map @affinity-services
add rule ip6 k8snet cluster-udp-2-affinity-10800 meta priority set meta priority . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 map @affinity
add rule ip6 k8snet cluster-udp-2-affinity-10800 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 10800s : meta priority }
add rule ip6 k8snet cluster-udp-2-affinity-10800 meta l4proto udp dnat ip6 to meta priority map @affinity-endpoints-udp
add rule ip6 k8snet cluster-udp-2-affinity-10800 meta priority set meta priority & ffff:0
add rule ip6 k8snet cluster-udp-2-affinity-10800 meta priority set meta priority . numgen random mod 2 map @affinity-slots
add rule ip6 k8snet cluster-udp-2-affinity-10800 delete @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 : meta priority } update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 10800s : meta priority }
add rule ip6 k8snet cluster-udp-2-affinity-10800 meta l4proto udp dnat ip6 to meta priority map @affinity-endpoints-udp
add chain ip6 k8snet external-udp-2-affinity-10800
flush chain ip6 k8snet external-udp-2-affinity-10800
add rule ip6 k8snet external-udp-2-affinity-10800 meta mark set meta mark | 0x00004000
add rule ip6 k8snet external-udp-2-affinity-10800 meta priority set ip6 daddr . meta l4proto . th dport map @affinity-services
add rule ip6 k8snet external-udp-2-affinity-10800 meta priority set meta priority . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 map @affinity
add rule ip6 k8snet external-udp-2-affinity-10800 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 10800s : meta priority }
add rule ip6 k8snet external-udp-2-affinity-10800 meta l4proto udp dnat ip6 to meta priority map @affinity-endpoints-udp
add rule ip6 k8snet external-udp-2-affinity-10800 meta priority set meta priority & ffff:0
add rule ip6 k8snet external-udp-2-affinity-10800 meta priority set meta priority . numgen random mod 2 map @affinity-slots
add rule ip6 k8snet external-udp-2-affinity-10800 delete @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 : meta priority } update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 10800s : meta priority }
add rule ip6 k8snet external-udp-2-affinity-10800 meta l4proto udp dnat ip6 to meta priority map @affinity-endpoints-udp
add chain ip k8snet cluster-tcp-1-round-robin-affinity-60-10.96.0.19-80
flush chain ip k8snet cluster-tcp-1-round-robin-affinity-60-10.96.0.19-80
add rule ip k8snet cluster-tcp-1-round-robin-affinity-60-10.96.0.19-80 ip saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip k8snet cluster-tcp-1-round-robin-affinity-60-10.96.0.19-80 meta priority set ip daddr . meta l4proto . th dport map @affinity-services
add rule ip k8snet cluster-tcp-1-round-robin-affinity-60-10.96.0.19-80 meta priority set meta priority . ip saddr map @affinity
add rule ip k8snet cluster-tcp-1-round-robin-affinity-60-10.96.0.19-80 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . ip saddr timeout 60s : meta priority }
add rule ip k8snet cluster-tcp-1-round-robin-affinity-60-10.96.0.19-80 meta l4proto tcp dnat ip to meta priority map @affinity-endpoints-tcp
add rule ip k8snet cluster-tcp-1-round-robin-affinity-60-10.96.0.19-80 meta priority set meta priority & ffff:0
add rule ip k8snet cluster-tcp-1-round-robin-affinity-60-10.96.0.19-80 meta priority set meta priority . numgen inc mod 1 map @affinity-slots
add rule ip k8snet cluster-tcp-1-round-robin-affinity-60-10.96.0.19-80 delete @affinity { meta priority & ffff:0 . ip saddr : meta priority } update @affinity { meta priority & ffff:0 . ip saddr timeout 60s : meta priority }
add rule ip k8snet cluster-tcp-1-round-robin-affinity-60-10.96.0.19-80 meta l4proto tcp dnat ip to meta priority map @affinity-endpoints-tcp
add chain ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80
flush chain ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80
add rule ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80 ip saddr != @pod-networks iifname != @pod-interfaces fib saddr type local meta mark set meta mark | 0x00004000
add rule ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80 meta priority set ip daddr . meta l4proto . th dport map @affinity-services
add rule ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80 ip saddr != @pod-networks iifname != @pod-interfaces fib saddr type != local meta priority set meta priority | 8000:0
add rule ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80 meta priority set meta priority . ip saddr map @affinity
add rule ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . ip saddr timeout 60s : meta priority }
add rule ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80 meta l4proto tcp dnat ip to meta priority map @affinity-endpoints-tcp
add rule ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80 meta priority set meta priority & ffff:0
add rule ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80 meta priority & 8000:0 == none meta priority set meta priority . numgen inc mod 2 map @affinity-slots
add rule ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80 meta priority & 8000:0 != none meta priority set meta priority . numgen inc mod 1 map @affinity-slots
add rule ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80 delete @affinity { meta priority & ffff:0 . ip saddr : meta priority } update @affinity { meta priority & ffff:0 . ip saddr timeout 60s : meta priority }
add rule ip k8snet external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80 meta l4proto tcp dnat ip to meta priority map @affinity-endpoints-tcp
add chain ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089
flush chain ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089
add rule ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 ip saddr != @pod-networks iifname != @pod-interfaces fib saddr type local meta mark set meta mark | 0x00004000
add rule ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta priority set meta l4proto . th dport map @affinity-node-ports
add rule ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 ip saddr != @pod-networks iifname != @pod-interfaces fib saddr type != local meta priority set meta priority | 8000:0
add rule ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta priority set meta priority . ip saddr map @affinity
add rule ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . ip saddr timeout 60s : meta priority }
add rule ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta l4proto tcp dnat ip to meta priority map @affinity-endpoints-tcp
add rule ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta priority set meta priority & ffff:0
add rule ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta priority & 8000:0 == none meta priority set meta priority . numgen inc mod 2 map @affinity-slots
add rule ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta priority & 8000:0 != none meta priority set meta priority . numgen inc mod 1 map @affinity-slots
add rule ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 delete @affinity { meta priority & ffff:0 . ip saddr : meta priority } update @affinity { meta priority & ffff:0 . ip saddr timeout 60s : meta priority }
add rule ip k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta l4proto tcp dnat ip to meta priority map @affinity-endpoints-tcp
add chain ip6 k8snet cluster-tcp-1-round-robin-affinity-60-fd000096000000000000000000000019-80
flush chain ip6 k8snet cluster-tcp-1-round-robin-affinity-60-fd000096000000000000000000000019-80
add rule ip6 k8snet cluster-tcp-1-round-robin-affinity-60-fd000096000000000000000000000019-80 ip6 saddr != @unmasqueraded iifname != @unmasqueraded-interfaces meta mark set meta mark | 0x00004000
add rule ip6 k8snet cluster-tcp-1-round-robin-affinity-60-fd000096000000000000000000000019-80 meta priority set ip6 daddr . meta l4proto . th dport map @affinity-services
add rule ip6 k8snet cluster-tcp-1-round-robin-affinity-60-fd000096000000000000000000000019-80 meta priority set meta priority . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 map @affinity
add rule ip6 k8snet cluster-tcp-1-round-robin-affinity-60-fd000096000000000000000000000019-80 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 60s : meta priority }
add rule ip6 k8snet cluster-tcp-1-round-robin-affinity-60-fd000096000000000000000000000019-80 meta l4proto tcp dnat ip6 to meta priority map @affinity-endpoints-tcp
add rule ip6 k8snet cluster-tcp-1-round-robin-affinity-60-fd000096000000000000000000000019-80 meta priority set meta priority & ffff:0
add rule ip6 k8snet cluster-tcp-1-round-robin-affinity-60-fd000096000000000000000000000019-80 meta priority set meta priority . numgen inc mod 1 map @affinity-slots
add rule ip6 k8snet cluster-tcp-1-round-robin-affinity-60-fd000096000000000000000000000019-80 delete @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 : meta priority } update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 60s : meta priority }
add rule ip6 k8snet cluster-tcp-1-round-robin-affinity-60-fd000096000000000000000000000019-80 meta l4proto tcp dnat ip6 to meta priority map @affinity-endpoints-tcp
add chain ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80
flush chain ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80
add rule ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80 ip6 saddr != @pod-networks iifname != @pod-interfaces fib saddr type local meta mark set meta mark | 0x00004000
add rule ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80 meta priority set ip6 daddr . meta l4proto . th dport map @affinity-services
add rule ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80 ip6 saddr != @pod-networks iifname != @pod-interfaces fib saddr type != local meta priority set meta priority | 8000:0
add rule ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80 meta priority set meta priority . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 map @affinity
add rule ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 60s : meta priority }
add rule ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80 meta l4proto tcp dnat ip6 to meta priority map @affinity-endpoints-tcp
add rule ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80 meta priority set meta priority & ffff:0
add rule ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80 meta priority & 8000:0 == none meta priority set meta priority . numgen inc mod 2 map @affinity-slots
add rule ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80 meta priority & 8000:0 != none meta priority set meta priority . numgen inc mod 1 map @affinity-slots
add rule ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80 delete @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 : meta priority } update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 60s : meta priority }
add rule ip6 k8snet external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80 meta l4proto tcp dnat ip6 to meta priority map @affinity-endpoints-tcp
add chain ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089
flush chain ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 ip6 saddr != @pod-networks iifname != @pod-interfaces fib saddr type local meta mark set meta mark | 0x00004000
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta priority set meta l4proto . th dport map @affinity-node-ports
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 ip6 saddr != @pod-networks iifname != @pod-interfaces fib saddr type != local meta priority set meta priority | 8000:0
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta priority set meta priority . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 map @affinity
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta priority & 0:ffff != none update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 60s : meta priority }
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta l4proto tcp dnat ip6 to meta priority map @affinity-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta priority set meta priority & ffff:0
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta priority & 8000:0 == none meta priority set meta priority . numgen inc mod 2 map @affinity-slots
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta priority & 8000:0 != none meta priority set meta priority . numgen inc mod 1 map @affinity-slots
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 delete @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 : meta priority } update @affinity { meta priority & ffff:0 . jhash ip6 saddr mod 4294967295 seed 0x6b387331 . jhash ip6 saddr mod 4294967295 seed 0x6b387332 timeout 60s : meta priority }
add rule ip6 k8snet node-port-local-tcp-2-1-round-robin-affinity-60-30089 meta l4proto tcp dnat ip6 to meta priority map @affinity-endpoints-tcp
END
nft -f - <<'END'
add element ip k8snet endpoints-tcp { 10.96.0.10 . 80 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.10 . 80 . 1 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.10 . 80 . 2 : 10.1.2.2 . 8080 }
add element ip k8snet balancers { 8001:3 . tcp : goto cluster-tcp-3 }
add element ip k8snet services { 10.96.0.10 . tcp . 80 : 8001:3 }
add element ip k8snet endpoints-tcp { 198.51.100.7 . 80 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet endpoints-tcp { 198.51.100.7 . 80 . 1 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 198.51.100.7 . 80 . 2 : 10.1.2.2 . 8080 }
add element ip k8snet balancers { 8002:3 . tcp : goto external-tcp-3 }
add element ip k8snet services { 198.51.100.7 . tcp . 80 : 8002:3 }
add element ip k8snet endpoints-tcp { 192.0.2.10 . 80 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet endpoints-tcp { 192.0.2.10 . 80 . 1 : 10.1.1.3 . 8080 }
add element ip k8snet endpoints-tcp { 192.0.2.10 . 80 . 2 : 10.1.2.2 . 8080 }
add element ip k8snet services { 192.0.2.10 . tcp . 80 : 8002:3 }
add element ip k8snet node-port-endpoints-tcp { 30080 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet node-port-endpoints-tcp { 30080 . 1 : 10.1.1.3 . 8080 }
add element ip k8snet node-port-endpoints-tcp { 30080 . 2 : 10.1.2.2 . 8080 }
add element ip k8snet balancers { 8003:3 . tcp : goto node-port-tcp-3 }
add element ip k8snet node-ports { tcp . 30080 : 8003:3 }
add element ip k8snet endpoints-udp { 10.96.0.10 . 53 . 0 : 10.1.1.2 . 5353 }
add element ip k8snet endpoints-udp { 10.96.0.10 . 53 . 1 : 10.1.1.3 . 5353 }
add element ip k8snet endpoints-udp { 10.96.0.10 . 53 . 2 : 10.1.2.2 . 5353 }
add element ip k8snet balancers { 8001:3 . udp : goto cluster-udp-3 }
add element ip k8snet services { 10.96.0.10 . udp . 53 : 8001:3 }
add element ip k8snet endpoints-udp { 198.51.100.7 . 53 . 0 : 10.1.1.2 . 5353 }
add element ip k8snet endpoints-udp { 198.51.100.7 . 53 . 1 : 10.1.1.3 . 5353 }
add element ip k8snet endpoints-udp { 198.51.100.7 . 53 . 2 : 10.1.2.2 . 5353 }
add element ip k8snet balancers { 8002:3 . udp : goto external-udp-3 }
add element ip k8snet services { 198.51.100.7 . udp . 53 : 8002:3 }
add element ip k8snet endpoints-udp { 192.0.2.10 . 53 . 0 : 10.1.1.2 . 5353 }
add element ip k8snet endpoints-udp { 192.0.2.10 . 53 . 1 : 10.1.1.3 . 5353 }
add element ip k8snet endpoints-udp { 192.0.2.10 . 53 . 2 : 10.1.2.2 . 5353 }
add element ip k8snet services { 192.0.2.10 . udp . 53 : 8002:3 }
add element ip k8snet node-port-endpoints-udp { 30053 . 0 : 10.1.1.2 . 5353 }
add element ip k8snet node-port-endpoints-udp { 30053 . 1 : 10.1.1.3 . 5353 }
add element ip k8snet node-port-endpoints-udp { 30053 . 2 : 10.1.2.2 . 5353 }
add element ip k8snet balancers { 8003:3 . udp : goto node-port-udp-3 }
add element ip k8snet node-ports { udp . 30053 : 8003:3 }
add element ip6 k8snet endpoints-tcp { fd00:96::10 . 80 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::10 . 80 . 1 : fd00:1:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::10 . 80 . 2 : fd00:1:2::2 . 8080 }
add element ip6 k8snet balancers { 8001:3 . tcp : goto cluster-tcp-3 }
add element ip6 k8snet services { fd00:96::10 . tcp . 80 : 8001:3 }
add element ip6 k8snet endpoints-tcp { 2001:db8::7 . 80 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8::7 . 80 . 1 : fd00:1:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8::7 . 80 . 2 : fd00:1:2::2 . 8080 }
add element ip6 k8snet balancers { 8002:3 . tcp : goto external-tcp-3 }
add element ip6 k8snet services { 2001:db8::7 . tcp . 80 : 8002:3 }
add element ip6 k8snet endpoints-tcp { 2001:db8:1::10 . 80 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8:1::10 . 80 . 1 : fd00:1:1::3 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8:1::10 . 80 . 2 : fd00:1:2::2 . 8080 }
add element ip6 k8snet services { 2001:db8:1::10 . tcp . 80 : 8002:3 }
add element ip6 k8snet node-port-endpoints-tcp { 30080 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet node-port-endpoints-tcp { 30080 . 1 : fd00:1:1::3 . 8080 }
add element ip6 k8snet node-port-endpoints-tcp { 30080 . 2 : fd00:1:2::2 . 8080 }
add element ip6 k8snet balancers { 8003:3 . tcp : goto node-port-tcp-3 }
add element ip6 k8snet node-ports { tcp . 30080 : 8003:3 }
add element ip6 k8snet endpoints-udp { fd00:96::10 . 53 . 0 : fd00:1:1::2 . 5353 }
add element ip6 k8snet endpoints-udp { fd00:96::10 . 53 . 1 : fd00:1:1::3 . 5353 }
add element ip6 k8snet endpoints-udp { fd00:96::10 . 53 . 2 : fd00:1:2::2 . 5353 }
add element ip6 k8snet balancers { 8001:3 . udp : goto cluster-udp-3 }
add element ip6 k8snet services { fd00:96::10 . udp . 53 : 8001:3 }
add element ip6 k8snet endpoints-udp { 2001:db8::7 . 53 . 0 : fd00:1:1::2 . 5353 }
add element ip6 k8snet endpoints-udp { 2001:db8::7 . 53 . 1 : fd00:1:1::3 . 5353 }
add element ip6 k8snet endpoints-udp { 2001:db8::7 . 53 . 2 : fd00:1:2::2 . 5353 }
add element ip6 k8snet balancers { 8002:3 . udp : goto external-udp-3 }
add element ip6 k8snet services { 2001:db8::7 . udp . 53 : 8002:3 }
add element ip6 k8snet endpoints-udp { 2001:db8:1::10 . 53 . 0 : fd00:1:1::2 . 5353 }
add element ip6 k8snet endpoints-udp { 2001:db8:1::10 . 53 . 1 : fd00:1:1::3 . 5353 }
add element ip6 k8snet endpoints-udp { 2001:db8:1::10 . 53 . 2 : fd00:1:2::2 . 5353 }
add element ip6 k8snet services { 2001:db8:1::10 . udp . 53 : 8002:3 }
add element ip6 k8snet node-port-endpoints-udp { 30053 . 0 : fd00:1:1::2 . 5353 }
add element ip6 k8snet node-port-endpoints-udp { 30053 . 1 : fd00:1:1::3 . 5353 }
add element ip6 k8snet node-port-endpoints-udp { 30053 . 2 : fd00:1:2::2 . 5353 }
add element ip6 k8snet balancers { 8003:3 . udp : goto node-port-udp-3 }
add element ip6 k8snet node-ports { udp . 30053 : 8003:3 }
add element ip k8snet balancers { 80ff:0 . sctp : goto no-endpoints }
add element ip k8snet services { 10.96.0.11 . sctp . 9000 : 80ff:0 }
add element ip6 k8snet balancers { 80ff:0 . sctp : goto no-endpoints }
add element ip6 k8snet services { fd00:96::11 . sctp . 9000 : 80ff:0 }
add element ip k8snet endpoints-tcp { 10.96.0.12 . 80 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet balancers { 8001:1 . tcp : goto cluster-tcp-1 }
add element ip k8snet services { 10.96.0.12 . tcp . 80 : 8001:1 }
add element ip k8snet endpoints-tcp { 192.0.2.12 . 80 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet endpoints-tcp { 192.0.2.12 . 80 . 1 : 10.1.2.2 . 8080 }
add element ip k8snet local-endpoints-tcp { 192.0.2.12 . 80 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet service-chains { 192.0.2.12 . tcp . 80 : goto external-local-tcp-2-1 }
add element ip k8snet node-port-endpoints-tcp { 30082 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet node-port-endpoints-tcp { 30082 . 1 : 10.1.2.2 . 8080 }
add element ip k8snet node-port-local-endpoints-tcp { 30082 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet node-port-chains { tcp . 30082 : goto node-port-local-tcp-2-1 }
add element ip6 k8snet endpoints-tcp { fd00:96::12 . 80 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet balancers { 8001:1 . tcp : goto cluster-tcp-1 }
add element ip6 k8snet services { fd00:96::12 . tcp . 80 : 8001:1 }
add element ip6 k8snet endpoints-tcp { 2001:db8:2::12 . 80 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8:2::12 . 80 . 1 : fd00:1:2::2 . 8080 }
add element ip6 k8snet local-endpoints-tcp { 2001:db8:2::12 . 80 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet service-chains { 2001:db8:2::12 . tcp . 80 : goto external-local-tcp-2-1 }
add element ip6 k8snet node-port-endpoints-tcp { 30082 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet node-port-endpoints-tcp { 30082 . 1 : fd00:1:2::2 . 8080 }
add element ip6 k8snet node-port-local-endpoints-tcp { 30082 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet node-port-chains { tcp . 30082 : goto node-port-local-tcp-2-1 }
add element ip k8snet balancers { 80ff:1 . tcp : goto no-local-endpoints }
add element ip k8snet services { 10.96.0.13 . tcp . 80 : 80ff:1 }
add element ip k8snet node-port-endpoints-tcp { 30083 . 0 : 10.1.2.2 . 8080 }
add element ip k8snet node-port-chains { tcp . 30083 : goto node-port-local-tcp-1-0 }
add element ip6 k8snet balancers { 80ff:1 . tcp : goto no-local-endpoints }
add element ip6 k8snet services { fd00:96::13 . tcp . 80 : 80ff:1 }
add element ip6 k8snet node-port-endpoints-tcp { 30083 . 0 : fd00:1:2::2 . 8080 }
add element ip6 k8snet node-port-chains { tcp . 30083 : goto node-port-local-tcp-1-0 }
add element ip k8snet endpoints-tcp { 10.96.0.14 . 80 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.14 . 80 . 1 : 10.1.2.2 . 8080 }
add element ip k8snet service-chains { 10.96.0.14 . tcp . 80 : goto cluster-tcp-2-round-robin-10.96.0.14-80 }
add element ip k8snet endpoints-tcp { 192.0.2.14 . 80 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet endpoints-tcp { 192.0.2.14 . 80 . 1 : 10.1.2.2 . 8080 }
add element ip k8snet local-endpoints-tcp { 192.0.2.14 . 80 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet service-chains { 192.0.2.14 . tcp . 80 : goto external-local-tcp-2-1-round-robin-192.0.2.14-80 }
add element ip k8snet node-port-endpoints-tcp { 30084 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet node-port-endpoints-tcp { 30084 . 1 : 10.1.2.2 . 8080 }
add element ip k8snet node-port-local-endpoints-tcp { 30084 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet node-port-chains { tcp . 30084 : goto node-port-local-tcp-2-1-round-robin-30084 }
add element ip6 k8snet endpoints-tcp { fd00:96::14 . 80 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::14 . 80 . 1 : fd00:1:2::2 . 8080 }
add element ip6 k8snet service-chains { fd00:96::14 . tcp . 80 : goto cluster-tcp-2-round-robin-fd000096000000000000000000000014-80 }
add element ip6 k8snet endpoints-tcp { 2001:db8:2::14 . 80 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet endpoints-tcp { 2001:db8:2::14 . 80 . 1 : fd00:1:2::2 . 8080 }
add element ip6 k8snet local-endpoints-tcp { 2001:db8:2::14 . 80 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet service-chains { 2001:db8:2::14 . tcp . 80 : goto external-local-tcp-2-1-round-robin-20010db8000200000000000000000014-80 }
add element ip6 k8snet node-port-endpoints-tcp { 30084 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet node-port-endpoints-tcp { 30084 . 1 : fd00:1:2::2 . 8080 }
add element ip6 k8snet node-port-local-endpoints-tcp { 30084 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet node-port-chains { tcp . 30084 : goto node-port-local-tcp-2-1-round-robin-30084 }
add element ip k8snet endpoints-tcp { 10.96.0.15 . 80 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.15 . 80 . 1 : 10.1.2.2 . 8080 }
add element ip k8snet balancers { 8011:2 . tcp : goto cluster-tcp-2-source-hash }
add element ip k8snet services { 10.96.0.15 . tcp . 80 : 8011:2 }
add element ip k8snet node-port-endpoints-tcp { 30085 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet node-port-endpoints-tcp { 30085 . 1 : 10.1.2.2 . 8080 }
add element ip k8snet balancers { 8013:2 . tcp : goto node-port-tcp-2-source-hash }
add element ip k8snet node-ports { tcp . 30085 : 8013:2 }
add element ip6 k8snet endpoints-tcp { fd00:96::15 . 80 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::15 . 80 . 1 : fd00:1:2::2 . 8080 }
add element ip6 k8snet balancers { 8011:2 . tcp : goto cluster-tcp-2-source-hash }
add element ip6 k8snet services { fd00:96::15 . tcp . 80 : 8011:2 }
add element ip6 k8snet node-port-endpoints-tcp { 30085 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet node-port-endpoints-tcp { 30085 . 1 : fd00:1:2::2 . 8080 }
add element ip6 k8snet balancers { 8013:2 . tcp : goto node-port-tcp-2-source-hash }
add element ip6 k8snet node-ports { tcp . 30085 : 8013:2 }
add element ip k8snet endpoints-tcp { 10.96.0.16 . 80 . 0 : 10.1.1.2 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.16 . 80 . 1 : 10.1.1.2 . 8080 }
add element ip k8snet endpoints-tcp { 10.96.0.16 . 80 . 2 : 10.1.2.2 . 8080 }
add element ip k8snet services { 10.96.0.16 . tcp . 80 : 8001:3 }
add element ip6 k8snet endpoints-tcp { fd00:96::16 . 80 . 0 : fd00:1:1::2 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::16 . 80 . 1 : fd00:1:1::2 . 8080 }
add element ip6 k8snet endpoints-tcp { fd00:96::16 . 80 . 2 : fd00:1:2::2 . 8080 }
add element ip6 k8snet services { fd00:96::16 . tcp . 80 : 8001:3 }
add element ip k8snet balancers { 80ff:0 . tcp : goto no-endpoints }
add element ip k8snet services { 10.96.0.17 . tcp . 80 : 80ff:0 }
add element ip6 k8snet balancers { 80ff:0 . tcp : goto no-endpoints }
add element ip6 k8snet services { fd00:96::17 . tcp . 80 : 80ff:0 }
add element ip k8snet affinity-services { 10.96.0.18 . tcp . 80 : 78cc:0 }
add element ip k8snet service-chains { 10.96.0.18 . tcp . 80 : goto cluster-tcp-2-affinity-10800 }
add element ip k8snet affinity-services { 192.0.2.18 . tcp . 80 : 78cc:0 }
add element ip k8snet service-chains { 192.0.2.18 . tcp . 80 : goto external-tcp-2-affinity-10800 }
add element ip k8snet affinity-node-ports { tcp . 30088 : 78cc:0 }
add element ip k8snet node-port-chains { tcp . 30088 : goto node-port-tcp-2-affinity-10800 }
add element ip k8snet affinity-endpoints-tcp { 78cc:35e7 : 10.1.1.2 . 8080 }
add element ip k8snet affinity-endpoints-tcp { 78cc:a1d6 : 10.1.2.2 . 8080 }
add element ip k8snet affinity-slots { 78cc:0 . 0 : 78cc:35e7 }
add element ip k8snet affinity-slots { 78cc:0 . 1 : 78cc:a1d6 }
add element ip k8snet affinity-services { 10.96.0.18 . udp . 53 : 401e:0 }
add element ip k8snet service-chains { 10.96.0.18 . udp . 53 : goto cluster-udp-2-affinity-10800 }
add element ip k8snet affinity-services { 192.0.2.18 . udp . 53 : 401e:0 }
add element ip k8snet service-chains { 192.0.2.18 . udp . 53 : goto external-udp-2-affinity-10800 }
add element ip k8snet affinity-endpoints-udp { 401e:70fc : 10.1.1.2 . 5353 }
add element ip k8snet affinity-endpoints-udp { 401e:25d8 : 10.1.2.2 . 5353 }
add element ip k8snet affinity-slots { 401e:0 . 0 : 401e:70fc }
add element ip k8snet affinity-slots { 401e:0 . 1 : 401e:25d8 }
add element ip6 k8snet affinity-services { fd00:96::18 . tcp . 80 : 78cc:0 }
add element ip6 k8snet service-chains { fd00:96::18 . tcp . 80 : goto cluster-tcp-2-affinity-10800 }
add element ip6 k8snet affinity-services { 2001:db8:2::18 . tcp . 80 : 78cc:0 }
add element ip6 k8snet service-chains { 2001:db8:2::18 . tcp . 80 : goto external-tcp-2-affinity-10800 }
add element ip6 k8snet affinity-node-ports { tcp . 30088 : 78cc:0 }
add element ip6 k8snet node-port-chains { tcp . 30088 : goto node-port-tcp-2-affinity-10800 }
add element ip6 k8snet affinity-endpoints-tcp { 78cc:3ed1 : fd00:1:1::2 . 8080 }
add element ip6 k8snet affinity-endpoints-tcp { 78cc:5256 : fd00:1:2::2 . 8080 }
add element ip6 k8snet affinity-slots { 78cc:0 . 0 : 78cc:3ed1 }
add element ip6 k8snet affinity-slots { 78cc:0 . 1 : 78cc:5256 }
add element ip6 k8snet affinity-services { fd00:96::18 . udp . 53 : 401e:0 }
add element ip6 k8snet service-chains { fd00:96::18 . udp . 53 : goto cluster-udp-2-affinity-10800 }
add element ip6 k8snet affinity-services { 2001:db8:2::18 . udp . 53 : 401e:0 }
add element ip6 k8snet service-chains { 2001:db8:2::18 . udp . 53 : goto external-udp-2-affinity-10800 }
add element ip6 k8snet affinity-endpoints-udp { 401e:918e : fd00:1:1::2 . 5353 }
add element ip6 k8snet affinity-endpoints-udp { 401e:4a53 : fd00:1:2::2 . 5353 }
add element ip6 k8snet affinity-slots { 401e:0 . 0 : 401e:918e }
add element ip6 k8snet affinity-slots { 401e:0 . 1 : 401e:4a53 }
add element ip k8snet affinity-services { 10.96.0.19 . tcp . 80 : d4fb:0 }
add element ip k8snet service-chains { 10.96.0.19 . tcp . 80 : goto cluster-tcp-1-round-robin-affinity-60-10.96.0.19-80 }
add element ip k8snet affinity-services { 192.0.2.19 . tcp . 80 : 54fb:0 }
add element ip k8snet service-chains { 192.0.2.19 . tcp . 80 : goto external-local-tcp-2-1-round-robin-affinity-60-192.0.2.19-80 }
add element ip k8snet affinity-node-ports { tcp . 30089 : 54fb:0 }
add element ip k8snet node-port-chains { tcp . 30089 : goto node-port-local-tcp-2-1-round-robin-affinity-60-30089 }
add element ip k8snet affinity-endpoints-tcp { 54fb:35e7 : 10.1.1.2 . 8080 }
add element ip k8snet affinity-endpoints-tcp { 54fb:a1d6 : 10.1.2.2 . 8080 }
add element ip k8snet affinity-endpoints-tcp { d4fb:35e7 : 10.1.1.2 . 8080 }
add element ip k8snet affinity-slots { 54fb:0 . 0 : 54fb:35e7 }
add element ip k8snet affinity-slots { 54fb:0 . 1 : 54fb:a1d6 }
add element ip k8snet affinity-slots { d4fb:0 . 0 : d4fb:35e7 }
add element ip6 k8snet affinity-services { fd00:96::19 . tcp . 80 : d4fb:0 }
add element ip6 k8snet service-chains { fd00:96::19 . tcp . 80 : goto cluster-tcp-1-round-robin-affinity-60-fd000096000000000000000000000019-80 }
add element ip6 k8snet affinity-services { 2001:db8:2::19 . tcp . 80 : 54fb:0 }
add element ip6 k8snet service-chains { 2001:db8:2::19 . tcp . 80 : goto external-local-tcp-2-1-round-robin-affinity-60-20010db8000200000000000000000019-80 }
add element ip6 k8snet affinity-node-ports { tcp . 30089 : 54fb:0 }
add element ip6 k8snet node-port-chains { tcp . 30089 : goto node-port-local-tcp-2-1-round-robin-affinity-60-30089 }
add element ip6 k8snet affinity-endpoints-tcp { 54fb:3ed1 : fd00:1:1::2 . 8080 }
add element ip6 k8snet affinity-endpoints-tcp { 54fb:5256 : fd00:1:2::2 . 8080 }
add element ip6 k8snet affinity-endpoints-tcp { d4fb:3ed1 : fd00:1:1::2 . 8080 }
add element ip6 k8snet affinity-slots { 54fb:0 . 0 : 54fb:3ed1 }
add element ip6 k8snet affinity-slots { 54fb:0 . 1 : 54fb:5256 }
add element ip6 k8snet affinity-slots { d4fb:0 . 0 : d4fb:3ed1 }
add element ip k8snet node-addresses { 10.100.0.1/32 }
add element ip6 k8snet node-addresses { fd00:100::1/128 }
add element ip k8snet pod-interfaces { "veth*" }
add element ip k8snet pod-interfaces { "cni0" }
add element ip k8snet unmasqueraded-interfaces { "veth*" }
add element ip k8snet unmasqueraded-interfaces { "cni0" }
add element ip6 k8snet pod-interfaces { "veth*" }
add element ip6 k8snet pod-interfaces { "cni0" }
add element ip6 k8snet unmasqueraded-interfaces { "veth*" }
add element ip6 k8snet unmasqueraded-interfaces { "cni0" }
add element ip k8snet hairpin { 10.1.1.2 . 10.1.1.2 }
add element ip k8snet hairpin { 10.1.1.3 . 10.1.1.3 }
add element ip6 k8snet hairpin { fd00:1:1::2 . fd00:1:1::2 }
add element ip6 k8snet hairpin { fd00:1:1::3 . fd00:1:1::3 }
add element ip k8snet cluster-ips { 10.96.0.10 }
add element ip6 k8snet cluster-ips { fd00:96::10 }
add element ip k8snet cluster-ips { 10.96.0.11 }
add element ip6 k8snet cluster-ips { fd00:96::11 }
add element ip k8snet cluster-ips { 10.96.0.12 }
add element ip6 k8snet cluster-ips { fd00:96::12 }
add element ip k8snet cluster-ips { 10.96.0.13 }
add element ip6 k8snet cluster-ips { fd00:96::13 }
add element ip k8snet cluster-ips { 10.96.0.14 }
add element ip6 k8snet cluster-ips { fd00:96::14 }
add element ip k8snet cluster-ips { 10.96.0.15 }
add element ip6 k8snet cluster-ips { fd00:96::15 }
add element ip k8snet cluster-ips { 10.96.0.16 }
add element ip6 k8snet cluster-ips { fd00:96::16 }
add element ip k8snet cluster-ips { 10.96.0.17 }
add element ip6 k8snet cluster-ips { fd00:96::17 }
add element ip k8snet cluster-ips { 10.96.0.18 }
add element ip6 k8snet cluster-ips { fd00:96::18 }
add element ip k8snet cluster-ips { 10.96.0.19 }
add element ip6 k8snet cluster-ips { fd00:96::19 }
END
conntrack -D -w 0 -p udp --orig-dst 10.96.0.10 --orig-port-dst 53 --reply-src 10.96.0.10 --reply-port-src 53 || :
conntrack -D -w 0 -p udp --orig-dst 198.51.100.7 --orig-port-dst 53 --reply-src 198.51.100.7 --reply-port-src 53 || :
conntrack -D -w 0 -p udp --orig-dst 192.0.2.10 --orig-port-dst 53 --reply-src 192.0.2.10 --reply-port-src 53 || :
conntrack -D -w 0 -p udp --orig-dst 10.100.0.1 --orig-port-dst 30053 --reply-src 10.100.0.1 --reply-port-src 30053 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst fd00:96::10 --orig-port-dst 53 --reply-src fd00:96::10 --reply-port-src 53 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst 2001:db8::7 --orig-port-dst 53 --reply-src 2001:db8::7 --reply-port-src 53 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst 2001:db8:1::10 --orig-port-dst 53 --reply-src 2001:db8:1::10 --reply-port-src 53 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst fd00:100::1 --orig-port-dst 30053 --reply-src fd00:100::1 --reply-port-src 30053 || :
conntrack -D -w 0 -p udp --orig-dst 10.96.0.18 --orig-port-dst 53 --reply-src 10.96.0.18 --reply-port-src 53 || :
conntrack -D -w 0 -p udp --orig-dst 192.0.2.18 --orig-port-dst 53 --reply-src 192.0.2.18 --reply-port-src 53 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst fd00:96::18 --orig-port-dst 53 --reply-src fd00:96::18 --reply-port-src 53 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst 2001:db8:2::18 --orig-port-dst 53 --reply-src 2001:db8:2::18 --reply-port-src 53 || :
nft -f - <<'END'
add chain ip k8snet masquerade-0x00004000
add chain ip6 k8snet masquerade-0x00004000
END
