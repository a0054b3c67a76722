/* SPDX-License-Identifier: Apache-2.0 */
/*
 * churn RATE SECONDS BYTES FOLDER: pods of a container each that come at a steady rate, write a file, and go. A pod is what an agent can see of
 * one: its cgroup, and what a kubelet puts into /var/log, which stays LINGER_MS after the end. Prints "PODS BYTES MILLISECONDS" when all have
 * ended, and takes away what is left then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A kubelet looks for what is left of pods once a minute (ContainerGCPeriod). */
#define LINGER_MS 10000

struct pod {
	pid_t process;
	/* 0 while it runs; -1 when nothing is left of it. */
	long ended;
};

static void fail(const char *what)
{
	fprintf(stderr, "churn: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static char *text(char *into, const char *format, int number)
{
	snprintf(into, PATH_MAX, format, number, number);
	return into;
}

#define UID "%08x-0000-4000-8000-00000000c0de"
/* 64 digits, as a runtime's. */
#define ID "%08x00000000000000000000000000000000000000000000000000000000"
#define CGROUP "/sys/fs/cgroup/kubepods/burstable/pod" UID
#define LOGS "/var/log/pods/churn_pod-%d_" UID

static void make(const char *path)
{
	if (mkdir(path, 0755) < 0)
		fail(path);
}

static void write_file(const char *path, size_t bytes)
{
	char *block = calloc(1, bytes);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (file < 0 || write(file, block, bytes) != (ssize_t)bytes || fsync(file) < 0 || close(file) < 0)
		fail(path);
}

static pid_t start(int number, size_t bytes, const char *folder)
{
	char path[PATH_MAX], target[PATH_MAX], end[128];
	pid_t process;
	int procs;

	make(text(path, CGROUP, number));
	make(text(path, CGROUP "/" ID, number));
	make(text(path, LOGS, number));
	text(target, LOGS "/main/0.log", number);
	snprintf(end, sizeof(end), "/var/log/containers/pod-%d_churn_main-" ID ".log", number, number);
	if (symlink(target, end) < 0)
		fail(end);
	strcat(text(path, CGROUP "/" ID, number), "/cgroup.procs");
	process = fork();
	if (process < 0)
		fail("fork");
	if (process > 0)
		return process;
	procs = open(path, O_WRONLY);
	if (procs < 0 || write(procs, "0", 1) != 1)
		fail(path);
	snprintf(path, sizeof(path), "%s/churn-%d", folder, number);
	write_file(path, bytes);
	exit(0);
}

/* Its cgroup goes with its last process, the rest a while later: first the folder, then the link (kuberuntime_gc.go). Whether it just ended. */
static int end_of(int number, struct pod *pod)
{
	char path[PATH_MAX];
	int status;

	if (pod->ended == 0 && waitpid(pod->process, &status, WNOHANG) == pod->process) {
		if (status != 0)
			exit(1);
		if (rmdir(text(path, CGROUP "/" ID, number)) < 0 || rmdir(text(path, CGROUP, number)) < 0)
			fail(path);
		pod->ended = now();
		return 1;
	}
	if (pod->ended > 0 && now() - pod->ended > LINGER_MS) {
		if (rmdir(text(path, LOGS, number)) < 0)
			fail(path);
		snprintf(path, sizeof(path), "/var/log/containers/pod-%d_churn_main-" ID ".log", number, number);
		if (unlink(path) < 0)
			fail(path);
		pod->ended = -1;
	}
	return 0;
}

int main(int count, char **words)
{
	int rate = count == 5 ? atoi(words[1]) : 0;
	int all = count == 5 ? rate * atoi(words[2]) : 0;
	size_t bytes = count == 5 ? strtoul(words[3], NULL, 10) : 0;
	struct pod *pods = calloc(all, sizeof(*pods));
	long began = now(), came = 0;
	int left = all, running = all, next = 0;

	if (all == 0) {
		fprintf(stderr, "usage: churn RATE SECONDS BYTES FOLDER\n");
		return 2;
	}
	while (left > 0) {
		if (next < all && now() - began >= (long)next * 1000 / rate) {
			pods[next].process = start(next, bytes, words[4]);
			if (++next == all)
				came = now();
		}
		for (int i = 0; i < next; i++) {
			if (pods[i].ended == -1)
				continue;
			running -= end_of(i, &pods[i]);
			if (running == 0) {
				printf("%d %zu %ld\n", all, (size_t)all * bytes, came - began);
				fflush(stdout);
				running = -1;
			}
			if (pods[i].ended == -1)
				left--;
		}
		if (next == all || now() - began < (long)next * 1000 / rate)
			usleep(2000);
	}
	return 0;
}
