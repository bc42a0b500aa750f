#include "clinux_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

size_t clinux_page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

int clinux_ring_create(const char *name, size_t data) {
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return -errno;
    if (ftruncate(descriptor, (off_t)(clinux_page_size() + data)) == 0 && fcntl(descriptor, F_ADD_SEALS, seals) == 0) {
        return descriptor;
    }
    int code = errno;
    close(descriptor);
    return -code;
}

int64_t clinux_ring_size(int descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) < 0) return -errno;
    int set = fcntl(descriptor, F_GET_SEALS);
    if (set < 0) return -errno;
    if ((set & F_SEAL_SHRINK) == 0) return -EPERM;
    int64_t page = (int64_t)clinux_page_size();
    int64_t data = (int64_t)status.st_size - page;
    return data >= page && data % page == 0 && data <= (int64_t)1 << 32 ? data : -EINVAL;
}

int clinux_ring_map(int descriptor, size_t data, void **base) {
    size_t page = clinux_page_size();
    *base = NULL;
    char *place = mmap(NULL, page + 2 * data, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) return -errno;
    int access = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_FIXED;
    if (mmap(place, page + data, access, flags, descriptor, 0) != MAP_FAILED &&
        mmap(place + page + data, data, access, flags, descriptor, (off_t)page) != MAP_FAILED) {
        *base = place;
        return 0;
    }
    int code = errno;
    munmap(place, page + 2 * data);
    return -code;
}

void clinux_ring_unmap(void *base, size_t data) { munmap(base, clinux_page_size() + 2 * data); }

uint64_t clinux_ring_load(const void *word) { return __atomic_load_n((const uint64_t *)word, __ATOMIC_ACQUIRE); }

void clinux_ring_store(void *word, uint64_t value) { __atomic_store_n((uint64_t *)word, value, __ATOMIC_RELEASE); }
