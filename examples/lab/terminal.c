/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "runtime.h"

static volatile sig_atomic_t interrupted;
static bool progress_shown;

static void clear_progress(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}

int lab_complain(const char *format, ...)
{
	va_list args;

	clear_progress();
	fputs(LAB_PROGRAM ": ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return LAB_FAILED;
}

int lab_complain_library(struct k8snet_ctx *ctx, const char *what)
{
	const struct k8snet_error *error = k8snet_ctx_get_error(ctx);

	return lab_complain("%s: %s", what,
			    error ? k8snet_error_get_message(error) : "out of memory");
}

static size_t terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < 20)
		return 79;
	return size.ws_col - 1U;
}

void lab_progress(const struct lab_options *options, const char *format, ...)
{
	char line[512];
	va_list args;
	int n;

	if (!format) {
		clear_progress();
		return;
	}
	if (options->quiet || !isatty(STDERR_FILENO))
		return;
	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n < 0)
		return;
	if (strlen(line) > terminal_width())
		line[terminal_width()] = '\0';
	fprintf(stderr, "\r\033[K%s", line);
	fflush(stderr);
	progress_shown = true;
}

static void on_signal(int signal)
{
	interrupted = signal;
}

void lab_interrupt_catch(void)
{
	/* Without SA_RESTART: what waits shall wake up. */
	struct sigaction action = {.sa_handler = on_signal};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool lab_interrupted(void)
{
	return interrupted != 0;
}

double lab_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}
