/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves an exact number of payload bytes over an NFS mount and prints it: "COMMAND BYTES INODE". Run it without
 * parameters for its commands. Blocks are multiples of a page, because a page that is written in two parts with a flush
 * between them goes over the wire twice.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

static void fail(const char *what)
{
	fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static size_t number(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	if (*text == '\0' || *end != '\0') {
		fprintf(stderr, "workload: %s is not a number of bytes\n", text);
		exit(2);
	}
	return value;
}

static char *block_of(size_t size)
{
	void *block;

	if (size == 0 || size % PAGE != 0) {
		fprintf(stderr, "workload: a block is a multiple of %d bytes\n", PAGE);
		exit(2);
	}
	if (posix_memalign(&block, PAGE, size) != 0)
		fail("memory");
	memset(block, 'n', size);
	return block;
}

static int open_or_fail(const char *path, int flags)
{
	int file = open(path, flags, 0644);

	if (file < 0)
		fail(path);
	return file;
}

/* Asked before anything is written: an fstat of a dirty file makes NFS flush it, in this process. */
static unsigned long long inode_of(int file)
{
	struct stat status;

	if (fstat(file, &status) < 0)
		fail("fstat");
	return status.st_ino;
}

static void report(const char *command, size_t bytes, unsigned long long inode)
{
	printf("%s %zu %llu\n", command, bytes, inode);
	fflush(stdout);
}

static void wait_for(const char *path)
{
	while (access(path, F_OK) < 0)
		usleep(20000);
}

static void write_blocks(int file, const char *block, size_t bytes, size_t size)
{
	size_t done = 0;

	while (done < bytes) {
		size_t part = bytes - done < size ? bytes - done : size;
		ssize_t moved = write(file, block, part);

		if (moved != (ssize_t)part)
			fail("write");
		done += moved;
	}
}

/* write FILE BYTES BLOCK [fsync] [hold PATH]; hold keeps the file open until PATH is there. */
static void write_file(int count, char **words, int flags)
{
	size_t bytes = number(words[2]), size = number(words[3]);
	char *block = block_of(size);
	int file = open_or_fail(words[1], O_WRONLY | O_CREAT | flags);
	unsigned long long inode = inode_of(file);

	if ((flags & O_DIRECT) && bytes % PAGE != 0) {
		fprintf(stderr, "workload: O_DIRECT moves multiples of %d bytes\n", PAGE);
		exit(2);
	}
	write_blocks(file, block, bytes, size);
	report(words[0], bytes, inode);
	for (int i = 4; i < count; i++) {
		if (strcmp(words[i], "fsync") == 0 && fsync(file) < 0)
			fail("fsync");
		if (strcmp(words[i], "hold") == 0 && i + 1 < count)
			wait_for(words[++i]);
	}
	if (close(file) < 0)
		fail("close");
}

/* write-descriptor NUMBER BYTES BLOCK: of a file that somebody else opened, and that stays open. */
static void write_descriptor(char **words)
{
	size_t bytes = number(words[2]), size = number(words[3]);

	write_blocks(number(words[1]), block_of(size), bytes, size);
	report(words[0], bytes, 0);
}

/* aio-write FILE BYTES BLOCK: O_DIRECT through io_submit, all blocks in flight at once. */
static void aio_write(char **words)
{
	size_t bytes = number(words[2]), size = number(words[3]), blocks = bytes / size;
	char *block = block_of(size);
	int file = open_or_fail(words[1], O_WRONLY | O_CREAT | O_TRUNC | O_DIRECT);
	unsigned long long inode = inode_of(file);
	struct iocb *requests = calloc(blocks, sizeof(*requests));
	struct iocb **list = calloc(blocks, sizeof(*list));
	struct io_event *events = calloc(blocks, sizeof(*events));
	aio_context_t queue = 0;

	if (bytes % size != 0) {
		fprintf(stderr, "workload: aio-write moves whole blocks\n");
		exit(2);
	}
	if (!requests || !list || !events || syscall(SYS_io_setup, blocks, &queue) < 0)
		fail("io_setup");
	for (size_t i = 0; i < blocks; i++) {
		requests[i].aio_fildes = file;
		requests[i].aio_lio_opcode = IOCB_CMD_PWRITE;
		requests[i].aio_buf = (unsigned long)block;
		requests[i].aio_nbytes = size;
		requests[i].aio_offset = i * size;
		list[i] = &requests[i];
	}
	if (syscall(SYS_io_submit, queue, blocks, list) != (long)blocks)
		fail("io_submit");
	if (syscall(SYS_io_getevents, queue, blocks, blocks, events, NULL) != (long)blocks)
		fail("io_getevents");
	for (size_t i = 0; i < blocks; i++)
		if (events[i].res != (long long)size)
			fail("a write of io_submit");
	report(words[0], bytes, inode);
	close(file);
}

/* flush FILE stat|fsync|close: what makes NFS send the dirty pages of a file, whoever made them dirty. */
static void flush_file(char **words)
{
	struct stat status;

	if (strcmp(words[2], "stat") == 0) {
		if (stat(words[1], &status) < 0)
			fail(words[1]);
	} else {
		int file = open_or_fail(words[1], O_RDWR);

		if (strcmp(words[2], "fsync") == 0 && fsync(file) < 0)
			fail("fsync");
		if (close(file) < 0)
			fail("close");
	}
	printf("flush 0 0\n");
}

/* read FILE BLOCK [hold PATH], to the end; hold opens it and waits until PATH is there. Clean pages go first, so that
 * every byte comes over the wire, unless it is a re-read. */
static void read_file(int count, char **words, int flags)
{
	size_t size = number(words[2]), done = 0;
	char *block = block_of(size);
	int file = open_or_fail(words[1], O_RDONLY | flags);
	unsigned long long inode = inode_of(file);
	ssize_t moved;

	if (strcmp(words[0], "read") == 0 && posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) != 0)
		fail("posix_fadvise");
	if (count > 4 && strcmp(words[3], "hold") == 0) {
		report("open", 0, inode);
		wait_for(words[4]);
	}
	while ((moved = read(file, block, size)) > 0)
		done += moved;
	if (moved < 0)
		fail(words[1]);
	report(words[0], done, inode);
	close(file);
}

static int uncached(const char *path, struct stat *status)
{
	int file = open_or_fail(path, O_RDONLY);

	if (fstat(file, status) < 0)
		fail("fstat");
	if (posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) != 0 || posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM) != 0)
		fail("posix_fadvise");
	return file;
}

/* stride FILE STEP: one byte of each step, none of them in the page cache. */
static void stride(char **words)
{
	size_t step = number(words[2]), done = 0;
	struct stat status;
	int file = uncached(words[1], &status);
	char byte;

	for (off_t at = 0; at < status.st_size; at += step)
		done += pread(file, &byte, 1, at);
	report(words[0], done, 0);
	close(file);
}

/* send FILE: by sendfile(2), to nobody. */
static void send_file(char **words)
{
	int file = open_or_fail(words[1], O_RDONLY), nobody = open_or_fail("/dev/null", O_WRONLY);
	size_t done = 0;
	ssize_t moved;

	while ((moved = sendfile(nobody, file, NULL, 65536)) > 0)
		done += moved;
	if (moved < 0)
		fail("sendfile");
	report(words[0], done, 0);
	close(file);
}

/* touch FILE: one byte of each page of a mapping, none of them in the page cache. */
static void touch_pages(char **words)
{
	struct stat status;
	int file = uncached(words[1], &status);
	volatile char *memory = mmap(NULL, status.st_size, PROT_READ, MAP_SHARED, file, 0);
	size_t pages = 0;

	if (memory == MAP_FAILED || madvise((void *)memory, status.st_size, MADV_RANDOM) < 0)
		fail("mmap");
	for (off_t at = 0; at < status.st_size; at += PAGE, pages++)
		(void)memory[at];
	report(words[0], pages * PAGE, 0);
	close(file);
}

/* held-read|held-write FILE BLOCK PATH: opens FILE, and moves one block past the page cache when PATH is there. */
static void held(char **words, int flags)
{
	size_t size = number(words[2]);
	char *block = block_of(size);
	int file = open_or_fail(words[1], flags | O_DIRECT);
	ssize_t moved;

	wait_for(words[3]);
	moved = flags == O_RDONLY ? read(file, block, size) : write(file, block, size);
	if (moved < 0)
		fail(words[1]);
	printf("%s %zd 0\n", words[0], moved);
}

/* map FILE BYTES [early]: dirties a shared mapping and exits without msync. close(2) flushes what is dirty by then: */
/* `early` closes first, so that the pages outlive the process and the kernel writes them when it sees fit. */
static void map_file(int count, char **words)
{
	size_t bytes = number(words[2]);
	int early = count > 3 && strcmp(words[3], "early") == 0;
	int file = open_or_fail(words[1], O_RDWR | O_CREAT | O_TRUNC);
	unsigned long long inode = inode_of(file);
	char *memory;

	if (ftruncate(file, bytes) < 0)
		fail("ftruncate");
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (memory == MAP_FAILED)
		fail("mmap");
	report(words[0], bytes, inode);
	if (early)
		close(file);
	memset(memory, 'm', bytes);
	if (!early)
		close(file);
}

/* metadata FOLDER TIMES: mkdir, create, stat, rename, list, unlink, rmdir; and a name that is not there, each time. */
static void metadata(char **words)
{
	size_t times = number(words[2]);
	char folder[PATH_MAX], from[PATH_MAX + 8], to[PATH_MAX + 8];
	struct stat status;

	for (size_t i = 0; i < times; i++) {
		DIR *list;

		snprintf(folder, sizeof(folder), "%s/folder-%zu", words[1], i);
		snprintf(from, sizeof(from), "%s/a", folder);
		snprintf(to, sizeof(to), "%s/b", folder);
		if (mkdir(folder, 0755) < 0)
			fail(folder);
		close(open_or_fail(from, O_WRONLY | O_CREAT | O_EXCL));
		if (stat(from, &status) < 0 || rename(from, to) < 0)
			fail(from);
		if (stat(from, &status) == 0 || errno != ENOENT)
			fail("a name that was renamed away");
		list = opendir(folder);
		if (!list)
			fail(folder);
		while (readdir(list))
			;
		closedir(list);
		if (unlink(to) < 0 || rmdir(folder) < 0)
			fail(to);
	}
	printf("metadata 0 0\n");
}

int main(int count, char **words)
{
	const char *command = count > 1 ? words[1] : "";

	count--;
	words++;
	if (strcmp(command, "write") == 0 && count >= 4)
		write_file(count, words, O_TRUNC);
	else if (strcmp(command, "sync-write") == 0 && count >= 4)
		write_file(count, words, O_TRUNC | O_SYNC);
	else if (strcmp(command, "over-write") == 0 && count >= 4)
		write_file(count, words, 0);
	else if (strcmp(command, "write-descriptor") == 0 && count == 4)
		write_descriptor(words);
	else if (strcmp(command, "aio-write") == 0 && count == 4)
		aio_write(words);
	else if (strcmp(command, "flush") == 0 && count == 3)
		flush_file(words);
	else if (strcmp(command, "direct-write") == 0 && count >= 4)
		write_file(count, words, O_TRUNC | O_DIRECT);
	else if ((strcmp(command, "read") == 0 || strcmp(command, "re-read") == 0) && count >= 3)
		read_file(count, words, 0);
	else if (strcmp(command, "direct-read") == 0 && count >= 3)
		read_file(count, words, O_DIRECT);
	else if (strcmp(command, "stride") == 0 && count == 3)
		stride(words);
	else if (strcmp(command, "send") == 0 && count == 2)
		send_file(words);
	else if (strcmp(command, "touch") == 0 && count == 2)
		touch_pages(words);
	else if (strcmp(command, "held-read") == 0 && count == 4)
		held(words, O_RDONLY);
	else if (strcmp(command, "held-write") == 0 && count == 4)
		held(words, O_WRONLY);
	else if (strcmp(command, "map") == 0 && count >= 3)
		map_file(count, words);
	else if (strcmp(command, "metadata") == 0 && count == 3)
		metadata(words);
	else {
		fprintf(
		    stderr,
		    "usage: workload write|sync-write|over-write|direct-write FILE BYTES BLOCK [fsync] [hold PATH]\n"
		    "       workload write-descriptor NUMBER BYTES BLOCK\n"
		    "       workload aio-write FILE BYTES BLOCK\n"
		    "       workload flush FILE stat|fsync|close\n"
		    "       workload read|re-read|direct-read FILE BLOCK [hold PATH]\n"
		    "       workload stride FILE STEP\n"
		    "       workload send|touch FILE\n"
		    "       workload held-read|held-write FILE BLOCK PATH\n"
		    "       workload map FILE BYTES [early]\n"
		    "       workload metadata FOLDER TIMES\n");
		return 2;
	}
	return 0;
}
