/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may use a service, who serves it, for whom its endpoints are, whether it is well. */
#include "load_text.h"

static struct k8snet_service *cart(struct model_fixture *f)
{
	return k8snet_cluster_find_service(f->cluster, "shop", "cart");
}

static struct k8snet_endpointslice *cart_x(struct model_fixture *f)
{
	return k8snet_cluster_find_endpointslice(f->cluster, "shop", "cart-x");
}

static void source_ranges(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_service *s;
	uint64_t generation;

	assert_int_equal(load(f, SERVICE("'clusterIP':'10.96.0.1','ports':[{'port':80}],"
					 "'loadBalancerSourceRanges':[' 10.1.2.3/8\\t',"
					 "'10.0.0.0/8','2001:DB8::/32 ']")),
			 0);
	s = cart(f);
	expect_prefix(k8snet_service_get_source_range(s, 0), "10.0.0.0/8");
	expect_prefix(k8snet_service_get_source_range(s, 1), "2001:db8::/32");
	assert_null(k8snet_service_get_source_range(s, 2));
	generation = k8snet_cluster_get_generation(f->cluster);
	assert_int_equal(k8snet_service_add_source_range(s, "10.0.0.0/8"), 0);
	assert_int_equal(k8snet_cluster_get_generation(f->cluster), generation);
	expect_error(f->ctx, k8snet_service_add_source_range(s, "10.0.0.0"), -EINVAL,
		     "Service shop/cart: cidr: \"10.0.0.0\" is not a CIDR");
	expect_error(f->ctx, k8snet_service_add_source_range(s, "10. 0.0.0/8"), -EINVAL, "");
	expect_error(f->ctx, k8snet_service_add_source_range(s, "  "), -EINVAL, "");
	expect_error(f->ctx, k8snet_service_add_source_range(s, NULL), -EINVAL, "");
	assert_int_equal(k8snet_service_clear_source_ranges(s), 0);
	assert_int_equal(k8snet_service_clear_source_ranges(s), 0);
	assert_int_equal(k8snet_cluster_get_generation(f->cluster), generation + 1);
	assert_null(k8snet_service_get_source_range(s, 0));
	refuse(f,
	       SERVICE("'clusterIP':'10.96.0.1','ports':[{'port':80}],"
		       "'loadBalancerSourceRanges':['10.0.0.0/33']"),
	       -EINVAL, "shop.json: Service shop/cart: spec.loadBalancerSourceRanges[0]: ");
}

#define LABELLED(labels)                                                             \
	"{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'shop','name':" \
	"'cart','labels':{" labels "}},'spec':{'clusterIP':'10.96.0.1',"             \
	"'healthCheckNodePort':30500,'ports':[{'port':80}]}}"

static void proxy_name(void **state)
{
	struct model_fixture *f = *state;

	assert_int_equal(load(f, LABELLED("'a':'b'")), 0);
	assert_null(k8snet_service_get_proxy_name(cart(f)));
	assert_int_equal(load(f, LABELLED("'service.kubernetes.io/service-proxy-name':'x'")), 0);
	assert_string_equal(k8snet_service_get_proxy_name(cart(f)), "x");
	assert_int_equal(load(f, LABELLED("'service.kubernetes.io/service-proxy-name':''")), 0);
	assert_string_equal(k8snet_service_get_proxy_name(cart(f)), "");
	assert_int_equal(load(f, LABELLED("")), 0);
	assert_null(k8snet_service_get_proxy_name(cart(f)));
	expect_error(f->ctx, k8snet_service_set_proxy_name(cart(f), "a b"), -EINVAL,
		     "Service shop/cart: proxy_name: ");
}

static void hints(void **state)
{
	struct model_fixture *f = *state;
	char text[2200];

	assert_int_equal(
		load(f, SLICE("'addressType':'IPv4','ports':[{'port':80}],'endpoints':["
			      "{'addresses':['10.1.1.2'],'hints':{'forZones':[{'name':'a'},"
			      "{'name':'b'}],'forNodes':[{'name':'n1'}]}},"
			      "{'addresses':['10.1.1.3']}]")),
		0);
	assert_string_equal(k8snet_endpointslice_get_endpoint_zone_hints(cart_x(f), 0), "a,b");
	assert_string_equal(k8snet_endpointslice_get_endpoint_node_hints(cart_x(f), 0), "n1");
	assert_null(k8snet_endpointslice_get_endpoint_zone_hints(cart_x(f), 1));
	assert_null(k8snet_endpointslice_get_endpoint_node_hints(cart_x(f), 2));
	assert_int_equal(
		k8snet_endpointslice_set_endpoint_hints(cart_x(f), "10.1.1.3", "n1,n2", ""), 0);
	assert_string_equal(k8snet_endpointslice_get_endpoint_node_hints(cart_x(f), 1), "n1,n2");
	assert_int_equal(k8snet_endpointslice_set_endpoint_hints(cart_x(f), "10.1.1.9", NULL, NULL),
			 -ENOENT);
	expect_error(f->ctx,
		     k8snet_endpointslice_set_endpoint_hints(cart_x(f), "10.1.1.2", "n1,", NULL),
		     -EINVAL, "EndpointSlice shop/cart-x: nodes: has an empty name");
	expect_error(f->ctx,
		     k8snet_endpointslice_set_endpoint_hints(cart_x(f), "10.1.1.2", NULL, "a b"),
		     -EINVAL, "EndpointSlice shop/cart-x: zones: ");
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	expect_error(f->ctx,
		     k8snet_endpointslice_set_endpoint_hints(cart_x(f), "10.1.1.2", NULL, text),
		     -E2BIG, "");
	assert_string_equal(k8snet_endpointslice_get_endpoint_zone_hints(cart_x(f), 0), "a,b");
	pass_over(f,
		  SLICE("'addressType':'IPv4','ports':[],'endpoints':[{'addresses':['10.1.1.2'],"
			"'hints':{'forNodes':[{'name':'N!'}]}}]"),
		  "EndpointSlice shop/cart-x: endpoints[0].hints");
}

#define ENDPOINT(host, rest) "{'addresses':['10.1.1." host "'],'nodeName':'n1'" rest "}"

static void health(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_endpointslice *other;

	assert_int_equal(load(f, LABELLED("")), 0);
	assert_int_equal(k8snet_service_get_health_check_node_port(cart(f)), 30500);
	assert_int_equal(k8snet_service_set_health_check_node_port(cart(f), 0), 0);
	assert_int_equal(k8snet_service_get_health_check_node_port(cart(f)), 0);
	assert_int_equal(k8snet_service_count_local_endpoints(cart(f), "n1"), 0);
	assert_int_equal(
		load(f, SLICE("'addressType':'IPv4','ports':[{'port':80}],'endpoints':["
			      "{'addresses':['10.1.2.2'],'nodeName':'n2'},{'addresses':['10.1.1.9']"
			      "}," ENDPOINT("2", "") "," ENDPOINT("3", "") "," ENDPOINT(
				      "4", ",'conditions':{'ready':false,'serving':true}") "]")),
		0);
	assert_int_equal(k8snet_service_count_local_endpoints(cart(f), "n1"), 2);
	assert_int_equal(k8snet_service_count_local_endpoints(cart(f), "n2"), 1);
	assert_int_equal(k8snet_service_count_local_endpoints(cart(f), "n3"), 0);
	/* an address in two slices counts once; the other family does not */
	assert_int_equal(k8snet_endpointslice_new(&other, f->cluster, "shop", "more", "cart", 4),
			 0);
	k8snet_endpointslice_add_endpoint(other, "10.1.1.3", "n1", K8SNET_ENDPOINT_READY);
	k8snet_endpointslice_add_endpoint(other, "10.1.1.4", "n1", K8SNET_ENDPOINT_READY);
	/* a slice without a port leads nowhere */
	assert_int_equal(k8snet_service_count_local_endpoints(cart(f), "n1"), 2);
	k8snet_endpointslice_add_port(other, "", K8SNET_PROTOCOL_TCP, 80);
	k8snet_endpointslice_unref(other);
	assert_int_equal(k8snet_endpointslice_new(&other, f->cluster, "shop", "six", "cart", 6), 0);
	k8snet_endpointslice_add_port(other, "", K8SNET_PROTOCOL_TCP, 80);
	k8snet_endpointslice_add_endpoint(other, "fd00::1", "n1", K8SNET_ENDPOINT_READY);
	k8snet_endpointslice_unref(other);
	assert_int_equal(k8snet_service_count_local_endpoints(cart(f), "n1"), 3);
}

/* What has `add` has `clear`, which says so in the generation only if there was something. */
static void lists_are_emptied(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_endpointslice *slice;
	uint64_t generation;

	assert_int_equal(k8snet_cluster_add_pod_cidr(f->cluster, "10.1.0.0/16"), 0);
	assert_int_equal(k8snet_cluster_add_service_cidr(f->cluster, "10.96.0.0/16"), 0);
	assert_int_equal(k8snet_cluster_add_node_port_cidr(f->cluster, "10.100.0.0/16"), 0);
	assert_int_equal(k8snet_cluster_add_pod_interface(f->cluster, "veth*"), 0);
	assert_int_equal(k8snet_endpointslice_new(&slice, f->cluster, "a", "b", "c", 4), 0);
	assert_int_equal(k8snet_endpointslice_add_port(slice, "http", K8SNET_PROTOCOL_TCP, 80), 0);
	assert_int_equal(k8snet_endpointslice_add_endpoint(slice, "10.1.1.2", "n1", 1), 0);
	for (int i = 0; i < 2; i++) {
		generation = k8snet_cluster_get_generation(f->cluster);
		assert_int_equal(k8snet_cluster_clear_pod_cidrs(f->cluster), 0);
		assert_int_equal(k8snet_cluster_clear_service_cidrs(f->cluster), 0);
		assert_int_equal(k8snet_cluster_clear_node_port_cidrs(f->cluster), 0);
		assert_int_equal(k8snet_cluster_clear_pod_interfaces(f->cluster), 0);
		assert_int_equal(k8snet_endpointslice_clear_ports(slice), 0);
		assert_int_equal(k8snet_endpointslice_clear_endpoints(slice), 0);
		assert_int_equal(k8snet_cluster_get_generation(f->cluster) == generation, i);
	}
	assert_null(k8snet_cluster_get_pod_cidr(f->cluster, 0));
	assert_null(k8snet_cluster_get_service_cidr(f->cluster, 0));
	assert_null(k8snet_cluster_get_node_port_cidr(f->cluster, 0));
	assert_null(k8snet_cluster_get_pod_interface(f->cluster, 0));
	assert_int_equal(k8snet_endpointslice_count_ports(slice), 0);
	assert_int_equal(k8snet_endpointslice_count_endpoints(slice), 0);
	assert_int_equal(k8snet_endpointslice_add_endpoint(slice, "10.1.1.2", "n1", 1), 0);
	k8snet_endpointslice_remove(slice);
	assert_int_equal(k8snet_endpointslice_clear_ports(slice), -ENOENT);
	k8snet_endpointslice_unref(slice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		model_test(lists_are_emptied),
		model_test(source_ranges),
		model_test(proxy_name),
		model_test(hints),
		model_test(health),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
