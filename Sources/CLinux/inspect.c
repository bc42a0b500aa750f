#include "clinux_inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

const int clinux_path_of_directory = O_PATH | O_DIRECTORY;

ssize_t clinux_read_at(int descriptor, void *buffer, size_t count, uint64_t offset) {
    for (;;) {
        ssize_t got = pread64(descriptor, buffer, count, (off64_t)offset);
        if (got >= 0) return got;
        if (errno != EINTR) return -errno;
    }
}

int clinux_truncate(int descriptor, uint64_t size) {
    if (ftruncate64(descriptor, (off64_t)size) < 0) return -errno;
    return lseek64(descriptor, (off64_t)size, SEEK_SET) < 0 ? -errno : 0;
}

uint64_t clinux_file_size_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
    return limit.rlim_cur;
}
