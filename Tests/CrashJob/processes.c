// Crashes of children, and of programs whose file is no longer what was started.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "crash_job.h"

static FRAME void crash_in_child(int value) {
    write_nowhere(value);
    NOT_A_TAIL_CALL;
}

// The child dies, the parent succeeds.
static int child(int count, char **arguments) {
    pid_t pid = fork();
    if (pid < 0) fail("fork");
    if (pid == 0) {
        crash_in_child(1);
        _exit(98);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    printf("child %d died of signal %d\n", pid, WTERMSIG(status));
    return WIFSIGNALED(status) ? 0 : 1;
}

static int vfork_child(int count, char **arguments) {
    pid_t pid = vfork();
    if (pid < 0) fail("vfork");
    if (pid == 0) {
        raise(SIGSEGV);
        _exit(98);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? 0 : 1;
}

static atomic_int forked;

static void *fork_for_ever(void *argument) {
    for (;;) {
        pid_t pid = fork();
        if (pid == 0) _exit(0);
        if (pid > 0) waitpid(pid, NULL, 0);
        atomic_fetch_add(&forked, 1);
    }
    return argument;
}

static FRAME void crash_while_forking(void) {
    write_nowhere(1);
    NOT_A_TAIL_CALL;
}

// One thread forks all the time, this one crashes.
static int while_forking(int count, char **arguments) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, fork_for_ever, NULL) != 0) fail("pthread_create");
    while (atomic_load(&forked) < 20) usleep(1000);
    crash_while_forking();
    NOT_A_TAIL_CALL;
    return 0;
}

static void own_path(char *path, size_t size) {
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    if (length < 0) fail("readlink");
    path[length] = 0;
}

static int deleted(int count, char **arguments) {
    char path[4096];
    own_path(path, sizeof path);
    if (unlink(path) != 0) fail("unlink");
    write_nowhere(1);
    NOT_A_TAIL_CALL;
    return 0;
}

// replaced FILE: moves FILE to where this program was, then crashes.
static int replaced(int count, char **arguments) {
    char path[4096];
    own_path(path, sizeof path);
    if (count < 1 || rename(arguments[0], path) != 0) fail("rename");
    write_nowhere(1);
    NOT_A_TAIL_CALL;
    return 0;
}

// As daemons do: nothing that it inherited is open any more.
static int closed_descriptors(int count, char **arguments) {
    for (int descriptor = 0; descriptor < 1024; descriptor++) close(descriptor);
    write_nowhere(1);
    NOT_A_TAIL_CALL;
    return 0;
}

// note-death FILE PROGRAM…: the time at which the program's end was seen goes to FILE.
static int note_death(int count, char **arguments) {
    pid_t pid = count < 2 ? -1 : fork();
    if (pid < 0) fail("fork");
    if (pid == 0) {
        execv(arguments[1], arguments + 1);
        _exit(98);
    }
    waitpid(pid, NULL, 0);
    note_time(arguments[0]);
    return 0;
}

const struct verb process_verbs[] = {
    {"note-death", note_death},
    {"child", child},
    {"vfork-child", vfork_child},
    {"while-forking", while_forking},
    {"deleted", deleted},
    {"replaced", replaced},
    {"closed-descriptors", closed_descriptors},
    {NULL, NULL},
};
