// More processes than one.
#include "fixture.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t fork_or_fail(void) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    return child;
}

/// daemonise MILLISECONDS [PID-FILE]: a grandchild in its own session keeps stdout and writes "late" to it, after we
/// have gone.
static int daemonise(int count, char **arguments) {
    double pause = (double)number_argument(count, arguments, 0, 300) / 1000;
    pid_t child = fork_or_fail();
    if (child > 0) {
        waitpid(child, NULL, 0);
        write_all(1, "early\n", 6);
        return 0;
    }
    setsid();
    if (fork_or_fail() > 0) _exit(0);
    sleep_seconds(pause);
    write_all(1, "late\n", 5);
    if (count > 1) write_file(arguments[1], "the daemon lived on\n");
    _exit(0);
}

/// orphan PID-FILE: leaves a grandchild behind that ends soon, for PID 1 or a subreaper to reap.
static int orphan(int count, char **arguments) {
    const char *path = text_argument(count, arguments, 0);
    pid_t child = fork_or_fail();
    if (child == 0) {
        if (fork_or_fail() > 0) _exit(0);
        // Wait until whoever adopts us has done so, then end.
        pid_t parent = getppid();
        for (int tries = 0; getppid() == parent && tries < 50; tries++) sleep_seconds(0.01);
        char text[64];
        snprintf(text, sizeof text, "%d %d\n", getpid(), getppid());
        write_file(path, text);
        _exit(7);
    }
    waitpid(child, NULL, 0);
    while (access(path, F_OK) != 0) sleep_seconds(0.01);
    sleep_seconds(0.3);
    // Reaped means that its /proc entry is gone, not that it is a zombie.
    FILE *file = fopen(path, "r");
    int pid = 0;
    if (!file || fscanf(file, "%d", &pid) != 1) fail(path);
    fclose(file);
    char process[64];
    snprintf(process, sizeof process, "/proc/%d", pid);
    printf("%s\n", access(process, F_OK) == 0 ? "zombie" : "reaped");
    return 0;
}

static void grow(int depth, int width, double seconds) {
    for (int child = 0; child < width; child++) {
        if (fork_or_fail() > 0) continue;
        if (depth > 1) grow(depth - 1, width, seconds);
        sleep_seconds(seconds);
        _exit(0);
    }
    while (wait(NULL) > 0 || errno == EINTR) {}
}

/// fork-tree DEPTH WIDTH SECONDS: every process waits for its children.
static int fork_tree(int count, char **arguments) {
    grow((int)number_argument(count, arguments, 0, 2), (int)number_argument(count, arguments, 1, 3),
         seconds_argument(count, arguments, 2, 0.05));
    return 0;
}

/// exec PROGRAM ARGUMENTS…: replaces itself, exits 96 where that fails.
static int exec_program(int count, char **arguments) {
    text_argument(count, arguments, 0);
    execvp(arguments[0], arguments);
    fprintf(stderr, "FixtureJob: exec %s: %s\n", arguments[0], strerror(errno));
    return 96;
}

const struct verb process_verbs[] = {
    {"daemonise", "MILLISECONDS [FILE]", daemonise},
    {"orphan", "PID-FILE", orphan},
    {"fork-tree", "DEPTH WIDTH SECONDS", fork_tree},
    {"exec", "PROGRAM ARGUMENTS...", exec_program},
    {NULL, NULL, NULL},
};
