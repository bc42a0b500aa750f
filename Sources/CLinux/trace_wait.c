#include "clinux_trace_wait.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

int clinux_take_traced_change(struct clinux_child_change *change) {
    return clinux_wait_change(-1, WNOHANG | WUNTRACED | __WALL, change);
}

int clinux_take_own_traced_change(struct clinux_child_change *change) {
    return clinux_wait_change(-1, WNOHANG | __WALL | __WNOTHREAD, change);
}

int clinux_take_change_of(pid_t process, bool continued, struct clinux_child_change *change) {
    return clinux_wait_change(process, WNOHANG | __WALL | (continued ? WUNTRACED | WCONTINUED : 0), change);
}

bool clinux_await_child_signal(int64_t nanoseconds) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return sigtimedwait(&child, NULL, &time) == SIGCHLD;
}
