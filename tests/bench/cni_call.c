/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cni_call.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

bool call_measures_memory;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- one process ----------------------------------------------------------------- */

struct environment {
	char text[6][256];
	char *list[7];
};

static void set_environment(const struct call *c, struct environment *e)
{
	const char *const names[] = {"CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS",
				     "CNI_IFNAME",  "CNI_PATH",	       "PATH"};
	const char *const values[] = {c->command, c->container, c->netns,
				      c->ifname,  c->path,	getenv("PATH")};
	size_t i, count = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!values[i])
			continue;
		snprintf(e->text[count], sizeof(e->text[0]), "%s=%s", names[i], values[i]);
		e->list[count] = e->text[count];
		count++;
	}
	e->list[count] = NULL;
}

static int open_input(const char *text)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	/* A configuration is smaller than what a pipe holds. */
	if (write(ends[1], text, strlen(text)) != (ssize_t)strlen(text))
		die("configuration");
	close(ends[1]);
	return ends[0];
}

static pid_t fork_program(const struct call *c, char *const *environment, int in, int out)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	dup2(in, 0);
	dup2(out, 1);
	execve(c->program, (char *const *)c->argv, environment);
	_exit(127);
}

static pid_t spawn_program(const struct call *c, char *const *environment, int in, int out)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	errno = posix_spawn(&pid, c->program, &actions, NULL, (char *const *)c->argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	return errno ? -1 : pid;
}

void call_start(struct call *c)
{
	int in = open_input(c->config), ends[2];
	struct environment environment;

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	set_environment(c, &environment);
	c->pid = call_measures_memory ? fork_program(c, environment.list, in, ends[1])
				      : spawn_program(c, environment.list, in, ends[1]);
	if (c->pid < 0)
		die(c->program);
	close(in);
	close(ends[1]);
	c->output = ends[0];
}

static double get_us(const struct timeval *t)
{
	return (double)t->tv_sec * 1e6 + (double)t->tv_usec;
}

int call_end(struct call *c, char output[CALL_OUTPUT], struct cost *cost)
{
	struct rusage usage;
	ssize_t n, used = 0;
	int status;

	while ((n = read(c->output, output + used, CALL_OUTPUT - 1 - (size_t)used)) > 0)
		used += n;
	output[used] = '\0';
	if (wait4(c->pid, &status, 0, &usage) < 0)
		die("wait");
	close(c->output);
	cost->cpu_us += get_us(&usage.ru_utime) + get_us(&usage.ru_stime);
	if (call_measures_memory && usage.ru_maxrss > cost->memory_kib)
		cost->memory_kib = usage.ru_maxrss;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- a chain ---------------------------------------------------------------------- */

static void put(FILE *out, const char *keys, const char *data)
{
	for (; *keys; keys++)
		if (*keys == '@')
			fputs(data, out);
		else
			fputc(*keys, out);
}

char *chain_config(const struct chain *chain, size_t plugin, const struct target *target,
		   const char *result)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		die("memory");
	fprintf(out, "{\"cniVersion\":\"%s\",\"name\":\"%s\",\"type\":\"%s\"", chain->version,
		target->network, chain->plugins[plugin].type);
	put(out, chain->plugins[plugin].keys, target->data);
	if (result && *result)
		fprintf(out, ",\"prevResult\":%s", result);
	fputc('}', out);
	if (fclose(out) != 0)
		die("memory");
	return text;
}

static int call_plugin(const struct chain *chain, size_t plugin, const char *command,
		       const struct target *target, char result[CALL_OUTPUT], struct cost *cost)
{
	static char output[CALL_OUTPUT];
	bool is_add = !strcmp(command, "ADD");
	char *config = chain_config(chain, plugin, target, is_add && !plugin ? NULL : result);
	char program[256];
	struct call call = {.program = program,
			    .argv = {program},
			    .command = command,
			    .container = target->container,
			    .netns = target->netns,
			    .ifname = target->ifname,
			    .path = target->directory,
			    .config = config};
	double start = bench_now_us();
	int r;

	snprintf(program, sizeof(program), "%s/%s", target->directory, chain->plugins[plugin].type);
	call_start(&call);
	r = call_end(&call, output, cost);
	cost->wall_us += bench_now_us() - start;
	free(config);
	if (r != 0)
		fprintf(stderr, "%s %s: %s\n", program, command, output);
	else if (is_add)
		memcpy(result, output, sizeof(output));
	return r;
}

int chain_call(const struct chain *chain, const char *command, const struct target *target,
	       char result[CALL_OUTPUT], struct cost *cost)
{
	size_t count = 0, i;
	int r = 0;

	while (count < CALL_MAX_CHAIN && chain->plugins[count].type)
		count++;
	for (i = 0; r == 0 && i < count; i++)
		r = call_plugin(chain, strcmp(command, "DEL") ? i : count - 1 - i, command, target,
				result, cost);
	return r;
}
