// Ways to end.
#include "fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void without_core(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

static int exit_with(int count, char **arguments) { return (int)number_argument(count, arguments, 0, 0); }

static int raise_signal(int count, char **arguments) {
    without_core();
    int number = (int)number_argument(count, arguments, 0, SIGTERM);
    if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    return 98;
}

static int abort_now(int count, char **arguments) {
    (void)count, (void)arguments;
    without_core();
    abort();
}

static int segfault(int count, char **arguments) {
    (void)count, (void)arguments;
    without_core();
    // Volatile twice, so that the compiler can neither see that it is undefined nor leave the store out.
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
    return 98;
}

static int fail_loudly(int count, char **arguments) {
    printf("working\n");
    fflush(stdout);
    fprintf(stderr, "oops: the disk is on fire\n");
    return (int)number_argument(count, arguments, 0, 3);
}

const struct verb ending_verbs[] = {
    {"exit", "[STATUS]", exit_with},
    {"signal", "NUMBER: dies of it", raise_signal},
    {"abort", "", abort_now},
    {"segv", "writes to address 0", segfault},
    {"fail", "[STATUS]: a line on stdout, one on stderr, exit 3", fail_loudly},
    {NULL, NULL, NULL},
};
