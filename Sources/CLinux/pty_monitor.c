#include "clinux_pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Where the monitor keeps what it needs; everything else is closed in it.
enum { channel_descriptor = 3, secondary_descriptor = 4, user_terminal_descriptor = 5, signal_descriptor = 6 };

struct monitor {
    pid_t job;
    pid_t supervisor;
    bool job_stopped;
    bool supervisor_gone;
    bool terminal_is_raw;
    bool has_user_terminal;
    struct termios saved;
    struct termios raw;
};

// MARK: Reports

static void report(int channel, const struct clinux_monitor_report *report) {
    while (send(channel, report, sizeof *report, MSG_NOSIGNAL) < 0 && errno == EINTR) continue;
}

static void report_plain(int channel, int kind, pid_t job, int value) {
    struct clinux_monitor_report plain = {.kind = kind, .pid = job, .value = value};
    report(channel, &plain);
}

// A supervisor that stopped because its job did must not sleep through what somebody else does to the job.
static void wake_supervisor(const struct monitor *monitor) {
    if (!monitor->supervisor_gone && getppid() == monitor->supervisor) kill(monitor->supervisor, SIGCONT);
}

// MARK: The terminals

static void set_foreground(pid_t group) { ioctl(secondary_descriptor, TIOCSPGRP, &group); }

static bool same_modes(const struct termios *one, const struct termios *other) {
    return one->c_iflag == other->c_iflag && one->c_oflag == other->c_oflag && one->c_cflag == other->c_cflag &&
           one->c_lflag == other->c_lflag;
}

// Only where it still is as the supervisor left it: a shell may have set its own modes already.
static void take_raw_mode_back(struct monitor *monitor) {
    struct termios now;
    if (!monitor->terminal_is_raw || !monitor->has_user_terminal) return;
    monitor->terminal_is_raw = false;
    if (tcgetattr(user_terminal_descriptor, &now) < 0 || !same_modes(&now, &monitor->raw)) return;
    tcsetattr(user_terminal_descriptor, TCSANOW, &monitor->saved);
}

// MARK: Orders

static void resume(struct monitor *monitor, pid_t foreground_group) {
    set_foreground(foreground_group);
    monitor->job_stopped = false;
    kill(-monitor->job, SIGCONT);
}

static void pass_on(pid_t target, const struct clinux_signal *signal) {
    if (signal->code == clinux_si_queue && target > 0) clinux_queue_signal(target, signal);
    else kill(target, signal->number);
}

static void obey(struct monitor *monitor, const struct clinux_monitor_order *order) {
    switch (order->kind) {
    case CLINUX_MONITOR_SIGNAL_JOB: pass_on(monitor->job, &order->signal); break;
    case CLINUX_MONITOR_SIGNAL_GROUP: pass_on(-monitor->job, &order->signal); break;
    case CLINUX_MONITOR_CONTINUE_FOREGROUND: resume(monitor, monitor->job); break;
    case CLINUX_MONITOR_CONTINUE_BACKGROUND: resume(monitor, getpid()); break;
    case CLINUX_MONITOR_SET_FOREGROUND: set_foreground(monitor->job); break;
    case CLINUX_MONITOR_SET_BACKGROUND: set_foreground(getpid()); break;
    case CLINUX_MONITOR_PASS_GATE: break;
    case CLINUX_MONITOR_TERMINAL_IS_RAW:
        monitor->terminal_is_raw = order->value != 0;
        monitor->saved = order->saved;
        monitor->raw = order->raw;
        break;
    }
}

// The supervisor was killed: the job goes on without it.
static void lose_supervisor(struct monitor *monitor) {
    monitor->supervisor_gone = true;
    close(channel_descriptor);
    take_raw_mode_back(monitor);
    if (monitor->job_stopped) kill(-monitor->job, SIGCONT);
}

static void take_orders(struct monitor *monitor) {
    for (;;) {
        struct clinux_monitor_order order;
        ssize_t count = recv(channel_descriptor, &order, sizeof order, MSG_DONTWAIT);
        if (count == (ssize_t)sizeof order) obey(monitor, &order);
        else if (count < 0 && errno == EINTR) continue;
        else if (count < 0 && errno == EAGAIN) return;
        else return lose_supervisor(monitor);
    }
}

// MARK: The job

// The session's leader takes the foreground, so that its end hangs up on nobody whom the job left behind; and it lets go
// of the terminal before anyone hears of the job's end, so that the end of the output is one.
static void leave_terminal(void) {
    set_foreground(getpid());
    close(secondary_descriptor);
}

static void note_change(struct monitor *monitor, const struct clinux_child_change *change) {
    struct clinux_monitor_report said = {.pid = monitor->job, .change = *change};
    bool expected = true;
    if (WIFSTOPPED(change->status)) {
        said.kind = CLINUX_MONITOR_STOPPED;
        said.value = WSTOPSIG(change->status);
        monitor->job_stopped = true;
    } else if (WIFCONTINUED(change->status)) {
        said.kind = CLINUX_MONITOR_CONTINUED;
        expected = !monitor->job_stopped;
        monitor->job_stopped = false;
    } else {
        said.kind = CLINUX_MONITOR_EXITED;
        expected = !monitor->job_stopped;
    }
    if (said.kind == CLINUX_MONITOR_EXITED) leave_terminal();
    if (!monitor->supervisor_gone) report(channel_descriptor, &said);
    if (!expected) wake_supervisor(monitor);
    if (said.kind == CLINUX_MONITOR_EXITED) _exit(0);
}

static void take_changes(struct monitor *monitor) {
    struct signalfd_siginfo ignored;
    struct clinux_child_change change;
    while (read(signal_descriptor, &ignored, sizeof ignored) > 0) continue;
    while (clinux_take_child_change(&change) == 1)
        if (change.process == monitor->job) note_change(monitor, &change);
}

_Noreturn static void watch(struct monitor *monitor) {
    struct pollfd ready[2] = {{.fd = signal_descriptor, .events = POLLIN}, {.fd = channel_descriptor, .events = POLLIN}};
    for (;;) {
        if (poll(ready, 2, -1) < 0) continue;
        if (ready[1].revents != 0) take_orders(monitor);
        if (monitor->supervisor_gone) ready[1].fd = -1;
        if (ready[0].revents != 0) take_changes(monitor);
    }
}

// MARK: The monitor's start

static int lead_session(int secondary) {
    if (setsid() < 0) return errno;
    return ioctl(secondary, TIOCSCTTY, 0) < 0 ? errno : 0;
}

static int watch_children(void) {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    signal(SIGCHLD, SIG_DFL);
    return signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
}

// No pipe, no file and no directory of the caller's stays open because of the monitor.
static void keep_only(int channel, int secondary, int user_terminal, int signals) {
    const int kept[4] = {channel, secondary, user_terminal, signals};
    int copies[4];
    for (int index = 0; index < 4; index++)
        copies[index] = kept[index] < 0 ? -1 : fcntl(kept[index], F_DUPFD_CLOEXEC, signal_descriptor + 1);
    for (int index = 0; index < 4; index++)
        if (copies[index] >= 0) dup3(copies[index], channel_descriptor + index, O_CLOEXEC);
        else close(channel_descriptor + index);
    syscall(SYS_close_range, signal_descriptor + 1, ~0U, 0);
    for (int descriptor = 0; descriptor <= 2; descriptor++) clinux_replace_by_null(descriptor);
    if (chdir("/") < 0) return;
}

// Runs in the job while the monitor waits for its exec. A supervisor that is gone opens the gate too.
static int wait_for_tracer(int channel) {
    struct clinux_monitor_order order;
    report_plain(channel, CLINUX_MONITOR_AT_GATE, getpid(), 0);
    while (recv(channel, &order, sizeof order, 0) < 0 && errno == EINTR) continue;
    return 0;
}

_Noreturn static void run_monitor(const struct clinux_monitor_request *request, int channel, pid_t supervisor) {
    int error = lead_session(request->secondary);
    int signals = watch_children();
    if (error == 0 && signals < 0) error = errno;
    if (error != 0) {
        report_plain(channel, CLINUX_MONITOR_FAILED, 0, error);
        _exit(0);
    }
    struct clinux_spawn_request spawn = *request->spawn;
    spawn.own_group = true;
    spawn.foreground_terminal = request->foreground ? request->secondary : -1;
    struct clinux_spawn_gate gate = {.pass = wait_for_tracer, .descriptor = channel};
    spawn.gate = request->gated ? &gate : NULL;
    pid_t job = clinux_spawn(&spawn);
    if (job < 0) {
        report_plain(channel, CLINUX_MONITOR_EXEC_FAILED, 0, -job);
        _exit(0);
    }
    report_plain(channel, CLINUX_MONITOR_STARTED, job, 0);
    prctl(PR_SET_NAME, "sentry-run-pty");
    keep_only(channel, request->secondary, request->user_terminal, signals);
    struct monitor monitor = {
        .job = job, .supervisor = supervisor, .has_user_terminal = request->user_terminal >= 0};
    watch(&monitor);
}

pid_t clinux_monitor_start(const struct clinux_monitor_request *request, int *channel) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
    pid_t supervisor = getpid();
    pid_t monitor = fork();
    if (monitor == 0) {
        close(ends[0]);
        run_monitor(request, ends[1], supervisor);
    }
    int error = errno;
    close(ends[1]);
    if (monitor < 0) {
        close(ends[0]);
        return -error;
    }
    *channel = ends[0];
    return monitor;
}
