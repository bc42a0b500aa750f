// report-environment FILE: everything that a process inherits, as JSON, for a comparison of bare and supervised.
#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/// As a hexadecimal string: arguments and variables need not be UTF-8.
static void put_hex(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) fprintf(out, "%02x", (unsigned char)*text);
    fputc('"', out);
}

static void put_hex_list(FILE *out, const char *name, char **texts) {
    fprintf(out, "  \"%s\": [", name);
    for (size_t at = 0; texts[at]; at++) {
        if (at) fputs(", ", out);
        put_hex(out, texts[at]);
    }
    fputs("],\n", out);
}

static void put_limits(FILE *out) {
    fputs("  \"rlimits\": [", out);
    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        struct rlimit limit = {0, 0};
        getrlimit((__rlimit_resource_t)resource, &limit);
        fprintf(out, "%s[\"%llx\", \"%llx\"]", resource ? ", " : "", (unsigned long long)limit.rlim_cur,
                (unsigned long long)limit.rlim_max);
    }
    fputs("],\n", out);
}

static void put_signals(FILE *out) {
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    fputs("  \"blocked\": [", out);
    const char *separator = "";
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&mask, number) != 1) continue;
        fprintf(out, "%s%d", separator, number);
        separator = ", ";
    }
    fputs("],\n  \"ignored\": [", out);
    separator = "";
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) != 0 || action.sa_handler != SIG_IGN) continue;
        fprintf(out, "%s%d", separator, number);
        separator = ", ";
    }
    fputs("],\n", out);
}

/// Number, target and open flags of every descriptor but the one this listing needs and the report itself.
static void put_descriptors(FILE *out) {
    DIR *directory = opendir("/proc/self/fd");
    if (!directory) fail("/proc/self/fd");
    fputs("  \"descriptors\": {", out);
    const char *separator = "";
    for (struct dirent *entry; (entry = readdir(directory));) {
        int number = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || number == dirfd(directory) || number == fileno(out)) continue;
        char link[64], target[4096];
        snprintf(link, sizeof link, "/proc/self/fd/%d", number);
        ssize_t length = readlink(link, target, sizeof target - 1);
        if (length < 0) continue;
        target[length] = 0;
        fprintf(out, "%s\"%d\": {\"flags\": %d, \"target\": ", separator, number, fcntl(number, F_GETFL));
        put_hex(out, target);
        fputc('}', out);
        separator = ", ";
    }
    closedir(directory);
    fputs("},\n", out);
}

/// The lines of /proc/self/status which say what a process may do and where it may run.
static void put_status(FILE *out) {
    static const char *const wanted[] = {
        "Uid:", "Gid:", "Groups:", "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:",
        "Cpus_allowed:", "Mems_allowed:", "TracerPid:",
    };
    FILE *status = fopen("/proc/self/status", "r");
    if (!status) fail("/proc/self/status");
    char line[4096];
    while (fgets(line, sizeof line, status)) {
        for (size_t at = 0; at < sizeof wanted / sizeof *wanted; at++) {
            if (strncmp(line, wanted[at], strlen(wanted[at])) != 0) continue;
            line[strcspn(line, "\n")] = 0;
            fprintf(out, "  \"status.%.*s\": ", (int)strlen(wanted[at]) - 1, wanted[at]);
            put_hex(out, line + strlen(wanted[at]));
            fputs(",\n", out);
        }
    }
    fclose(status);
}

static void put_file(FILE *out, const char *name, const char *path) {
    char text[4096] = "";
    FILE *file = fopen(path, "r");
    if (file && !fgets(text, sizeof text, file)) text[0] = 0;
    if (file) fclose(file);
    fprintf(out, "  \"%s\": ", name);
    put_hex(out, text);
    fputs(",\n", out);
}

static char **report_arguments;

static int report_environment(int count, char **arguments) {
    const char *path = text_argument(count, arguments, 0);
    report_arguments = arguments;
    mode_t mask = umask(0);
    umask(mask);
    char temporary[4096], directory[4096] = "";
    snprintf(temporary, sizeof temporary, "%s.%d.tmp", path, getpid());
    FILE *out = fopen(temporary, "we");
    if (!out) fail(temporary);
    if (!getcwd(directory, sizeof directory)) fail("getcwd");
    int pdeathsig = 0;
    prctl(PR_GET_PDEATHSIG, &pdeathsig);
    fputs("{\n  \"cwd\": ", out);
    put_hex(out, directory);
    fprintf(out, ",\n  \"umask\": %d,\n  \"nice\": %d,\n  \"scheduler\": %d,\n", mask, getpriority(PRIO_PROCESS, 0),
            sched_getscheduler(0));
    put_limits(out);
    put_signals(out);
    put_descriptors(out);
    put_status(out);
    put_file(out, "oom_score_adj", "/proc/self/oom_score_adj");
    put_file(out, "cgroup", "/proc/self/cgroup");
    fprintf(out, "  \"pid\": %d,\n  \"ppid\": %d,\n  \"pgrp\": %d,\n  \"sid\": %d,\n", getpid(), getppid(), getpgrp(),
            getsid(0));
    fprintf(out, "  \"pdeathsig\": %d,\n  \"personality\": %d,\n  \"timerslack\": %d,\n  \"dumpable\": %d,\n",
            pdeathsig, personality(0xffffffff), prctl(PR_GET_TIMERSLACK), prctl(PR_GET_DUMPABLE));
    fprintf(out, "  \"isatty\": [%d, %d, %d],\n", isatty(0), isatty(1), isatty(2));
    put_hex_list(out, "arguments", report_arguments);
    put_hex_list(out, "variables", environ);
    fputs("  \"complete\": true\n}\n", out);
    if (fclose(out) != 0 || rename(temporary, path) != 0) fail(path);
    return 0;
}

const struct verb environment_verbs[] = {
    {"report-environment", "FILE [ARGUMENTS...]", report_environment},
    {NULL, NULL, NULL},
};
