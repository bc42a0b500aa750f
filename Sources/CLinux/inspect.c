#include "clinux_inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sys/xattr.h>
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

int clinux_trace_poke(pid_t pid, uint64_t address, uint64_t word) {
    return ptrace(PTRACE_POKEDATA, pid, (void *)address, (void *)word) < 0 ? -errno : 0;
}

int clinux_trace_peek(pid_t pid) {
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) < 0) return -errno;
    if (info.si_pid == 0) return 0;
    return info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED ? 2 : 1;
}

ssize_t clinux_file_attribute(const char *path, const char *name, void *value, size_t count) {
    ssize_t got = getxattr(path, name, value, count);
    return got < 0 ? -errno : got;
}
