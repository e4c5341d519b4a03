/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the backends of a service are chosen: policies and weights. */
#include "base/strbuf.h"
#include "load_text.h"

static struct k8snet_service *cart(struct model_fixture *f)
{
	return k8snet_cluster_find_service(f->cluster, "shop", "cart");
}

static struct k8snet_endpointslice *cart_x(struct model_fixture *f)
{
	return k8snet_cluster_find_endpointslice(f->cluster, "shop", "cart-x");
}

static const char *const names[] = {"random", "round-robin", "source-hash", "consistent-hash",
				    "weighted"};

static void policies_have_names(void **state)
{
	(void)state;

	for (int i = 0; i < 5; i++)
		assert_string_equal(k8snet_load_balancing_get_name(i), names[i]);
	assert_null(k8snet_load_balancing_get_name(5));
	assert_null(k8snet_load_balancing_get_name((enum k8snet_load_balancing) - 1));
	assert_int_equal(K8SNET_LOAD_BALANCING_CONSISTENT_HASH, 3);
}

static void policies_are_set(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_service *s;
	uint64_t generation;

	assert_int_equal(k8snet_service_new(&s, f->cluster, "shop", "cart"), 0);
	assert_int_equal(k8snet_service_get_load_balancing(s), K8SNET_LOAD_BALANCING_RANDOM);
	for (int i = 4; i >= 0; i--) {
		assert_int_equal(k8snet_service_set_load_balancing(s, i), 0);
		assert_int_equal(k8snet_service_get_load_balancing(s), i);
	}
	generation = k8snet_cluster_get_generation(f->cluster);
	assert_int_equal(k8snet_service_set_load_balancing(s, 0), 0);
	assert_int_equal(k8snet_service_set_load_balancing(s, 5), -EINVAL);
	assert_int_equal(k8snet_service_set_load_balancing(s, (enum k8snet_load_balancing) - 1),
			 -EINVAL);
	assert_int_equal(k8snet_service_set_load_balancing(s, 256), -EINVAL);
	assert_int_equal(k8snet_cluster_get_generation(f->cluster), generation);
	assert_int_equal(k8snet_service_remove(s), 0);
	assert_int_equal(k8snet_service_set_load_balancing(s, 1), -ENOENT);
	k8snet_service_unref(s);
}

#define ANNOTATED(value)                                                        \
	"{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'shop',"   \
	"'name':'cart','annotations':{'k8snet.io/load-balancing':" value "}},'" \
	"spec':{'clusterIP':'10.96.0.1','ports':[{'port':80}]}}"
#define POLICY_AT "Service shop/cart: metadata.annotations[k8snet.io/load-balancing]: "

static void policies_are_read(void **state)
{
	struct model_fixture *f = *state;
	uint64_t generation;
	char text[512];

	for (int i = 4; i >= 0; i--) {
		snprintf(text, sizeof(text), ANNOTATED("'%s'"), names[i]);
		assert_int_equal(load(f, text), 0);
		assert_int_equal(k8snet_service_get_load_balancing(cart(f)), i);
	}
	assert_int_equal(load(f, ANNOTATED("'weighted'")), 0);
	generation = k8snet_cluster_get_generation(f->cluster);
	assert_int_equal(load(f, ANNOTATED("'weighted'")), 0);
	assert_int_equal(k8snet_cluster_get_generation(f->cluster), generation);
	pass_over(f, ANNOTATED("'Random'"),
		  POLICY_AT
		  "\"Random\" is none of random, round-robin, source-hash, consistent-hash, "
		  "weighted");
	pass_over(f, ANNOTATED("'random '"), POLICY_AT);
	pass_over(f, ANNOTATED("'random\\u0000'"), POLICY_AT);
	pass_over(f, ANNOTATED("1"), POLICY_AT);
	pass_over(f, ANNOTATED("['random']"), POLICY_AT);
	pass_over(f, ANNOTATED("'a\\n\\u001b[31m'"), POLICY_AT);
	/* Without it the default is back, and with an empty one. */
	assert_int_equal(load(f, SERVICE("'clusterIP':'10.96.0.1','ports':[{'port':80}]")), 0);
	assert_int_equal(k8snet_service_get_load_balancing(cart(f)), 0);
	assert_int_equal(load(f, ANNOTATED("'round-robin'")), 0);
	assert_int_equal(load(f, ANNOTATED("''")), 0);
	assert_int_equal(k8snet_service_get_load_balancing(cart(f)), 0);
}

static void weights_are_set(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_endpointslice *s;
	uint64_t generation;

	assert_int_equal(k8snet_endpointslice_new(&s, f->cluster, "shop", "cart-x", "cart", 4), 0);
	assert_int_equal(k8snet_endpointslice_add_endpoint(s, "10.1.1.2", NULL, 3), 0);
	assert_int_equal(k8snet_endpointslice_add_endpoint(s, "10.1.1.3", NULL, 3), 0);
	assert_int_equal(k8snet_endpointslice_get_endpoint_weight(s, 0), 1);
	assert_int_equal(k8snet_endpointslice_get_endpoint_weight(s, 2), 0);
	assert_int_equal(k8snet_endpointslice_set_endpoint_weight(s, "10.1.1.2", 256), 0);
	assert_int_equal(k8snet_endpointslice_set_endpoint_weight(s, "::ffff:10.1.1.3", 0), 0);
	assert_int_equal(k8snet_endpointslice_get_endpoint_weight(s, 0), 256);
	assert_int_equal(k8snet_endpointslice_get_endpoint_weight(s, 1), 0);
	generation = k8snet_cluster_get_generation(f->cluster);
	assert_int_equal(k8snet_endpointslice_set_endpoint_weight(s, "10.1.1.2", 256), 0);
	expect_error(f->ctx, k8snet_endpointslice_set_endpoint_weight(s, "10.1.1.2", 257), -EINVAL,
		     "EndpointSlice shop/cart-x: weight: 257 is not in 0..256");
	expect_error(f->ctx, k8snet_endpointslice_set_endpoint_weight(s, "10.1.1.2", 65536),
		     -EINVAL, "EndpointSlice shop/cart-x: weight: ");
	expect_error(f->ctx, k8snet_endpointslice_set_endpoint_weight(s, "10.1.1.4", 1), -ENOENT,
		     "EndpointSlice shop/cart-x: address: \"10.1.1.4\" is not an endpoint");
	expect_error(f->ctx, k8snet_endpointslice_set_endpoint_weight(s, "fd00::1", 1), -ENOENT,
		     "EndpointSlice shop/cart-x: address: ");
	expect_error(f->ctx, k8snet_endpointslice_set_endpoint_weight(s, "x", 1), -EINVAL,
		     "EndpointSlice shop/cart-x: address: ");
	expect_error(f->ctx, k8snet_endpointslice_set_endpoint_weight(s, NULL, 1), -EINVAL,
		     "EndpointSlice shop/cart-x: address: ");
	assert_int_equal(k8snet_cluster_get_generation(f->cluster), generation);
	assert_int_equal(k8snet_endpointslice_get_endpoint_weight(s, 0), 256);
	/* A new endpoint does not inherit the weight of the one that had its place. */
	assert_int_equal(k8snet_endpointslice_remove_endpoint(s, "10.1.1.2"), 0);
	assert_int_equal(k8snet_endpointslice_add_endpoint(s, "10.1.1.2", NULL, 3), 0);
	assert_int_equal(k8snet_endpointslice_get_endpoint_weight(s, 0), 0);
	assert_int_equal(k8snet_endpointslice_get_endpoint_weight(s, 1), 1);
	assert_int_equal(k8snet_endpointslice_remove(s), 0);
	assert_int_equal(k8snet_endpointslice_set_endpoint_weight(s, "10.1.1.2", 3), -ENOENT);
	k8snet_endpointslice_unref(s);
}

#define WEIGHED(type, weights, addresses)                                         \
	"{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','metadata':{" \
	"'namespace':'shop','name':'cart-x','labels':{"                           \
	"'kubernetes.io/service-name':'cart'},'annotations':{"                    \
	"'k8snet.io/weights':" weights "}},'addressType':'" type "','ports':[{"   \
	"'port':80}],'endpoints':[" addresses "]}"
#define ENDPOINTS  "{'addresses':['10.1.1.2']},{'addresses':['10.1.1.3']}"
#define WEIGHTS_AT "EndpointSlice shop/cart-x: metadata.annotations[k8snet.io/weights]: "

static void expect_weights(struct model_fixture *f, const char *text, unsigned int first,
			   unsigned int second)
{
	assert_int_equal(load(f, text), 0);
	assert_int_equal(k8snet_endpointslice_get_endpoint_weight(cart_x(f), 0), first);
	assert_int_equal(k8snet_endpointslice_get_endpoint_weight(cart_x(f), 1), second);
}

static void weights_are_read(void **state)
{
	struct model_fixture *f = *state;
	uint64_t generation;

	expect_weights(f, WEIGHED("IPv4", "'10.1.1.2=3, 10.1.1.3=0'", ENDPOINTS), 3, 0);
	generation = k8snet_cluster_get_generation(f->cluster);
	expect_weights(f, WEIGHED("IPv4", "'10.1.1.3=0,10.1.1.2=3'", ENDPOINTS), 3, 0);
	assert_int_equal(k8snet_cluster_get_generation(f->cluster), generation);
	expect_weights(f, WEIGHED("IPv4", "'10.1.1.2=4,10.1.1.3=0'", ENDPOINTS), 4, 0);
	assert_true(k8snet_cluster_get_generation(f->cluster) > generation);
	/* White space, an end of the range, an address that is not there. */
	expect_weights(
		f, WEIGHED("IPv4", "'\\n 10.1.1.3\\t=\\r 256 ,10.9.9.9=7,fd00::1=2 '", ENDPOINTS),
		1, 256);
	expect_weights(f, WEIGHED("IPv4", "'::ffff:10.1.1.3=5'", ENDPOINTS), 1, 5);
	expect_weights(f,
		       WEIGHED("IPv6", "'FD00:0::2=5'",
			       "{'addresses':['fd00::1']},{'addresses':['fd00::2']}"),
		       1, 5);
	/* No weights are as if there were no annotation. */
	expect_weights(f, WEIGHED("IPv4", "''", ENDPOINTS), 1, 1);
	expect_weights(f, WEIGHED("IPv4", "' \\n'", ENDPOINTS), 1, 1);
	expect_weights(f, WEIGHED("IPv4", "null", ENDPOINTS), 1, 1);
	/* An endpoint that is there twice has one weight. */
	expect_weights(f, WEIGHED("IPv4", "'10.1.1.2=9'", "{'addresses':['10.1.1.2']}," ENDPOINTS),
		       9, 1);
}

static void bad_weights_are_refused(void **state)
{
	struct model_fixture *f = *state;
	static const char *const bad[] = {
		"10.1.1.2",
		"10.1.1.2=",
		"10.1.1.2=x",
		"10.1.1.2=-1",
		"10.1.1.2=+1",
		"10.1.1.2=257",
		"10.1.1.2=1.5",
		"10.1.1.2=0x1",
		"10.1.1.2=1=1",
		"10.1.1.2=1 1",
		"=1",
		"10.1.1.2=1,",
		",10.1.1.2=1",
		"10.1.1.2=1,",
		"cart-0=1",
		"10.1.1.2:80=1",
		"10.1.1.2/32=1",
		"10.1.1.2=1;",
		"10.1.1.2=4294967297",
		"127.0.0.1=1",
		"10.9.9.9=300",
		"10.1.1.2==1",
		"10.1.1.2 10.1.1.3=1",
		"\\u0000",
		"10.1.1.2=1\\u0000",
	};
	char text[1024];

	assert_int_equal(load(f, WEIGHED("IPv4", "'10.1.1.3=7'", ENDPOINTS)), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), WEIGHED("IPv4", "'%s'", ENDPOINTS), bad[i]);
		pass_over(f, text, WEIGHTS_AT);
	}
	pass_over(f, WEIGHED("IPv4", "'10.1.1.2=1, 10.1.1.2=1'", ENDPOINTS), WEIGHTS_AT);
	pass_over(f, WEIGHED("IPv4", "'10.1.1.2=1,::ffff:10.1.1.2=2'", ENDPOINTS), WEIGHTS_AT);
	pass_over(f, WEIGHED("IPv4", "3", ENDPOINTS), WEIGHTS_AT);
	pass_over(f, WEIGHED("IPv4", "{'10.1.1.2':3}", ENDPOINTS), WEIGHTS_AT);
	pass_over(f, WEIGHED("IPv4", "'10.1.1.2=1, \\u001b[31m=2'", ENDPOINTS), WEIGHTS_AT);
	pass_over(f, WEIGHED("IPv4", "'10.1.1.2=x'", ENDPOINTS),
		  WEIGHTS_AT "\"10.1.1.2=x\" is not address=weight, with a weight in 0..256");
	/* What is good of it counts. */
	assert_int_equal(load(f, WEIGHED("IPv4", "'10.1.1.2=x, 10.1.1.3=0'", ENDPOINTS)), 0);
	assert_int_equal(k8snet_endpointslice_get_endpoint_weight(cart_x(f), 0), 1);
	assert_int_equal(k8snet_endpointslice_get_endpoint_weight(cart_x(f), 1), 0);
}

/* A slice with a weight for each of its endpoints, and so much white space after them. */
static char *large_slice(size_t endpoints, int space)
{
	struct strbuf b = {0};
	char *text;

	strbuf_add(&b, "{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','metadata':{"
		       "'namespace':'shop','name':'cart-x','labels':{"
		       "'kubernetes.io/service-name':'cart'},'annotations':{"
		       "'k8snet.io/weights':'");
	for (size_t i = 0; i < endpoints; i++)
		strbuf_printf(&b, "%s10.2.%zu.%zu=%zu", i ? "," : "", i / 250, i % 250, i % 257);
	strbuf_printf(&b, "%*s'}},'addressType':'IPv4','ports':[],'endpoints':[", space, "");
	for (size_t i = 0; i < endpoints; i++)
		strbuf_printf(&b, "%s{'addresses':['10.2.%zu.%zu']}", i ? "," : "", i / 250,
			      i % 250);
	strbuf_add(&b, "]}");
	assert_int_equal(strbuf_finish(&b, &text), 0);
	return text;
}

static void weights_have_limits(void **state)
{
	struct model_fixture *f = *state;
	char *text = large_slice(1000, 0);

	assert_int_equal(load(f, text), 0);
	assert_int_equal(k8snet_endpointslice_count_endpoints(cart_x(f)), 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(k8snet_endpointslice_get_endpoint_weight(cart_x(f), i), i % 257);
	free(text);
	text = large_slice(0, (256 << 10) + 1);
	pass_over(f, text, WEIGHTS_AT);
	free(text);
	text = large_slice(0, 256 << 10);
	assert_int_equal(load(f, text), 0);
	free(text);
}

/* A drained endpoint gets nothing from the load balancer outside, either. */
static void drained_endpoints_are_not_healthy(void **state)
{
	struct model_fixture *f = *state;

	assert_int_equal(load(f, ANNOTATED("'random'")), 0);
	assert_int_equal(load(f, WEIGHED("IPv4", "'10.1.1.2=0'",
					 "{'addresses':['10.1.1.2'],'nodeName':'n1'},"
					 "{'addresses':['10.1.1.3'],'nodeName':'n1'}")),
			 0);
	assert_int_equal(k8snet_service_count_local_endpoints(cart(f), "n1"), 1);
	k8snet_endpointslice_set_endpoint_weight(cart_x(f), "10.1.1.3", 0);
	assert_int_equal(k8snet_service_count_local_endpoints(cart(f), "n1"), 0);
	k8snet_endpointslice_set_endpoint_weight(cart_x(f), "10.1.1.2", 256);
	assert_int_equal(k8snet_service_count_local_endpoints(cart(f), "n1"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		model_test(policies_have_names), model_test(policies_are_set),
		model_test(policies_are_read),	 model_test(weights_are_set),
		model_test(weights_are_read),	 model_test(bad_weights_are_refused),
		model_test(weights_have_limits), model_test(drained_endpoints_are_not_healthy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
