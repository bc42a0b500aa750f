// Waiting, threads' surroundings, descriptors of other processes: calls that need _GNU_SOURCE, and the relay.
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// A change of a child, from wait4(2), with the rusage fields that Linux fills.
struct clinux_child_change {
    pid_t process;
    int status;
    int64_t user_microseconds, system_microseconds;
    int64_t max_resident_kib;
    int64_t minor_faults, major_faults;
    int64_t blocks_in, blocks_out;
    int64_t voluntary_switches, involuntary_switches;
};

/// Takes one change (end, stop, continuation) of any child. Returns 1, 0 when there is none, or -errno.
int clinux_take_child_change(struct clinux_child_change *_Nonnull change);

/// wait4(2), with WNOHANG among the options. Returns 1, 0 when there is nothing, or -errno.
int clinux_wait_change(pid_t which, int options, struct clinux_child_change *_Nonnull change);

/// Waits for the end of one child. Returns 1 or -errno.
int clinux_wait_for_end(pid_t process, struct clinux_child_change *_Nonnull change);

/// Whether two descriptors are the same open file description: kcmp(2), and where that is refused by device, inode,
/// status flags and offset.
bool clinux_same_open_file(int first, int second);

/// mallopt(3) M_ARENA_MAX 1: a thread gets no heap of its own (64 MiB of address space each).
void clinux_use_one_heap(void);

/// malloc_trim(3): what was freed and is still the process's.
void clinux_give_memory_back(void);

/// prctl(2) PR_SET_CHILD_SUBREAPER. Returns 0 or -errno.
int clinux_become_subreaper(void);

/// Opens /dev/null, close-on-exec, on each of 0, 1, 2 that is closed, so that no descriptor of ours lands there.
/// Returns a set of the closed ones (bit n is descriptor n), or -errno.
int clinux_occupy_closed_standard_descriptors(void);

/// Closes every descriptor from 3 on that is not close-on-exec: those that the caller handed over.
void clinux_close_inherited_descriptors(void);

/// Replaces `target` by /dev/null, keeping its close-on-exec flag off. Returns 0 or -errno.
int clinux_replace_by_null(int target);

/// dup3(2) with O_CLOEXEC. Returns 0 or -errno.
int clinux_replace_descriptor(int source, int target);

/// FIONREAD: bytes waiting in a pipe, or -errno.
int clinux_bytes_waiting(int descriptor);

/// Waits until one of the two is readable or hung up.
void clinux_wait_readable(int first, int second);

/// Waits until it is readable or hung up, at most so long.
bool clinux_wait_readable_for(int descriptor, int milliseconds);

/// send(2) / recv(2) of one packet with MSG_DONTWAIT and MSG_NOSIGNAL. Return a count or -errno.
ssize_t clinux_send_packet(int socket, const void *_Nonnull bytes, size_t count);
ssize_t clinux_receive_packet(int socket, void *_Nonnull bytes, size_t capacity);

/// The same, with descriptors beside the packet (SCM_RIGHTS; at most clinux_most_passed). What is received is
/// close-on-exec; `*passed` is its count. Source: unix(7).
enum { clinux_most_passed = 60 };
ssize_t clinux_send_packet_with(
    int socket, const void *_Nonnull bytes, size_t count, const int *_Nonnull descriptors, int descriptor_count);
ssize_t clinux_receive_packet_with(
    int socket, void *_Nonnull bytes, size_t capacity, int descriptors[_Nonnull clinux_most_passed],
    int *_Nonnull passed);

/// memfd_create(2), close-on-exec. Returns the descriptor or -errno.
int clinux_memory_file(const char *_Nonnull name);

/// open(2) of this process's controlling terminal, or -errno.
int clinux_controlling_terminal(void);

/// tcgetpgrp(3) / tcsetpgrp(3). Return the group / 0, or -errno.
pid_t clinux_foreground_group(int terminal);
int clinux_set_foreground_group(int terminal, pid_t group);

struct clinux_relay_stream {
    int source;
    int destination;
};

/// Copies each source (non-blocking or not) to its destination until the source's end or the destination's; a source is
/// closed at its end. One or two streams. Returns when all have ended.
void clinux_relay(const struct clinux_relay_stream *_Nonnull streams, int count);

/// Forks a process that does ``clinux_relay`` and then exits. It keeps the caller's blocked signals, so that it outlives those who write. Every other descriptor is closed
/// in it. Returns its pid or -errno.
pid_t clinux_start_relay(const struct clinux_relay_stream *_Nonnull streams, int count);

#endif
