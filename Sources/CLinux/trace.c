#include "clinux_trace.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

const uint64_t clinux_trace_clone = PTRACE_O_TRACECLONE, clinux_trace_fork = PTRACE_O_TRACEFORK,
               clinux_trace_vfork = PTRACE_O_TRACEVFORK, clinux_trace_exec = PTRACE_O_TRACEEXEC,
               clinux_trace_exit = PTRACE_O_TRACEEXIT;

const int clinux_event_clone = PTRACE_EVENT_CLONE, clinux_event_fork = PTRACE_EVENT_FORK,
          clinux_event_vfork = PTRACE_EVENT_VFORK, clinux_event_exec = PTRACE_EVENT_EXEC,
          clinux_event_exit = PTRACE_EVENT_EXIT, clinux_event_stop = PTRACE_EVENT_STOP;

static int result(long value) { return value < 0 ? -errno : (int)value; }

int clinux_trace_seize(pid_t pid, uint64_t options) { return result(ptrace(PTRACE_SEIZE, pid, 0, (long)options)); }

int clinux_trace_set_options(pid_t pid, uint64_t options) {
    return result(ptrace(PTRACE_SETOPTIONS, pid, 0, (long)options));
}

int clinux_trace_continue(pid_t pid, int signal) { return result(ptrace(PTRACE_CONT, pid, 0, (long)signal)); }

int clinux_trace_continue_to_system_call(pid_t pid, int signal) {
    return result(ptrace(PTRACE_SYSCALL, pid, 0, (long)signal));
}

int clinux_trace_listen(pid_t pid) { return result(ptrace(PTRACE_LISTEN, pid, 0, 0)); }

int clinux_trace_interrupt(pid_t pid) { return result(ptrace(PTRACE_INTERRUPT, pid, 0, 0)); }

int clinux_trace_detach(pid_t pid, int signal) { return result(ptrace(PTRACE_DETACH, pid, 0, (long)signal)); }

int clinux_trace_event_message(pid_t pid, uint64_t *message) {
    unsigned long value = 0;
    int outcome = result(ptrace(PTRACE_GETEVENTMSG, pid, 0, &value));
    *message = value;
    return outcome;
}

int clinux_trace_signal_info(pid_t pid, void *info) { return result(ptrace(PTRACE_GETSIGINFO, pid, 0, info)); }

int clinux_trace_registers(pid_t pid, int note, void *buffer, size_t capacity) {
    struct iovec vector = {.iov_base = buffer, .iov_len = capacity};
    int outcome = result(ptrace(PTRACE_GETREGSET, pid, (long)note, &vector));
    return outcome < 0 ? outcome : (int)vector.iov_len;
}

int clinux_trace_set_registers(pid_t pid, int note, const void *buffer, size_t count) {
    struct iovec vector = {.iov_base = (void *)buffer, .iov_len = count};
    return result(ptrace(PTRACE_SETREGSET, pid, (long)note, &vector));
}

ssize_t clinux_process_read(pid_t pid, uint64_t address, void *buffer, size_t count) {
    struct iovec local = {.iov_base = buffer, .iov_len = count};
    struct iovec remote = {.iov_base = (void *)address, .iov_len = count};
    ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
    return got < 0 ? -errno : got;
}

int clinux_trace_wait(pid_t pid, int *status) {
    for (;;) {
        pid_t got = waitpid(pid, status, __WALL);
        if (got >= 0 || errno != EINTR) return result(got);
    }
}

bool clinux_is_event_stop(int status) { return WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_STOP; }
