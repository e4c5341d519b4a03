/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <k8snet/k8snet.h>

#include "checks.h"
#include "health.h"
#include "http.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "objects.h"
#include "options.h"
#include "setup.h"
#include "source.h"
#include "source_dir.h"
#include "source_watch.h"
#include "sync.h"
#include "util.h"

struct proxy {
	const struct options *options;
	struct setup setup;
	struct loop loop;
	struct loop_source signals, notices;
	struct metrics metrics;
	struct health health;
	struct http http;
	struct http_listener healthz, metrics_listener;
	struct checks checks;
	struct sync sync;
	struct objects objects;
	struct dir dir;
	struct watches watches;
	struct sources sources;
	int64_t next_tick; /* what is done once in a while; monotonic */
	bool is_ending;
};

/* --- signals ------------------------------------------------------------------ */

static void take_signal(void *data)
{
	struct proxy *p = data;
	struct signalfd_siginfo info;

	if (read(p->signals.fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo != SIGHUP) {
		log_notice("%s: the rules stay", strsignal((int)info.ssi_signo));
		p->is_ending = true;
		return;
	}
	log_notice("comparing everything");
	sources_look(&p->sources, true);
	sync_request_full(&p->sync);
}

static int open_signals(struct proxy *p)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	p->signals.ready = take_signal;
	p->signals.data = p;
	return p->signals.fd < 0 ? -errno : loop_add(&p->loop, &p->signals);
}

/* --- servers -------------------------------------------------------------------- */

/* A port that is in use is tried again. */
static void open_server(struct proxy *p, struct http_listener *listener, const char *name,
			const struct bind_address *address, http_answer_fn answer, void *data)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	int r;

	if (!address->port || (listener->http && listener->source.fd >= 0))
		return;
	r = http_listen(&p->http, listener, address, answer, data);
	if (r < 0)
		log_error("%s: address %s, port %u: %s", name,
			  k8snet_address_format(&address->address, text, sizeof(text)),
			  address->port, strerror(-r));
}

static void open_servers(struct proxy *p)
{
	open_server(p, &p->healthz, "--healthz-bind-address", &p->options->healthz, health_answer,
		    &p->health);
	open_server(p, &p->metrics_listener, "--metrics-bind-address", &p->options->metrics,
		    metrics_answer, &p->metrics);
}

/* Each listener and connection takes one. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_http(struct proxy *p)
{
	int r;

	if (p->options->once)
		return 0;
	raise_descriptor_limit();
	r = http_init(&p->http, &p->loop);
	if (r == 0)
		open_servers(p);
	return r;
}

/* Without them all is repaired at the end of each sync period. */
static void open_notices(struct proxy *p)
{
	if (p->options->once)
		return;
	p->notices.fd = k8snet_kernel_get_fd(p->setup.kernel);
	p->notices.ready = sync_kernel_ready;
	p->notices.data = &p->sync;
	if (p->notices.fd < 0 || loop_add(&p->loop, &p->notices) < 0)
		log_warning("what others do to the tables is not noticed at once");
}

/* --- the loop ------------------------------------------------------------------- */

static void wire(struct proxy *p)
{
	const struct options *options = p->options;

	metrics_init(&p->metrics, p->setup.cluster);
	p->health.metrics = &p->metrics;
	p->health.timeout = 2 * options->sync_period;
	p->checks = (struct checks){.http = &p->http,
				    .cluster = p->setup.cluster,
				    .node_name = options->node_name,
				    .networks = &options->node_port_cidrs,
				    .health = &p->health,
				    .metrics = &p->metrics};
	p->sync.cluster = p->setup.cluster;
	p->sync.kernel = p->setup.kernel;
	p->sync.node_name = options->node_name;
	p->sync.health = &p->health;
	p->sync.metrics = &p->metrics;
	sync_init(&p->sync, options->sync_period, options->min_sync_period);
	p->objects = (struct objects){.cluster = p->setup.cluster,
				      .kernel = p->setup.kernel,
				      .node_name = options->node_name,
				      .sync = &p->sync,
				      .checks = &p->checks};
}

static int open_sources(struct proxy *p)
{
	int r = 0;

	if (p->options->dir) {
		r = dir_open(&p->dir, p->options->dir, &p->loop, &p->objects);
		if (r < 0)
			return r;
		sources_add(&p->sources, &p->dir.base);
	}
	if (!p->options->watch_count)
		return 0;
	r = watches_open(&p->watches, &p->loop, &p->objects, p->options);
	sources_add(&p->sources, &p->watches.base);
	return r;
}

static void tick(struct proxy *p, int64_t now)
{
	p->next_tick = now + p->options->sync_period;
	open_servers(p);
	checks_refresh(&p->checks, true);
	sources_look(&p->sources, false);
	if (p->sync.is_held)
		sources_log_waiting(&p->sources);
}

static int sync_now(struct proxy *p)
{
	int r = objects_ensure_node(&p->objects);

	if (r == 0)
		r = sync_run(&p->sync);
	if (!p->options->once)
		checks_refresh(&p->checks, false);
	return r;
}

/* Nothing is applied before all that is there was read: it would take away what an
 * earlier process has made. */
static void begin_if_settled(struct proxy *p)
{
	if (!p->sync.is_held || now_mono() < sources_get_settled(&p->sources))
		return;
	p->sync.is_held = false;
	objects_settled(&p->objects);
	sync_request_full(&p->sync);
	log_info("read %zu services, %zu endpoint slices, %zu nodes",
		 k8snet_cluster_count_services(p->setup.cluster),
		 k8snet_cluster_count_endpointslices(p->setup.cluster),
		 k8snet_cluster_count_nodes(p->setup.cluster));
}

static int64_t next_deadline(struct proxy *p)
{
	int64_t deadline = earlier(p->next_tick, sync_get_due(&p->sync));

	if (p->sync.is_held)
		deadline = earlier(deadline, sources_get_settled(&p->sources));
	return earlier(deadline, http_get_deadline(&p->http));
}

static bool is_in(const struct proxy *p, enum source_state state)
{
	return sources_get_state(&p->sources) & state;
}

static bool has_watch_ended(const struct proxy *p)
{
	return p->options->exit_on_eof && is_in(p, SOURCE_ENDED);
}

static int turn(struct proxy *p)
{
	int r = loop_wait(&p->loop, next_deadline(p));
	int64_t now = now_mono();

	if (r < 0) {
		log_error("epoll: %s", strerror(-r));
		return r;
	}
	if (r == 0)
		http_run(&p->http);
	begin_if_settled(p);
	if (now >= p->next_tick)
		tick(p, now);
	/* As long as there is something to read, changes are gathered. */
	if (now >= (r ? sync_get_deadline(&p->sync) : sync_get_due(&p->sync)))
		sync_now(p);
	return 0;
}

/* What was read to the end is applied. */
static int end_with_watch(struct proxy *p)
{
	begin_if_settled(p);
	if (!p->sync.is_held)
		return sync_now(p);
	log_error("a watch has ended before all that is there was told");
	return -EIO;
}

/* Who goes on would be wrong without knowing it; a new process is told everything. */
static int lost(void)
{
	log_error("an event was lost for want of memory: the rules stay, begin anew");
	return -ENOMEM;
}

static int serve(struct proxy *p)
{
	int r = 0;

	p->next_tick = now_mono() + p->options->sync_period;
	while (r == 0 && !p->is_ending && !has_watch_ended(p))
		r = is_in(p, SOURCE_LOST) ? lost() : turn(p);
	if (r == 0 && !p->is_ending)
		r = end_with_watch(p);
	/* Whoever starts it again is to know. */
	if (r == 0 && has_watch_ended(p) && is_in(p, SOURCE_FAILED))
		r = -EIO;
	return r < 0 ? PROXY_FAILED : PROXY_OK;
}

/* Until all has been read, then once. */
static int do_once(struct proxy *p)
{
	int r = 0;

	begin_if_settled(p);
	while (r >= 0 && p->sync.is_held && !p->is_ending && !is_in(p, SOURCE_LOST)) {
		r = loop_wait(&p->loop, sources_get_settled(&p->sources));
		begin_if_settled(p);
	}
	if (is_in(p, SOURCE_LOST))
		r = lost();
	if (r >= 0 && !p->sync.is_held)
		r = sync_now(p);
	if (r < 0 || p->sync.is_held)
		return PROXY_FAILED;
	log_notice("%zu services, %zu endpoint slices: %zu operations",
		   k8snet_cluster_count_services(p->setup.cluster),
		   k8snet_cluster_count_endpointslices(p->setup.cluster),
		   (size_t)p->metrics.operations);
	return p->metrics.rejected || health_is_lacking(&p->health) ? PROXY_FAILED : PROXY_OK;
}

static int start(struct proxy *p)
{
	int r = loop_init(&p->loop);

	wire(p);
	if (r == 0)
		r = open_signals(p);
	if (r == 0)
		r = open_http(p);
	if (r < 0) {
		log_error("%s", strerror(-r));
		return r;
	}
	open_notices(p);
	return open_sources(p);
}

static void stop(struct proxy *p)
{
	sources_close(&p->sources);
	checks_done(&p->checks);
	http_close(&p->healthz);
	http_close(&p->metrics_listener);
	http_done(&p->http);
	sync_done(&p->sync);
	health_done(&p->health);
	closep(&p->signals.fd);
	loop_done(&p->loop);
}

int run(const struct options *options)
{
	struct proxy p = {.options = options, .signals.fd = -1, .loop.epoll = -1, .http.spare = -1};
	int status = setup_init(&p.setup, options);

	if (status == PROXY_OK) {
		status = start(&p) < 0 ? PROXY_FAILED : options->once ? do_once(&p) : serve(&p);
		stop(&p);
	}
	setup_done(&p.setup);
	return status;
}
