// ptrace(2) requests: variadic and enum-typed, so Swift cannot call them. All return 0 or more, or -errno.
#ifndef CLINUX_TRACE_H
#define CLINUX_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// PTRACE_O_*, so that Swift need not know an enum of C.
extern const uint64_t clinux_trace_clone, clinux_trace_fork, clinux_trace_vfork, clinux_trace_exec, clinux_trace_exit;

/// PTRACE_EVENT_*, the third byte of a stop's wait status.
extern const int clinux_event_clone, clinux_event_fork, clinux_event_vfork, clinux_event_exec, clinux_event_exit,
    clinux_event_stop;

/// PTRACE_SEIZE. The tracee outlives us: PTRACE_O_EXITKILL is for others.
int clinux_trace_seize(pid_t pid, uint64_t options);

/// PTRACE_SETOPTIONS.
int clinux_trace_set_options(pid_t pid, uint64_t options);

/// PTRACE_CONT, delivering `signal` (0: none).
int clinux_trace_continue(pid_t pid, int signal);

/// PTRACE_SYSCALL: as continue, but stops at the next entry of or exit from a system call.
int clinux_trace_continue_to_system_call(pid_t pid, int signal);

/// PTRACE_LISTEN: leaves a group-stopped tracee stopped until SIGCONT.
int clinux_trace_listen(pid_t pid);

/// PTRACE_INTERRUPT.
int clinux_trace_interrupt(pid_t pid);

/// PTRACE_DETACH, delivering `signal` (0: none).
int clinux_trace_detach(pid_t pid, int signal);

/// PTRACE_GETEVENTMSG.
int clinux_trace_event_message(pid_t pid, uint64_t *_Nonnull message);

/// PTRACE_GETSIGINFO: the raw siginfo_t, 128 bytes.
int clinux_trace_signal_info(pid_t pid, void *_Nonnull info);

/// PTRACE_GETREGSET of a note type (NT_PRSTATUS, NT_PRFPREG, NT_X86_XSTATE …). Returns the count of bytes that were stored.
int clinux_trace_registers(pid_t pid, int note, void *_Nonnull buffer, size_t capacity);

/// PTRACE_SETREGSET of the same.
int clinux_trace_set_registers(pid_t pid, int note, const void *_Nonnull buffer, size_t count);

/// process_vm_readv(2) of one range. Returns the count of bytes up to the first that cannot be read.
ssize_t clinux_process_read(pid_t pid, uint64_t address, void *_Nonnull buffer, size_t count);

/// waitpid(2) with __WALL, for one process or thread.
int clinux_trace_wait(pid_t pid, int *_Nonnull status);

/// Whether a wait status is a PTRACE_EVENT_STOP: a group-stop of a seized tracee, or the stop after its SIGCONT or an
/// interrupt.
bool clinux_is_event_stop(int status);

#endif
