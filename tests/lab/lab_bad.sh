#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bad manifests: a line each, that names file, object and field; and nothing is made.
. "${top_srcdir:-.}/tests/lab/plain.sh"

# service NAME LINE...: the spec of a Service on standard input.
service() {
	service_name=$1
	shift
	{
		printf 'apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec:\n'
		indent 2
	} | bad "$service_name" "$@"
}

# deployment NAME LINE...: the same for a Deployment.
deployment() {
	deployment_name=$1
	shift
	{
		printf 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart, namespace: shop}\n'
		printf 'spec:\n'
		indent 2
	} | bad "$deployment_name" "$@"
}

ingress() {
	ingress_name=$1
	shift
	{
		printf 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n'
		indent 2
	} | bad "$ingress_name" "$@"
}

# --- not YAML, not JSON -------------------------------------------------------
bad "not YAML" "FILE: line 3: not YAML: did not find expected ',' or '}', while parsing a flow mapping" <<'END'
kind: {a: b
c
END
bad "a tab as indentation" \
	"FILE: line 2: not YAML: found character that cannot start any token, while scanning for the next token" <<'END'
kind:
	Service
END
bad "not JSON either" "FILE: line 3: not JSON: expected a key in quotes" <<'END'
{
  "kind": "Service",
}}
END
bad "JSON that ends too soon" "FILE: line 2: not JSON: unexpected end of the text" <<'END'
{"kind": "Service"
END
bad "a duplicate key" 'FILE: line 4: duplicate key "port"' <<'END'
spec:
  ports:
    - port: 80
      port: 81
END
bad "a duplicate key in JSON" 'FILE: line 2: duplicate key "kind"' <<'END'
{"kind": "Service",
 "kind": "Pod"}
END
bad "an alias of nothing" "FILE: line 1: unknown anchor nothing" <<'END'
a: *nothing
END
bad "an alias inside of what it stands for" "FILE: line 1: unknown anchor a" <<'END'
&a [*a]
END
bad "a NUL in a string" "FILE: line 1: a NUL character in a string" <<'END'
a: "x\0y"
END
bad "a key that is a list" "FILE: line 1: a key that is not a scalar" <<'END'
? [a]
: b
END
bad "a number that JSON lacks" "FILE: line 1: .inf is not a number of JSON" <<'END'
a: .inf
END
printf 'a: "\377"\n' | bad "not UTF-8" "FILE: line 1: not YAML: invalid leading UTF-8 octet"
printf '{"a": "\377"}\n' | bad "not UTF-8 in JSON" "FILE: line 1: not JSON: invalid UTF-8"
{
	printf '{"a": '
	i=0
	while test $i -lt 70; do
		printf '['
		i=$((i + 1))
	done
} | bad "nested too deep in JSON" "FILE: line 1: more than 64 levels of nesting"
i=0
while test $i -lt 70; do
	printf '%*sa:\n' $i ''
	i=$((i + 1))
done | bad "nested too deep in YAML" "FILE: line 65: nested more than 64 levels deep"
"$python" -c 'print("a: " + "[" * 1000000)' |
	bad "a million brackets" "FILE: line 1: nested more than 64 levels deep"
{
	echo 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
	i=1
	while test $i -lt 12; do
		p=a$((i - 1))
		echo "a$i: &a$i [*$p, *$p, *$p, *$p, *$p, *$p, *$p, *$p, *$p, *$p]"
		i=$((i + 1))
	done
} | bad "a bomb of aliases" "FILE: line 7: more than 2000000 values"
truncate -s 8G "$scratch/huge.yaml"
echo "huge.yaml: larger than 64 MiB" >"$scratch/expected"
refuses "a file of gigabytes" -f huge.yaml
rm "$scratch/huge.yaml"
echo "/dev/zero: larger than 64 MiB" >"$scratch/expected"
refuses "a device without an end" -f /dev/zero
echo "absent.yaml: No such file or directory" >"$scratch/expected"
refuses "no such file" -f absent.yaml
echo ".: Is a directory" >"$scratch/expected"
refuses "a directory" -f .
bad "nothing in it" "FILE: no Kubernetes objects" <<'END'
# only a comment
---
---
END

# --- what Kubernetes does not have ------------------------------------------------
deployment "an unknown field" "FILE: Deployment shop/cart: spec.template.spec.contianers: unknown field" \
	"FILE: Deployment shop/cart: spec.replica: unknown field" <<'END'
selector: {matchLabels: {app: cart}}
template:
  metadata: {labels: {app: cart}}
  spec: {contianers: [{name: c}]}
replica: 3
END
service "an unknown field of an item" "FILE: Service shop/cart: spec.ports[1].targetport: unknown field" <<'END'
ports: [{name: a, port: 80}, {name: b, port: 81, targetport: 8080}]
END
deployment "values of other types" \
	"FILE: Deployment shop/cart: spec.template.spec.containers[0].env[0].value: is not a string" \
	"FILE: Deployment shop/cart: spec.template.spec.containers[0].resources.limits.cpu: is not a quantity" \
	"FILE: Deployment shop/cart: spec.template.spec.nodeSelector.zone: is not a string" <<'END'
selector: {matchLabels: {app: cart}}
template:
  metadata: {labels: {app: cart}, creationTimestamp: null}
  spec:
    containers: [{name: c, env: [{name: DEBUG, value: true}], resources: {limits: {cpu: [1], memory: 1}}}]
    nodeSelector: {zone: 1}
END
bad "a kind that there is not" "FILE: Deploymnet default/web: kind: there is no Deploymnet in apps/v1" <<'END'
{apiVersion: apps/v1, kind: Deploymnet, metadata: {name: web}}
END
bad "an old version" \
	"FILE: Ingress default/web: apiVersion: extensions/v1beta1 is not served by Kubernetes 1.37: Ingress is in networking.k8s.io/v1" \
	"FILE: CronJob default/job: apiVersion: batch/v1beta1 is not served by Kubernetes 1.37: CronJob is in batch/v1" <<'END'
{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: web}}
---
{apiVersion: batch/v1beta1, kind: CronJob, metadata: {name: job}}
END
bad "one without apiVersion hides no others" "FILE: object 1: Service: apiVersion: missing" \
	"FILE: Pod default/b: spec: missing" <<'END'
{kind: Service, metadata: {name: a}}
---
{apiVersion: v1, kind: Pod, metadata: {name: b}}
END
# --- objects ------------------------------------------------------------------
bad "no object" "FILE: object 2: not a Kubernetes object" <<'END'
apiVersion: v1
kind: ConfigMap
---
hello
END
bad "no kind" "FILE: object 1: kind: missing" <<'END'
apiVersion: v1
END
bad "no apiVersion" "FILE: object 1: Service: apiVersion: missing" <<'END'
kind: Service
END
bad "no metadata" "FILE: object 1: Service: metadata: missing" <<'END'
{apiVersion: v1, kind: Service}
END
bad "no name" "FILE: object 1: Pod: metadata.name: missing" <<'END'
{apiVersion: v1, kind: Pod, metadata: {}}
END
bad "a name that is a number" "FILE: object 1: Pod: metadata.name: is not a string" <<'END'
{apiVersion: v1, kind: Pod, metadata: {name: 12}}
END
bad "a name that is no DNS label" \
	'FILE: object 1: Service: metadata.name: "Cart_1" is not a DNS label' <<'END'
{apiVersion: v1, kind: Service, metadata: {name: Cart_1}}
END
bad "a name with a path in it" \
	'FILE: object 1: Pod: metadata.name: "../../etc" is not a DNS subdomain' <<'END'
{apiVersion: v1, kind: Pod, metadata: {name: ../../etc}}
END
bad "a name with control characters" \
	'FILE: object 1: Pod: metadata.name: "a\x1b[2J\x0ab" is not a DNS subdomain' <<'END'
{apiVersion: v1, kind: Pod, metadata: {name: "a\e[2J\nb"}}
END
bad "a namespace that is no DNS label" \
	'FILE: Pod default/a: metadata.namespace: "My.Shop" is not a DNS label' <<'END'
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: My.Shop}}
END
bad "labels that are no strings" \
	"FILE: Pod default/a: metadata.labels.version: is not a string" <<'END'
{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {version: 1.0}}}
END
bad "one name twice" \
	"FILE: Service shop/cart: metadata.name: given twice" <<'END'
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, spec: {ports: [{port: 80}]}}
END
echo '{apiVersion: v1, kind: Service, metadata: {name: cart}, spec: {ports: [{port: 80}]}}' \
	>"$scratch/one.yaml"
cp "$scratch/one.yaml" "$scratch/two.yaml"
echo "two.yaml: Service default/cart: metadata.name: given twice, in one.yaml too" \
	>"$scratch/expected"
refuses "one name in two files" -f one.yaml -f two.yaml

# --- services -----------------------------------------------------------------
service "a service without ports" "FILE: Service shop/cart: spec.ports: missing" <<'END'
selector: {app: cart}
END
service "a service with no ports" "FILE: Service shop/cart: spec.ports: is empty" <<'END'
ports: []
END
service "a port out of range" \
	"FILE: Service shop/cart: spec.ports[0].port: 70000 is not in 1..65535" <<'END'
ports: [{port: 70000}]
END
service "a port that is no number" \
	"FILE: Service shop/cart: spec.ports[0].port: is not an integer" <<'END'
ports: [{port: "80"}]
END
service "a port that is larger than any integer" \
	"FILE: Service shop/cart: spec.ports[0].port: is not an integer" <<'END'
ports: [{port: 99999999999999999999999}]
END
service "ports without names" \
	"FILE: Service shop/cart: spec.ports[1].name: missing: a service of several ports names them" <<'END'
ports: [{name: a, port: 80}, {port: 81}]
END
service "two ports of one name" \
	'FILE: Service shop/cart: spec.ports[1].name: "a" is the name of ports[0] too' <<'END'
ports: [{name: a, port: 80}, {name: a, port: 81}]
END
service "one port twice" \
	"FILE: Service shop/cart: spec.ports[1].port: 80/TCP is that of ports[0] too" <<'END'
ports: [{name: a, port: 80}, {name: b, port: 80}]
END
service "an unknown protocol" \
	'FILE: Service shop/cart: spec.ports[0].protocol: "ICMP" is not known' <<'END'
ports: [{port: 80, protocol: ICMP}]
END
service "a bad targetPort" \
	'FILE: Service shop/cart: spec.ports[0].targetPort: "HTTP!" is not a port'"'"'s name or number' <<'END'
ports: [{port: 80, targetPort: "HTTP!"}]
END
service "a targetPort out of range" \
	"FILE: Service shop/cart: spec.ports[0].targetPort: 0 is not in 1..65535" <<'END'
ports: [{port: 80, targetPort: 0}]
END
service "a node port out of range" \
	"FILE: Service shop/cart: spec.ports[0].nodePort: 8080 is not in 30000..32767" <<'END'
type: NodePort
ports: [{port: 80, nodePort: 8080}]
END
service "a node port of a ClusterIP service" \
	"FILE: Service shop/cart: spec.ports[0].nodePort: not with type ClusterIP" <<'END'
ports: [{port: 80, nodePort: 30080}]
END
service "an unknown type" 'FILE: Service shop/cart: spec.type: "Balancer" is not known' <<'END'
type: Balancer
ports: [{port: 80}]
END
service "a bad clusterIP" \
	'FILE: Service shop/cart: spec.clusterIP: "10.96.0.256" is not an IP address' <<'END'
clusterIP: 10.96.0.256
ports: [{port: 80}]
END
service "a loopback address" "FILE: Service shop/cart: spec.externalIPs[0]: 127.0.0.1 cannot be used" <<'END'
externalIPs: [127.0.0.1]
ports: [{port: 80}]
END
service "a clusterIP of pods" \
	"FILE: Service shop/cart: spec.clusterIP: 10.1.2.3 is in the network of the pods" <<'END'
clusterIP: 10.1.2.3
ports: [{port: 80}]
END
service "a clusterIP of nodes" \
	"FILE: Service shop/cart: spec.clusterIP: 10.100.0.1 is in the network of the nodes" <<'END'
clusterIP: 10.100.0.1
ports: [{port: 80}]
END
service "a headless node port" \
	"FILE: Service shop/cart: spec.clusterIP: None: not with type NodePort" <<'END'
type: NodePort
clusterIP: None
ports: [{port: 80}]
END
service "an affinity for too long" \
	"FILE: Service shop/cart: spec.sessionAffinityConfig.clientIP.timeoutSeconds: 100000 is not in 1..86400" <<'END'
sessionAffinity: ClientIP
sessionAffinityConfig: {clientIP: {timeoutSeconds: 100000}}
ports: [{port: 80}]
END
service "a selector that is a list" "FILE: Service shop/cart: spec.selector: is not an object" <<'END'
selector: [app]
ports: [{port: 80}]
END
service "an ExternalName without a name" "FILE: Service shop/cart: spec.externalName: missing" <<'END'
type: ExternalName
END
bad "two services with one clusterIP" \
	"FILE: Service default/b: spec.clusterIP: 10.96.0.7 is the address of Service default/a" <<'END'
{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: 10.96.0.7, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {clusterIP: 10.96.0.7, ports: [{port: 81}]}}
END
bad "two services with one node port" \
	"FILE: Service default/b: spec.ports[0].nodePort: 30080 is that of Service default/a too" <<'END'
{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}}
END
bad "two services with one external address and port" \
	"FILE: Service default/b: spec.externalIPs: 192.0.2.1 TCP/80 is that of Service default/a too" <<'END'
{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {externalIPs: [192.0.2.1], ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {externalIPs: [192.0.2.1], ports: [{port: 80}]}}
END
bad "all that is wrong, a line for each object" \
	"FILE: Service default/a: spec.ports: missing" \
	"FILE: Service default/b: spec.ports[0].port: 0 is not in 1..65535" \
	"FILE: Pod default/c: spec: missing" <<'END'
{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {}}
---
{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {ports: [{port: 0}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: c}}
END

# --- workloads ----------------------------------------------------------------
deployment "no selector" "FILE: Deployment shop/cart: spec.selector: missing" <<'END'
template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: a}]}}
END
deployment "an empty selector" "FILE: Deployment shop/cart: spec.selector: is empty" <<'END'
selector: {}
template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: a}]}}
END
deployment "a selector that selects others" \
	"FILE: Deployment shop/cart: spec.selector: does not match the labels of the template" <<'END'
selector: {matchLabels: {app: cart}}
template: {metadata: {labels: {app: card}}, spec: {containers: [{name: a}]}}
END
deployment "an unknown operator" \
	'FILE: Deployment shop/cart: spec.selector.matchExpressions[0].operator: "Is" is not known' <<'END'
selector: {matchExpressions: [{key: app, operator: Is, values: [cart]}]}
template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: a}]}}
END
deployment "no template" "FILE: Deployment shop/cart: spec.template: missing" <<'END'
selector: {matchLabels: {app: cart}}
END
deployment "no containers" "FILE: Deployment shop/cart: spec.template.spec.containers: is empty" <<'END'
selector: {matchLabels: {app: cart}}
template: {metadata: {labels: {app: cart}}, spec: {containers: []}}
END
deployment "a container port out of range" \
	"FILE: Deployment shop/cart: spec.template.spec.containers[0].ports[0].containerPort: -1 is not in 1..65535" <<'END'
selector: {matchLabels: {app: cart}}
template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: a, ports: [{containerPort: -1}]}]}}
END
deployment "a bad name of a port" \
	'FILE: Deployment shop/cart: spec.template.spec.containers[0].ports[0].name: "a-name-of-17-char" is not a port'"'"'s name (at most 15 of a-z, 0-9 and -)' <<'END'
selector: {matchLabels: {app: cart}}
template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: a, ports: [{name: a-name-of-17-char, containerPort: 1}]}]}}
END
deployment "fewer than no replicas" \
	"FILE: Deployment shop/cart: spec.replicas: -1 is not in 0..100000" <<'END'
replicas: -1
selector: {matchLabels: {app: cart}}
template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: a}]}}
END
deployment "more replicas than addresses" \
	"FILE: Deployment shop/cart: spec.replicas: more pods than the lab has room for: 759 on 3 nodes" <<'END'
replicas: 100000
selector: {matchLabels: {app: cart}}
template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: a}]}}
END
bad "two pods with one network namespace" \
	"FILE: Pod a/b-c: metadata.name: pod b-c: its network namespace lab-a-b-c is that of a-b/c too" <<'END'
{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: a-b}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: b-c, namespace: a}, spec: {containers: [{name: a}]}}
END

# --- ingresses ----------------------------------------------------------------
ingress "an ingress without rules" \
	"FILE: Ingress default/web: spec.rules: missing, and there is no defaultBackend" <<'END'
ingressClassName: x
END
ingress "no pathType" "FILE: Ingress default/web: spec.rules[0].http.paths[0].pathType: missing" <<'END'
rules: [{http: {paths: [{path: /, backend: {service: {name: a, port: {number: 80}}}}]}}]
END
ingress "a path that does not begin with /" \
	'FILE: Ingress default/web: spec.rules[0].http.paths[0].path: "a" does not begin with /' <<'END'
rules: [{http: {paths: [{path: a, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]
END
ingress "a wildcard in the middle" \
	'FILE: Ingress default/web: spec.rules[0].host: "a.*.b" is not a host, nor *. and a host' <<'END'
rules: [{host: a.*.b}]
END
ingress "a backend without a port" \
	"FILE: Ingress default/web: spec.defaultBackend.service.port: has neither name nor number" <<'END'
defaultBackend: {service: {name: a, port: {}}}
END

exit $failed
