// Starting programs: everything between clone and exec is C, because Swift must not run there.
#ifndef CLINUX_SPAWN_H
#define CLINUX_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// In the new process `target` becomes a copy of `source`, or is closed where `source` is -1.
struct clinux_descriptor_move {
    int source;
    int target;
};

/// Runs in the new process, which shares its memory with a process that waits (or only blocks in calls that succeed):
/// async-signal-safe, and without a call that sets errno. Returns 0, or an errno that is taken for exec's.
struct clinux_spawn_gate {
    int (*_Nonnull pass)(int descriptor);
    int descriptor;
};

struct clinux_spawn_request {
    /// Searched in PATH as execvp(3) does where it has no slash.
    const char *_Nonnull program;
    char *_Nullable const *_Nonnull arguments;
    char *_Nullable const *_Nonnull environment;
    /// At most 64.
    const struct clinux_descriptor_move *_Nullable moves;
    int move_count;
    /// Every descriptor from here on is closed; -1 leaves them (those that are close-on-exec go anyway).
    int close_from;
    /// The new process's signal mask, as the kernel has it: bit n-1 is signal n.
    uint64_t signal_mask;
    /// A file without a format is given to /bin/sh, as execvp(3) does.
    bool shell_fallback;
    /// SIGCHLD starts ignored, as the caller of this program had it.
    bool ignore_child_signal;
    /// The new process leads a process group of its own,
    bool own_group;
    /// which becomes this terminal's foreground group; -1 for none.
    int foreground_terminal;
    /// The new process waits at a gate before it does anything; NULL for none.
    const struct clinux_spawn_gate *_Nullable gate;
};

/// Starts a program and returns once it was executed or could not be.
///
/// clone(2) with CLONE_VM | CLONE_VFORK: the memory is not copied, the calling thread waits, and a failure's errno comes
/// back through memory. All signals of the calling thread must be blocked. Returns the pid, or -errno; after a failure
/// there is no child left to wait for.
pid_t clinux_spawn(const struct clinux_spawn_request *_Nonnull request);

/// Called in this process while the new one waits at its gate and has executed nothing yet.
struct clinux_gate_visitor {
    void (*_Nonnull visit)(pid_t process, void *_Nullable context);
    void *_Nullable context;
};

/// As ``clinux_spawn``, but the new process waits at a gate until it was visited. The gate is a pipe, so the program is
/// executed should this process be killed meanwhile.
///
/// clone(2) with CLONE_VM alone; that the program was executed is seen by the end of another pipe, which the request must
/// leave open: it moves nothing above descriptor 2 and closes nothing (otherwise -EINVAL). No other thread may exist.
pid_t clinux_spawn_held(
    const struct clinux_spawn_request *_Nonnull request, const struct clinux_gate_visitor *_Nullable visitor);

/// As ``clinux_spawn``, but traces the new process from before its exec: it waits at a gate until PTRACE_SEIZE was done with
/// `options`, which must hold PTRACE_O_TRACEEXEC.
///
/// The gate is a pipe, so the program is executed (untraced) should this process be killed meanwhile.
///
/// - Parameter visitor: is called once it is traced, or where that is refused; NULL for none.
/// - Parameter status: the wait status of the stop that the process is in, for its tracer to resume it from; 0 where it is in
///   none, because it was killed on the way or is not traced.
/// - Parameter refusal: why it could not be traced (it was started all the same), or 0.
pid_t clinux_spawn_traced(
    const struct clinux_spawn_request *_Nonnull request, uint64_t options,
    const struct clinux_gate_visitor *_Nullable visitor, int *_Nonnull status, int *_Nonnull refusal);

/// execve(2) with the search of execvp(3) and, where asked for, its /bin/sh fallback, except that an ELF file which the
/// kernel refuses is never given to the shell. Async-signal-safe; the stack must hold `arguments` once more. Returns errno.
int clinux_exec(const char *_Nonnull program, char *_Nullable const *_Nonnull arguments,
                char *_Nullable const *_Nonnull environment, bool shell_fallback);

/// This process's environment block, as exec handed it over.
char *_Nullable *_Nonnull clinux_environment(void);

#endif
