#include "clinux_rooted.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int clinux_open_below(int root, const char *path, int flags) {
    struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC),
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    // EAGAIN: something was renamed while `..` was resolved.
    for (int attempt = 0; attempt < 4; attempt++) {
        long descriptor = syscall(SYS_openat2, root, path, &how, sizeof how);
        if (descriptor >= 0) return (int)descriptor;
        if (errno == ENOSYS || errno == EPERM) break;
        if (errno != EAGAIN && errno != EINTR) return -errno;
    }
    while (*path == '/') path++;
    int descriptor = openat(root, *path ? path : ".", flags | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

unsigned clinux_device_major(dev_t device) { return major(device); }

unsigned clinux_device_minor(dev_t device) { return minor(device); }
