#include "clinux_signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

const int clinux_si_user = SI_USER, clinux_si_queue = SI_QUEUE, clinux_si_kernel = SI_KERNEL;

static const uint64_t every_signal = ~UINT64_C(0);

const int clinux_signal_wait_system_call = SYS_rt_sigtimedwait;

// The raw calls: the library's take signals 32 and 33 out of every set.
void clinux_block_all_signals(uint64_t *previous_mask) {
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &every_signal, previous_mask, sizeof every_signal);
}

void clinux_set_signal_mask(uint64_t mask) {
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

int clinux_signal_descriptor(void) {
    int descriptor = (int)syscall(SYS_signalfd4, -1, &every_signal, sizeof every_signal, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int clinux_signal_descriptor_of(const int *numbers, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int index = 0; index < count; index++) sigaddset(&set, numbers[index]);
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int clinux_take_signals(int descriptor, struct clinux_signal *signals, int capacity) {
    struct signalfd_siginfo taken[16];
    if (capacity > 16) capacity = 16;
    ssize_t bytes = read(descriptor, taken, (size_t)capacity * sizeof taken[0]);
    if (bytes < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    int count = (int)(bytes / (ssize_t)sizeof taken[0]);
    for (int index = 0; index < count; index++) {
        signals[index] = (struct clinux_signal){.number = (int)taken[index].ssi_signo,
                                                .code = taken[index].ssi_code,
                                                .sender = (pid_t)taken[index].ssi_pid,
                                                .user = taken[index].ssi_uid,
                                                .value = taken[index].ssi_ptr};
    }
    return count;
}

int clinux_send_signal(pid_t process, int number) { return kill(process, number) < 0 ? -errno : 0; }

int clinux_queue_signal(pid_t process, const struct clinux_signal *signal) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = signal->number;
    info.si_code = signal->code;
    info.si_pid = signal->sender;
    info.si_uid = signal->user;
    info.si_value.sival_ptr = (void *)(uintptr_t)signal->value;
    return syscall(SYS_rt_sigqueueinfo, process, signal->number, &info) < 0 ? -errno : 0;
}

bool clinux_signal_is_ignored(int number) {
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void clinux_default_signal(int number) { signal(number, SIG_DFL); }

void clinux_die_of_signal(int number) {
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    // A core_pattern that is a pipe does not look at the limit.
    prctl(PR_SET_DUMPABLE, 0);
    signal(number, SIG_DFL);
    kill(getpid(), number);
    clinux_set_signal_mask(~(UINT64_C(1) << (number - 1)));
}
