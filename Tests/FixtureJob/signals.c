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

static int record;

/// Appends "number code pid value". Runs in a handler: nothing here but formatting into our own buffer and write(2).
static void write_record(const siginfo_t *info) {
    const long long fields[] = {
        info->si_signo, info->si_code, info->si_pid, info->si_code == SI_QUEUE ? info->si_value.sival_int : 0,
    };
    char line[96], digits[24];
    size_t length = 0;
    for (size_t field = 0; field < 4; field++) {
        unsigned long long rest = fields[field] < 0 ? 0ULL - (unsigned long long)fields[field] : (unsigned long long)fields[field];
        size_t count = 0;
        do digits[count++] = (char)('0' + rest % 10); while (rest /= 10);
        if (fields[field] < 0) line[length++] = '-';
        while (count) line[length++] = digits[--count];
        line[length++] = field < 3 ? ' ' : '\n';
    }
    write_all(record, line, length);
    if (info->si_signo == SIGTERM) _exit(42);
}

static void record_signal(int number, siginfo_t *info, void *context) {
    (void)number, (void)context;
    write_record(info);
}

/// catch-signals FILE [wait]: appends "number code pid value" for every signal received, until SIGTERM, then exits 42.
/// The line "ready PID" comes first. With `wait` they are taken by sigwaitinfo instead of handlers.
static int catch_signals(int count, char **arguments) {
    record = open(text_argument(count, arguments, 0), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (record < 0) fail(arguments[0]);
    int waits = count > 1 && strcmp(arguments[1], "wait") == 0;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    struct sigaction action = {.sa_sigaction = record_signal, .sa_flags = SA_SIGINFO | SA_RESTART, .sa_mask = all};
    for (int number = 1; number < NSIG; number++) {
        // What the caller had ignored would never become pending.
        if (waits) signal(number, SIG_DFL);
        else sigaction(number, &action, NULL);
    }
    char line[128];
    int length = snprintf(line, sizeof line, "ready %d\n", getpid());
    write_all(record, line, (size_t)length);
    sigset_t none;
    sigemptyset(&none);
    siginfo_t info;
    for (;;) {
        if (!waits) sigsuspend(&none);
        else if (sigwaitinfo(&all, &info) > 0) write_record(&info);
    }
}

const struct verb signal_verbs[] = {
    {"sleep", "[SECONDS]", sleep_verb},
    {"announce", "PID-FILE [SECONDS]", announce},
    {"ignore-term", "[SECONDS]", ignore_term},
    {"graceful", "[STATUS]", graceful},
    {"catch-signals", "FILE [wait]: until SIGTERM, then exit 42", catch_signals},
    {NULL, NULL, NULL},
};
