sysctl -qw net.ipv4.ip_forward=1
ip link add name vxlan4.1 address 32:8d:0f:05:e3:4e mtu 1450 type vxlan id 1 local 10.100.0.1 dev eth0 dstport 8472 nolearning
ip link set dev vxlan4.1 addrgenmode none
ip link set dev vxlan4.1 alias 'k8snet overlay' up
ip address add 10.1.1.0/32 dev vxlan4.1
ip neigh replace 10.1.2.0 lladdr 82:4b:b6:2f:54:4e nud permanent dev vxlan4.1
bridge fdb replace 82:4b:b6:2f:54:4e dev vxlan4.1 dst 10.100.0.2 self permanent
ip route add 10.1.2.0/24 via 10.1.2.0 dev vxlan4.1 onlink proto 75
ip neigh replace 10.1.3.0 lladdr e6:5d:b3:15:2f:a0 nud permanent dev vxlan4.1
bridge fdb replace e6:5d:b3:15:2f:a0 dev vxlan4.1 dst 10.100.0.3 self permanent
ip route add 10.1.3.0/24 via 10.1.3.0 dev vxlan4.1 onlink proto 75
ip link add name veth0b8b8d9cd6d address ee:ee:ee:ee:ee:ee mtu 1450 type veth peer name eth0 address 0a:58:0a:01:01:02 mtu 1450 netns lab-shop-web-0
ip link set dev veth0b8b8d9cd6d addrgenmode none
ip link set dev veth0b8b8d9cd6d alias 'k8snet pod shop/web-0' up
ip -n lab-shop-web-0 link set dev eth0 up
ip -n lab-shop-web-0 link set dev lo up
ip -n lab-shop-web-0 address add 10.1.1.2/32 dev eth0
ip -n lab-shop-web-0 neigh replace 169.254.1.1 lladdr ee:ee:ee:ee:ee:ee nud permanent dev eth0
ip -n lab-shop-web-0 route add default via 169.254.1.1 dev eth0 onlink proto 75
ip neigh replace 10.1.1.2 lladdr 0a:58:0a:01:01:02 nud permanent dev veth0b8b8d9cd6d
ip route add 10.1.1.2/32 dev veth0b8b8d9cd6d proto 75
ip link add name veth9cb9325c97a address ee:ee:ee:ee:ee:ee mtu 1450 type veth peer name eth0 address 0a:00:00:00:00:03 mtu 1450 netns /proc/4711/ns/net
ip link set dev veth9cb9325c97a addrgenmode none
ip link set dev veth9cb9325c97a alias 'k8snet pod shop/web-1' up
nsenter --net=/proc/4711/ns/net ip link set dev eth0 up
nsenter --net=/proc/4711/ns/net ip link set dev lo up
nsenter --net=/proc/4711/ns/net ip address add 10.1.1.3/32 dev eth0
nsenter --net=/proc/4711/ns/net ip neigh replace 169.254.1.1 lladdr ee:ee:ee:ee:ee:ee nud permanent dev eth0
nsenter --net=/proc/4711/ns/net ip route add default via 169.254.1.1 dev eth0 onlink proto 75
ip neigh replace 10.1.1.3 lladdr 0a:00:00:00:00:03 nud permanent dev veth9cb9325c97a
ip route add 10.1.1.3/32 dev veth9cb9325c97a proto 75
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
add chain ip k8snet node-port-local-tcp-1-0
flush chain ip k8snet node-port-local-tcp-1-0
add rule ip k8snet node-port-local-tcp-1-0 ip saddr @pod-networks dnat ip to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-1-0 iifname @pod-interfaces dnat ip to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-1-0 fib saddr type local meta mark set meta mark | 0x00004000 dnat ip to tcp dport . numgen random mod 1 map @node-port-endpoints-tcp
add rule ip k8snet node-port-local-tcp-1-0 drop
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
add element ip k8snet balancers { 80ff:0 . sctp : goto no-endpoints }
add element ip k8snet services { 10.96.0.11 . sctp . 9000 : 80ff:0 }
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
add element ip k8snet balancers { 80ff:1 . tcp : goto no-local-endpoints }
add element ip k8snet services { 10.96.0.13 . tcp . 80 : 80ff:1 }
add element ip k8snet node-port-endpoints-tcp { 30083 . 0 : 10.1.2.2 . 8080 }
add element ip k8snet node-port-chains { tcp . 30083 : goto node-port-local-tcp-1-0 }
add element ip k8snet node-addresses { 10.100.0.1/32 }
add element ip k8snet pod-interfaces { "veth*" }
add element ip k8snet pod-interfaces { "cni0" }
add element ip k8snet unmasqueraded-interfaces { "veth*" }
add element ip k8snet unmasqueraded-interfaces { "cni0" }
add element ip k8snet hairpin { 10.1.1.2 . 10.1.1.2 }
add element ip k8snet hairpin { 10.1.1.3 . 10.1.1.3 }
add element ip k8snet cluster-ips { 10.96.0.10 }
add element ip k8snet cluster-ips { 10.96.0.11 }
add element ip k8snet cluster-ips { 10.96.0.12 }
add element ip k8snet cluster-ips { 10.96.0.13 }
END
conntrack -D -w 0 -p udp --orig-dst 10.96.0.10 --orig-port-dst 53 --reply-src 10.96.0.10 --reply-port-src 53 || :
conntrack -D -w 0 -p udp --orig-dst 198.51.100.7 --orig-port-dst 53 --reply-src 198.51.100.7 --reply-port-src 53 || :
conntrack -D -w 0 -p udp --orig-dst 192.0.2.10 --orig-port-dst 53 --reply-src 192.0.2.10 --reply-port-src 53 || :
conntrack -D -w 0 -p udp --orig-dst 10.100.0.1 --orig-port-dst 30053 --reply-src 10.100.0.1 --reply-port-src 30053 || :
nft -f - <<'END'
add chain ip k8snet masquerade-0x00004000
END
