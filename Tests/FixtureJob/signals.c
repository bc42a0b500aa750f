// Waiting for signals, refusing them, and recording exactly what arrived.
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int sleep_verb(int count, char **arguments) {
    sleep_seconds(seconds_argument(count, arguments, 0, 60));
    return 0;
}

/// announce FILE SECONDS: FILE receives our pid, then we sleep with every signal at its default.
static int announce(int count, char **arguments) {
    char text[32];
    snprintf(text, sizeof text, "%d\n", getpid());
    write_file(text_argument(count, arguments, 0), text);
    sleep_seconds(seconds_argument(count, arguments, 1, 60));
    return 0;
}

static int ignore_term(int count, char **arguments) {
    signal(SIGTERM, SIG_IGN);
    write_all(1, "ready\n", 6);
    sleep_seconds(seconds_argument(count, arguments, 0, 60));
    return 0;
}

static volatile sig_atomic_t asked_to_end;
static void note_term(int number) { asked_to_end = number; }

/// graceful STATUS: at SIGTERM prints a line and exits with STATUS, as a well-behaved service does.
static int graceful(int count, char **arguments) {
    struct sigaction action = {.sa_handler = note_term};
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    write_all(1, "ready\n", 6);
    sigset_t open = before;
    sigdelset(&open, SIGTERM);
    sigdelset(&open, SIGINT);
    while (!asked_to_end) sigsuspend(&open);
    write_all(1, "stopping\n", 9);
    return (int)number_argument(count, arguments, 0, 0);
}

/// catch-signals FILE: appends "number code pid value" for every signal received, until SIGTERM, then exits 42. The
/// line "ready PID" comes first. Signals are taken with sigwaitinfo, which keeps the queued order and each one's data.
static int catch_signals(int count, char **arguments) {
    int file = open(text_argument(count, arguments, 0), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) fail(arguments[0]);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    // What the caller had ignored would never become pending.
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    char line[128];
    int length = snprintf(line, sizeof line, "ready %d\n", getpid());
    write_all(file, line, (size_t)length);
    for (;;) {
        siginfo_t info;
        int number = sigwaitinfo(&all, &info);
        if (number < 0) continue;
        length = snprintf(
            line, sizeof line, "%d %d %d %d\n", number, info.si_code, info.si_pid,
            info.si_code == SI_QUEUE ? info.si_value.sival_int : 0);
        write_all(file, line, (size_t)length);
        if (number == SIGTERM) return 42;
    }
}

const struct verb signal_verbs[] = {
    {"sleep", "[SECONDS]", sleep_verb},
    {"announce", "PID-FILE [SECONDS]", announce},
    {"ignore-term", "[SECONDS]", ignore_term},
    {"graceful", "[STATUS]", graceful},
    {"catch-signals", "FILE: until SIGTERM, then exit 42", catch_signals},
    {NULL, NULL, NULL},
};
