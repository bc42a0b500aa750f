#include "clinux_system.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int result(int value) { return value < 0 ? -errno : value; }

int clinux_pipe(int descriptors[2]) { return result(pipe2(descriptors, O_CLOEXEC)); }

bool clinux_is_pipe(int descriptor) { return fcntl(descriptor, F_GETPIPE_SZ) > 0; }

int64_t clinux_tee(int from, int to, size_t count) {
    ssize_t shared;
    do {
        shared = tee(from, to, count, SPLICE_F_NONBLOCK);
    } while (shared < 0 && errno == EINTR);
    return shared < 0 ? -errno : shared;
}

int64_t clinux_splice(int from, int to, size_t count) {
    ssize_t moved;
    do {
        moved = splice(from, NULL, to, NULL, count, 0);
    } while (moved < 0 && errno == EINTR);
    return moved < 0 ? -errno : moved;
}

int clinux_set_pipe_size(int descriptor, int bytes) { return result(fcntl(descriptor, F_SETPIPE_SZ, bytes)); }

int clinux_memfd(const char *name) { return result(memfd_create(name, MFD_CLOEXEC)); }

int clinux_pidfd_open(pid_t pid) { return result((int)syscall(SYS_pidfd_open, pid, 0)); }

int clinux_random(void *buffer, size_t count) {
    char *next = buffer;
    while (count > 0) {
        ssize_t got = getrandom(next, count, 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            return -errno;
        }
        next += got;
        count -= (size_t)got;
    }
    return 0;
}

int clinux_packet_pair(int descriptors[2]) {
    return result(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, descriptors));
}

int clinux_epoll_create(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

static int epoll_change(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return result(epoll_ctl(epoll, operation, descriptor, &event));
}

int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
    return epoll_change(epoll, EPOLL_CTL_ADD, descriptor, events, token);
}

int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token) {
    return epoll_change(epoll, EPOLL_CTL_MOD, descriptor, events, token);
}

int clinux_epoll_delete(int epoll, int descriptor) { return epoll_change(epoll, EPOLL_CTL_DEL, descriptor, 0, 0); }

int clinux_epoll_wait(int epoll, uint64_t *tokens, uint32_t *events, int capacity, int timeout_milliseconds) {
    struct epoll_event ready[64];
    if (capacity > 64) capacity = 64;
    int count = epoll_wait(epoll, ready, capacity, timeout_milliseconds);
    if (count < 0) return -errno;
    for (int index = 0; index < count; index++) {
        tokens[index] = ready[index].data.u64;
        events[index] = ready[index].events;
    }
    return count;
}

int clinux_timer_create(void) { return result(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)); }

static struct timespec timespec_of(int64_t nanoseconds) {
    return (struct timespec){.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
}

int clinux_timer_set(int timer, int64_t first_nanoseconds, int64_t interval_nanoseconds) {
    struct itimerspec value = {.it_value = timespec_of(first_nanoseconds),
                               .it_interval = timespec_of(interval_nanoseconds)};
    return result(timerfd_settime(timer, 0, &value, NULL));
}

int clinux_eventfd(void) { return result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int clinux_openat(int directory, const char *path, int flags, mode_t mode) {
    return result(openat(directory, path, flags | O_CLOEXEC, mode));
}

// CLOSE_RANGE_CLOEXEC is Linux 5.11; the value is the kernel's ABI, the name is not in every installed header.
int clinux_close_on_exec_from(unsigned first) { return result((int)syscall(SYS_close_range, first, ~0U, 1U << 2)); }
