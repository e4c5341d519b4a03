sysctl -qw net.ipv6.conf.all.forwarding=1
ip link add name k8snet0 address 32:8d:0f:05:e3:4f type bridge nf_call_iptables 1 nf_call_ip6tables 1
ip link set dev k8snet0 addrgenmode none
ip link set dev k8snet0 mtu 1430 alias 'k8snet bridge' up
ip address add fe80::1/64 dev k8snet0 nodad
ip address add fd00:1:1::1/64 dev k8snet0 nodad
ip link add name vxlan6.1 address 3a:20:2f:be:b9:a7 mtu 1430 type vxlan id 1 local fd00:100::1 dev eth0 dstport 8472 nolearning
ip link set dev vxlan6.1 addrgenmode none
ip link set dev vxlan6.1 alias 'k8snet overlay' up
ip address add fd00:1:1::/128 dev vxlan6.1 nodad
ip neigh replace fd00:1:2:: lladdr 82:4b:b6:2f:54:66 nud permanent dev vxlan6.1
bridge fdb replace 82:4b:b6:2f:54:66 dev vxlan6.1 dst fd00:100::2 self permanent
ip -6 route add fd00:1:2::/64 via fd00:1:2:: dev vxlan6.1 onlink proto 75
ip neigh replace fd00:1:3:: lladdr 8a:bd:f1:4f:1f:b7 nud permanent dev vxlan6.1
bridge fdb replace 8a:bd:f1:4f:1f:b7 dev vxlan6.1 dst fd00:100::3 self permanent
ip -6 route add fd00:1:3::/64 via fd00:1:3:: dev vxlan6.1 onlink proto 75
ip link add name veth0b8b8d9cd6d mtu 1430 type veth peer name eth0 address 0a:58:66:d5:1f:03 mtu 1430 netns lab-shop-web-0
ip link set dev veth0b8b8d9cd6d addrgenmode none
ip link set dev veth0b8b8d9cd6d master k8snet0 alias 'k8snet pod shop/web-0' up
ip link set dev veth0b8b8d9cd6d type bridge_slave hairpin on
ip -n lab-shop-web-0 link set dev eth0 up
ip -n lab-shop-web-0 link set dev lo up
ip -n lab-shop-web-0 address add fd00:1:1::2/64 dev eth0 nodad
ip -n lab-shop-web-0 -6 route add default via fd00:1:1::1 dev eth0 proto 75
ip link add name veth9cb9325c97a mtu 1430 type veth peer name eth0 address 0a:00:00:00:00:03 mtu 1430 netns /proc/4711/ns/net
ip link set dev veth9cb9325c97a addrgenmode none
ip link set dev veth9cb9325c97a master k8snet0 alias 'k8snet pod shop/web-1' up
ip link set dev veth9cb9325c97a type bridge_slave hairpin on
nsenter --net=/proc/4711/ns/net ip link set dev eth0 up
nsenter --net=/proc/4711/ns/net ip link set dev lo up
nsenter --net=/proc/4711/ns/net ip address add fd00:1:1::3/64 dev eth0 nodad
nsenter --net=/proc/4711/ns/net ip -6 route add default via fd00:1:1::1 dev eth0 proto 75
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
add chain ip6 k8snet node-port-local-tcp-1-0
flush chain ip6 k8snet node-port-local-tcp-1-0
add rule ip6 k8snet node-port-local-tcp-1-0 ip6 saddr @pod-networks dnat ip6 to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-1-0 iifname @pod-interfaces dnat ip6 to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-1-0 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip6 to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip6 k8snet node-port-local-tcp-1-0 drop
END
nft -f - <<'END'
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
add element ip6 k8snet balancers { 80ff:0 . sctp : goto no-endpoints }
add element ip6 k8snet services { fd00:96::11 . sctp . 9000 : 80ff:0 }
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
add element ip6 k8snet balancers { 80ff:1 . tcp : goto no-local-endpoints }
add element ip6 k8snet services { fd00:96::13 . tcp . 80 : 80ff:1 }
add element ip6 k8snet node-port-endpoints-tcp { 30083 . 0 : fd00:1:2::2 . 8080 }
add element ip6 k8snet node-port-chains { tcp . 30083 : goto node-port-local-tcp-1-0 }
add element ip6 k8snet node-addresses { fd00:100::1/128 }
add element ip6 k8snet pod-networks { fd00:1:1::/64 }
add element ip6 k8snet pod-networks { fd00:1:2::/64 }
add element ip6 k8snet pod-networks { fd00:1:3::/64 }
add element ip6 k8snet unmasqueraded { fd00:1:1::/64 }
add element ip6 k8snet unmasqueraded { fd00:1:2::/64 }
add element ip6 k8snet unmasqueraded { fd00:1:3::/64 }
add element ip6 k8snet hairpin { fd00:1:1::2 . fd00:1:1::2 }
add element ip6 k8snet hairpin { fd00:1:1::3 . fd00:1:1::3 }
add element ip6 k8snet cluster-ips { fd00:96::10 }
add element ip6 k8snet cluster-ips { fd00:96::11 }
add element ip6 k8snet cluster-ips { fd00:96::12 }
add element ip6 k8snet cluster-ips { fd00:96::13 }
END
conntrack -D -f ipv6 -w 0 -p udp --orig-dst fd00:96::10 --orig-port-dst 53 --reply-src fd00:96::10 --reply-port-src 53 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst 2001:db8::7 --orig-port-dst 53 --reply-src 2001:db8::7 --reply-port-src 53 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst 2001:db8:1::10 --orig-port-dst 53 --reply-src 2001:db8:1::10 --reply-port-src 53 || :
conntrack -D -f ipv6 -w 0 -p udp --orig-dst fd00:100::1 --orig-port-dst 30053 --reply-src fd00:100::1 --reply-port-src 30053 || :
nft -f - <<'END'
add chain ip6 k8snet masquerade-0x00004000
END
