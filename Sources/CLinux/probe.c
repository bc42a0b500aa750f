#include "clinux_probe.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int clinux_probe_trace(void) {
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child == 0) {
        for (;;) pause();
    }
    int answer = ptrace(PTRACE_SEIZE, child, 0, 0) < 0 ? -errno : 0;
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    return answer;
}

int clinux_probe_perf(void) {
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof attributes,
        .config = PERF_COUNT_SW_TASK_CLOCK,
        .exclude_kernel = 1,
        .exclude_hv = 1,
        .disabled = 1,
    };
    int event = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (event < 0) return -errno;
    close(event);
    return 0;
}
