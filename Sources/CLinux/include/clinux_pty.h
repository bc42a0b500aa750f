// The job's terminal: a pty, and the monitor process that owns it.
//
// A session leader whose parent lives in another session is an orphaned process group: the kernel drops SIGTSTP there,
// and ^Z would do nothing. So a small process leads the new session, is the job's parent, and tells the supervisor what
// becomes of the job. It is C because it is forked and never executes another program: only async-signal-safe calls.
#ifndef CLINUX_PTY_H
#define CLINUX_PTY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <termios.h>

#include "clinux_process.h"
#include "clinux_signals.h"
#include "clinux_spawn.h"

/// Opens a pty, both sides close-on-exec and without becoming anybody's controlling terminal. The primary side is
/// non-blocking. Returns 0 or -errno.
int clinux_pty_open(int *_Nonnull primary, int *_Nonnull secondary);

/// Opens the secondary side once more, non-blocking. Returns a descriptor or -errno.
int clinux_pty_open_secondary(int primary);

/// ioctl(2) TIOCGWINSZ and TIOCSWINSZ, which are variadic. Return 0 or -errno.
int clinux_window_size(int terminal, struct winsize *_Nonnull size);
int clinux_set_window_size(int terminal, const struct winsize *_Nonnull size);

/// ioctl(2) TIOCSTI: puts one byte back into the input queue of the caller's controlling terminal. Returns 0 or -errno
/// (EIO where the kernel was built or set not to allow it).
int clinux_push_back(int terminal, char byte);

/// Takes one pending `signal` that is blocked, without waiting. Returns the signal or -errno (EAGAIN: none).
int clinux_take_signal(int signal);

/// Does to this process what `signal` does by default, with the signal unblocked in the calling thread meanwhile: for
/// a stop signal, returns when the process was continued (at once where the kernel ignored the signal, as it does in
/// an orphaned process group). Returns 0 or -errno.
int clinux_act_by_default(int signal);

/// What the monitor says, one packet each.
enum clinux_monitor_report_kind {
    /// The job runs the program; `pid` is the job.
    CLINUX_MONITOR_STARTED = 1,
    /// The program could not be executed; `value` is the errno. The monitor ends.
    CLINUX_MONITOR_EXEC_FAILED = 2,
    /// `value` is the stop signal.
    CLINUX_MONITOR_STOPPED = 3,
    CLINUX_MONITOR_CONTINUED = 4,
    /// `change` says how. The monitor ends.
    CLINUX_MONITOR_EXITED = 5,
    /// The terminal could not be made the session's; `value` is the errno. Nothing was started. The monitor ends.
    CLINUX_MONITOR_FAILED = 6,
    /// `pid` is the job, which waits to be told CLINUX_MONITOR_PASS_GATE before it executes the program.
    CLINUX_MONITOR_AT_GATE = 7,
};

struct clinux_monitor_report {
    int32_t kind;
    int32_t pid;
    int32_t value;
    struct clinux_child_change change;
};

/// What the monitor is told, one packet each.
enum clinux_monitor_order_kind {
    /// `signal` to the job's process, or to its group; with its value where it was queued with one.
    CLINUX_MONITOR_SIGNAL_JOB = 1,
    CLINUX_MONITOR_SIGNAL_GROUP = 2,
    /// SIGCONT to the job's group, after it was made the terminal's foreground group or not.
    CLINUX_MONITOR_CONTINUE_FOREGROUND = 3,
    CLINUX_MONITOR_CONTINUE_BACKGROUND = 4,
    /// Make the job's group the foreground group, or the monitor's own, without a signal.
    CLINUX_MONITOR_SET_FOREGROUND = 5,
    CLINUX_MONITOR_SET_BACKGROUND = 6,
    /// The user's terminal was changed from `saved` to `raw`: should the supervisor die before it has taken that back,
    /// the monitor does. `value` 0 says that it was taken back.
    CLINUX_MONITOR_TERMINAL_IS_RAW = 7,
    /// For the job that waits at its gate. Nothing else may be ordered before.
    CLINUX_MONITOR_PASS_GATE = 8,
};

struct clinux_monitor_order {
    int32_t kind;
    int32_t value;
    struct clinux_signal signal;
    struct termios saved;
    struct termios raw;
};

/// What a monitor starts. `spawn` is the job's description; its `standard` descriptors are the pty's secondary side
/// where a stream belongs to the terminal.
struct clinux_monitor_request {
    const struct clinux_spawn_request *_Nonnull spawn;
    int secondary;
    /// The user's terminal, or -1.
    int user_terminal;
    /// Whether the job starts as the pty's foreground group.
    bool foreground;
    /// Whether the job waits at a gate, to be traced from before its exec.
    bool gated;
};

/// Forks the monitor. To be called while the process has one thread.
///
/// - Parameter channel: the supervisor's end of the packet socket of reports and orders, close-on-exec and
///   non-blocking. Its end of file means that the monitor is gone.
/// - Returns: the monitor's pid or -errno.
pid_t clinux_monitor_start(const struct clinux_monitor_request *_Nonnull request, int *_Nonnull channel);

#endif
