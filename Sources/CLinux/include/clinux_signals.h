// Signals beyond what the C library's sigset calls reach: all 64, with their values.
#ifndef CLINUX_SIGNALS_H
#define CLINUX_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// What signalfd(2) says about one signal.
struct clinux_signal {
    int number;
    /// SI_USER, SI_QUEUE, SI_KERNEL, …
    int code;
    pid_t sender;
    uid_t user;
    /// sigqueue(3)'s value, as a pointer-sized integer.
    uint64_t value;
};

/// Blocks every signal of the calling thread, the C library's own two included, and hands out the mask until then.
void clinux_block_all_signals(uint64_t *_Nonnull previous_mask);

/// Sets the calling thread's mask; bit n-1 is signal n.
void clinux_set_signal_mask(uint64_t mask);

/// A non-blocking, close-on-exec signalfd for every signal. Returns a descriptor or -errno.
int clinux_signal_descriptor(void);

/// The same for some signals.
int clinux_signal_descriptor_of(const int *_Nonnull numbers, int count);

/// Takes pending signals, at most `capacity` (and at most 16). Returns their number, 0 when there is none, or -errno.
int clinux_take_signals(int descriptor, struct clinux_signal *_Nonnull signals, int capacity);

/// kill(2). Returns 0 or -errno.
int clinux_send_signal(pid_t process, int number);

/// rt_sigqueueinfo(2) with the given origin and value. Returns 0 or -errno.
int clinux_queue_signal(pid_t process, const struct clinux_signal *_Nonnull signal);

/// Whether the signal's disposition is SIG_IGN.
bool clinux_signal_is_ignored(int number);

/// Gives the signal its default disposition.
void clinux_default_signal(int number);

/// Ends this process by the signal, without a core file. Returns only where the signal does not end it (PID 1).
void clinux_die_of_signal(int number);

/// The si_code values that tell a signal's origin.
extern const int clinux_si_user, clinux_si_queue, clinux_si_kernel;

/// SYS_rt_sigtimedwait.
extern const int clinux_signal_wait_system_call;

#endif
