#include "clinux_rooted.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int clinux_open_in_root(int root, const char *path) {
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, .resolve = RESOLVE_IN_ROOT};
    long result = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (result >= 0) return (int)result;
    // Before Linux 5.6, and under filters older than that. Links that are absolute then lead into our own root.
    if (errno != ENOSYS && errno != EPERM) return -errno;
    while (*path == '/') path++;
    result = openat(root, path, (int)how.flags);
    return result < 0 ? -errno : (int)result;
}

int clinux_file_identity(int descriptor, struct clinux_file_identity *identity) {
    struct stat status;
    if (fstat(descriptor, &status) < 0) return -errno;
    identity->major = major(status.st_dev);
    identity->minor = minor(status.st_dev);
    identity->inode = status.st_ino;
    identity->size = status.st_size;
    identity->is_regular = S_ISREG(status.st_mode);
    return 0;
}

ssize_t clinux_read_at(int descriptor, void *buffer, size_t count, int64_t offset) {
    size_t done = 0;
    while (done < count) {
        ssize_t got = pread(descriptor, (char *)buffer + done, count - done, offset + (int64_t)done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        if (got == 0) break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}
