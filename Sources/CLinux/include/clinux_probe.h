// Asks the kernel whether it would let us, by trying it on a child of our own.
#ifndef CLINUX_PROBE_H
#define CLINUX_PROBE_H

/// Forks a child that sleeps, seizes it with ptrace(2) and ends it. Returns 0 or -errno.
/// In C, because the child may only do what is async-signal-safe.
int clinux_probe_trace(void);

/// Opens a software clock event of this process with perf_event_open(2), user space only, and closes it.
/// Returns 0 or -errno.
int clinux_probe_perf(void);

#endif
