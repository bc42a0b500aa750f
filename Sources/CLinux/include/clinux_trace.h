// ptrace(2) requests: variadic and enum-typed, so Swift cannot call them.
#ifndef CLINUX_TRACE_H
#define CLINUX_TRACE_H

#include <stdbool.h>
#include <sys/types.h>

/// PTRACE_SEIZE without options: the tracee outlives us, and stops only for its signals. Returns 0 or -errno.
int clinux_trace_seize(pid_t pid);

/// PTRACE_CONT, delivering `signal` (0: none). Returns 0 or -errno.
int clinux_trace_continue(pid_t pid, int signal);

/// PTRACE_LISTEN: leaves a group-stopped tracee stopped until SIGCONT. Returns 0 or -errno.
int clinux_trace_listen(pid_t pid);

/// waitpid(2) with __WALL. Returns the pid or -errno.
int clinux_trace_wait(pid_t pid, int *_Nonnull status);

/// Whether a wait status is a PTRACE_EVENT_STOP: a group-stop of a seized tracee, or the stop after its SIGCONT.
bool clinux_is_event_stop(int status);

#endif
