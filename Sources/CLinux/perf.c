#include "clinux_perf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clinux_perf_open_tasks(pid_t thread, int cpu, uint32_t watermark) {
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof attributes,
        .config = PERF_COUNT_SW_DUMMY,
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
        .inherit = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
        .mmap = 1,
        .comm = 1,
        .comm_exec = 1,
        .task = 1,
        .watermark = 1,
        .sample_id_all = 1,
        .use_clockid = 1,
        .wakeup_watermark = watermark,
        .clockid = CLOCK_MONOTONIC,
    };
    long descriptor = syscall(SYS_perf_event_open, &attributes, thread, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int clinux_perf_share_ring(int descriptor, int target) {
    return ioctl(descriptor, PERF_EVENT_IOC_SET_OUTPUT, target) < 0 ? -errno : 0;
}

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

int clinux_perf_map(int descriptor, size_t pages, void **ring) {
    void *mapping = mmap(NULL, (1 + pages) * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    *ring = mapping == MAP_FAILED ? NULL : mapping;
    return mapping == MAP_FAILED ? -errno : 0;
}

void clinux_perf_unmap(void *ring, size_t pages) { munmap(ring, (1 + pages) * page_size()); }

static void copy_out(const char *data, size_t size, uint64_t from, char *buffer, size_t count) {
    size_t start = from & (size - 1);
    size_t first = count < size - start ? count : size - start;
    memcpy(buffer, data + start, first);
    memcpy(buffer + first, data, count - first);
}

size_t clinux_perf_take(void *ring, size_t pages, void *buffer, size_t capacity) {
    struct perf_event_mmap_page *page = ring;
    const char *data = (const char *)ring + page_size();
    size_t size = pages * page_size();
    uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
    // The tail is shared memory that only readers write: a value that cannot be is taken for an empty ring.
    uint64_t tail = __atomic_load_n(&page->data_tail, __ATOMIC_RELAXED);
    if (head - tail > size) tail = head;
    size_t copied = 0;
    while (head - tail >= sizeof(struct perf_event_header)) {
        struct perf_event_header header;
        copy_out(data, size, tail, (char *)&header, sizeof header);
        if (header.size < sizeof header || header.size > head - tail) {
            tail = head;
            break;
        }
        if (header.size > capacity - copied) break;
        copy_out(data, size, tail, (char *)buffer + copied, header.size);
        copied += header.size;
        tail += header.size;
    }
    __atomic_store_n(&page->data_tail, tail, __ATOMIC_RELEASE);
    return copied;
}
