// Samples of registers and stacks by perf_event_open: bit fields, and a ring that is read in place.
#ifndef CLINUX_PERF_SAMPLING_H
#define CLINUX_PERF_SAMPLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct {
    /// Nanoseconds of processor time between samples.
    uint64_t period;
    /// Of the stack, from its pointer on: a multiple of 8, at most 65528.
    uint32_t stack_bytes;
    /// Bytes in the ring before a poll wakes.
    uint32_t watermark;
    /// Begin at the next exec, not at once.
    bool on_exec;
    /// Only what runs in user mode; the kernel may permit no more.
    bool only_user;
    /// Mappings come with the file's build-id (since Linux 5.12).
    bool build_ids;
} clinux_perf_sampling;

/// Opens a sampling event on one CPU for a thread and everything it creates from now on. Close-on-exec.
/// Returns a descriptor or -errno.
int clinux_perf_open_samples(pid_t thread, int cpu, const clinux_perf_sampling *_Nonnull sampling);

/// Opens an event that does nothing and is not inherited. Because of it the kernel does not take a child's events for its
/// parent's and exchange them where the one is scheduled after the other: a parent of many short children would have its
/// period begin anew with each, and hardly ever a sample. Returns a descriptor or -errno.
int clinux_perf_open_anchor(pid_t thread);

/// PERF_EVENT_IOC_ENABLE and _DISABLE, of the event and all that inherited it. Returns 0 or -errno.
int clinux_perf_enable(int descriptor, bool on);

/// What can be read of a ring, from `tail` up to `head`.
typedef struct {
    uint64_t head;
    uint64_t tail;
} clinux_perf_window;

/// Takes a look, so that records up to `head` can be read.
clinux_perf_window clinux_perf_look(void *_Nonnull ring, size_t pages);

/// The record at `position`: in the ring itself where it lies in one piece, else copied to `scratch` (65536 bytes). `size`
/// is 0 where the window holds no whole record.
const uint8_t *_Nullable clinux_perf_record(
    void *_Nonnull ring, size_t pages, uint64_t position, uint64_t head, uint8_t *_Nonnull scratch, size_t *_Nonnull size);

/// When the record at `position` was made; `UINT64_MAX` where the window holds no whole record. Not copied for it.
uint64_t clinux_perf_record_time(void *_Nonnull ring, size_t pages, uint64_t position, uint64_t head);

/// Gives the place before `position` back to the kernel.
void clinux_perf_release(void *_Nonnull ring, uint64_t position);

/// How many registers a sample has, and where NT_PRSTATUS has each, in bytes.
extern const int clinux_perf_register_count;
int clinux_perf_register_offset(int index);

#endif
