// Calls that the Glibc module does not show to Swift because it is compiled without _GNU_SOURCE, and macros.
#ifndef CLINUX_SYSTEM_H
#define CLINUX_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

/// pipe2(2) with O_CLOEXEC. Returns 0 or -errno.
int clinux_pipe(int descriptors[_Nonnull 2]);

bool clinux_is_pipe(int descriptor);

/// tee(2) that does not wait. Returns bytes, 0 at the end of the pipe, or -errno.
int64_t clinux_tee(int from, int to, size_t count);

/// splice(2) between pipes. Returns bytes, 0 at the end of the pipe, or -errno.
int64_t clinux_splice(int from, int to, size_t count);

/// fcntl(2) F_SETPIPE_SZ. Returns the new size or -errno.
int clinux_set_pipe_size(int descriptor, int bytes);

/// memfd_create(2) with MFD_CLOEXEC. Returns a descriptor or -errno.
int clinux_memfd(const char *_Nonnull name);

/// pidfd_open(2). Returns a descriptor or -errno.
int clinux_pidfd_open(pid_t pid);

/// getrandom(2), filling the whole buffer. Returns 0 or -errno.
int clinux_random(void *_Nonnull buffer, size_t count);

/// socketpair(2): AF_UNIX, SOCK_SEQPACKET, close-on-exec. Returns 0 or -errno.
int clinux_packet_pair(int descriptors[_Nonnull 2]);

/// epoll_create1(2), close-on-exec. Returns a descriptor or -errno.
int clinux_epoll_create(void);
/// epoll_ctl(2) EPOLL_CTL_ADD / MOD / DEL with `token` as user data. Returns 0 or -errno.
int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token);
int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token);
int clinux_epoll_delete(int epoll, int descriptor);
/// epoll_wait(2), without the packed struct. Fills tokens and events; returns their number or -errno.
int clinux_epoll_wait(int epoll, uint64_t *_Nonnull tokens, uint32_t *_Nonnull events, int capacity,
                      int timeout_milliseconds);

/// timerfd_create(2) on CLOCK_MONOTONIC, close-on-exec, non-blocking. Returns a descriptor or -errno.
int clinux_timer_create(void);
/// timerfd_settime(2), relative, in nanoseconds; 0 disarms. Returns 0 or -errno.
int clinux_timer_set(int timer, int64_t first_nanoseconds, int64_t interval_nanoseconds);

/// eventfd(2), close-on-exec, non-blocking. Returns a descriptor or -errno.
int clinux_eventfd(void);

/// close_range(2) with CLOSE_RANGE_CLOEXEC on every descriptor from `first` on. Returns 0 or -errno.
int clinux_close_on_exec_from(unsigned first);

/// open(2) with a variadic mode. Returns a descriptor or -errno. `flags` always gains O_CLOEXEC.
int clinux_openat(int directory, const char *_Nonnull path, int flags, mode_t mode);

#endif
