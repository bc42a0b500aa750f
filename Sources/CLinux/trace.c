#include "clinux_trace.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

int clinux_trace_seize(pid_t pid) { return result(ptrace(PTRACE_SEIZE, pid, 0, 0)); }

int clinux_trace_continue(pid_t pid, int signal) { return result(ptrace(PTRACE_CONT, pid, 0, (long)signal)); }

int clinux_trace_listen(pid_t pid) { return result(ptrace(PTRACE_LISTEN, pid, 0, 0)); }

int clinux_trace_wait(pid_t pid, int *status) {
    for (;;) {
        pid_t got = waitpid(pid, status, __WALL);
        if (got >= 0 || errno != EINTR) return result(got);
    }
}

bool clinux_is_event_stop(int status) { return WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_STOP; }
