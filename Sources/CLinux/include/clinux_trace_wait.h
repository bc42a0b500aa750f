// Waiting as a tracer: for threads and for processes that are nobody's children here.
#ifndef CLINUX_TRACE_WAIT_H
#define CLINUX_TRACE_WAIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "clinux_process.h"

/// Takes one change of any child or tracee. WCONTINUED is not asked for: there is one such notice, and it is the real
/// parent's. Returns 1, 0 when there is none, or -errno.
int clinux_take_traced_change(struct clinux_child_change *_Nonnull change);

/// The same for what the calling thread traces, without the stops of its children that it does not.
int clinux_take_own_traced_change(struct clinux_child_change *_Nonnull change);

/// The same for one process or thread; for a child, `continued` asks for WCONTINUED too.
int clinux_take_change_of(pid_t process, bool continued, struct clinux_child_change *_Nonnull change);

/// Waits for a SIGCHLD, which must be blocked, at most so long, and takes it. Returns whether there was one.
bool clinux_await_child_signal(int64_t nanoseconds);

#endif
