// perf_event_open has no wrapper in libc, its attributes are bit fields, and the ring needs acquire and release.
#ifndef CLINUX_PERF_H
#define CLINUX_PERF_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Opens a dummy software event on one CPU for a thread and everything it forks from now on. It counts nothing: it only
/// makes the kernel record fork, exec, exit and executable mappings. Close-on-exec. `watermark` is bytes in the ring
/// before a poll wakes. Returns a descriptor or -errno.
int clinux_perf_open_tasks(pid_t thread, int cpu, uint32_t watermark);

/// PERF_EVENT_IOC_SET_OUTPUT: records of `descriptor` go to the ring of `target`, an event on the same CPU.
/// Returns 0 or -errno.
int clinux_perf_share_ring(int descriptor, int target);

/// Maps the ring of an event: one page of head and `pages` (a power of two) of data, shared with everyone who maps it
/// at the same size. `ring` is NULL when the result is not 0. Returns 0 or -errno.
int clinux_perf_map(int descriptor, size_t pages, void *_Nullable *_Nonnull ring);
void clinux_perf_unmap(void *_Nonnull ring, size_t pages);

/// Copies whole records from the ring and frees their place: at most `capacity` bytes. Returns the bytes copied.
size_t clinux_perf_take(void *_Nonnull ring, size_t pages, void *_Nonnull buffer, size_t capacity);

#endif
