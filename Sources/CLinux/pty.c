#include "clinux_pty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int result(int value) { return value < 0 ? -errno : value; }

int clinux_pty_open(int *primary, int *secondary) {
    int unlocked = 0;
    *primary = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (*primary < 0) return -errno;
    if (ioctl(*primary, TIOCSPTLCK, &unlocked) == 0) {
        // By descriptor, not by name: /dev/pts may be another mount than the one /dev/ptmx belongs to.
        *secondary = ioctl(*primary, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (*secondary >= 0) return 0;
    }
    int error = errno;
    close(*primary);
    return -error;
}

int clinux_pty_open_secondary(int primary) {
    return result(ioctl(primary, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
}

int clinux_window_size(int terminal, struct winsize *size) { return result(ioctl(terminal, TIOCGWINSZ, size)); }

int clinux_set_window_size(int terminal, const struct winsize *size) {
    return result(ioctl(terminal, TIOCSWINSZ, size));
}

int clinux_push_back(int terminal, char byte) { return result(ioctl(terminal, TIOCSTI, &byte)); }

int clinux_take_signal(int number) {
    sigset_t set;
    struct timespec at_once = {0, 0};
    sigemptyset(&set);
    sigaddset(&set, number);
    return result(sigtimedwait(&set, NULL, &at_once));
}

// The raw call: the library's would unblock the two signals that it uses itself.
static void change_mask(int how, const uint64_t *set, uint64_t *previous) {
    syscall(SYS_rt_sigprocmask, how, set, previous, sizeof *set);
}

// SIGSTOP can be neither blocked nor handled: for it, the kill is all that counts.
int clinux_act_by_default(int number) {
    uint64_t set = UINT64_C(1) << (number - 1), previous;
    struct sigaction action = {.sa_handler = SIG_DFL}, before;
    bool handled = sigaction(number, &action, &before) == 0;
    int error = kill(getpid(), number) < 0 ? errno : 0;
    // Pending now; it is delivered to this thread before the call returns, all others having it blocked.
    change_mask(SIG_UNBLOCK, &set, &previous);
    change_mask(SIG_SETMASK, &previous, NULL);
    if (handled) sigaction(number, &before, NULL);
    return -error;
}
