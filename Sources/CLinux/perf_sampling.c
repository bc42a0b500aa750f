#include "clinux_perf_sampling.h"

#include "perf_registers.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clinux_perf_open_samples(pid_t thread, int cpu, const clinux_perf_sampling *sampling) {
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof attributes,
        .config = PERF_COUNT_SW_CPU_CLOCK,
        .sample_period = sampling->period,
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
        .sample_regs_user = clinux_perf_register_mask,
        .sample_stack_user = sampling->stack_bytes,
        .disabled = sampling->on_exec,
        .enable_on_exec = sampling->on_exec,
        .inherit = 1,
        // A record of each thread's whole time at its end, since one that is shorter than the period has no sample.
        .inherit_stat = 1,
        .exclude_kernel = sampling->only_user,
        .exclude_hv = 1,
        .exclude_callchain_kernel = 1,
        .mmap = 1,
        .mmap2 = 1,
        .build_id = sampling->build_ids,
        .comm = 1,
        .comm_exec = 1,
        .task = 1,
        .watermark = 1,
        .sample_id_all = 1,
        .use_clockid = 1,
        .wakeup_watermark = sampling->watermark,
        .clockid = CLOCK_MONOTONIC,
    };
    long descriptor = syscall(SYS_perf_event_open, &attributes, thread, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int clinux_perf_open_anchor(pid_t thread) {
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof attributes,
        .config = PERF_COUNT_SW_DUMMY,
        .disabled = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    long descriptor = syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int clinux_perf_enable(int descriptor, bool on) {
    return ioctl(descriptor, on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0) < 0 ? -errno : 0;
}

int clinux_perf_register_offset(int index) { return clinux_perf_register_offsets[index]; }

// MARK: The ring

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static const uint8_t *data_of(const void *ring) { return (const uint8_t *)ring + page_size(); }

clinux_perf_window clinux_perf_look(void *ring, size_t pages) {
    struct perf_event_mmap_page *page = ring;
    clinux_perf_window window = {.head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE)};
    // The tail is shared memory that only readers write: a value that cannot be is taken for an empty ring.
    window.tail = __atomic_load_n(&page->data_tail, __ATOMIC_RELAXED);
    if (window.head - window.tail > pages * page_size()) window.tail = window.head;
    return window;
}

static void copy_out(const uint8_t *data, size_t size, uint64_t from, void *buffer, size_t count) {
    size_t start = from & (size - 1);
    size_t first = count < size - start ? count : size - start;
    memcpy(buffer, data + start, first);
    memcpy((uint8_t *)buffer + first, data, count - first);
}

static bool header_at(
    void *ring, size_t pages, uint64_t position, uint64_t head, struct perf_event_header *header) {
    if (head - position < sizeof *header || head - position > pages * page_size()) return false;
    copy_out(data_of(ring), pages * page_size(), position, header, sizeof *header);
    return header->size >= sizeof *header + 8 && header->size <= head - position;
}

const uint8_t *clinux_perf_record(
    void *ring, size_t pages, uint64_t position, uint64_t head, uint8_t *scratch, size_t *size) {
    struct perf_event_header header;
    *size = 0;
    if (!header_at(ring, pages, position, head, &header)) return NULL;
    *size = header.size;
    size_t capacity = pages * page_size(), start = position & (capacity - 1);
    if (capacity - start >= header.size) return data_of(ring) + start;
    copy_out(data_of(ring), capacity, position, scratch, header.size);
    return scratch;
}

uint64_t clinux_perf_record_time(void *ring, size_t pages, uint64_t position, uint64_t head) {
    struct perf_event_header header;
    if (!header_at(ring, pages, position, head, &header)) return UINT64_MAX;
    // pid and tid come before it: at the beginning of a sample, at the end of everything else.
    uint64_t offset = header.type == PERF_RECORD_SAMPLE ? sizeof header + 8 : header.size - 8u, time;
    if (offset + sizeof time > header.size) return 0;
    copy_out(data_of(ring), pages * page_size(), position + offset, &time, sizeof time);
    return time;
}

void clinux_perf_release(void *ring, uint64_t position) {
    struct perf_event_mmap_page *page = ring;
    __atomic_store_n(&page->data_tail, position, __ATOMIC_RELEASE);
}
