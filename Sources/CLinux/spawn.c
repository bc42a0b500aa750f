#include "clinux_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_moves = 64, base_stack = 64 * 1024 };

struct launch {
    const struct clinux_spawn_request *request;
    char *stack;
    size_t stack_size;
    volatile int error;
};

char **clinux_environment(void) { return environ; }

// MARK: Exec

static bool is_elf(const char *file) {
    char magic[4] = {0};
    int descriptor = open(file, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    ssize_t count = read(descriptor, magic, sizeof magic);
    close(descriptor);
    return count == sizeof magic && memcmp(magic, "\x7f" "ELF", sizeof magic) == 0;
}

static int exec_by_shell(const char *file, char *const *arguments, char *const *environment) {
    size_t count = 0;
    while (arguments[count] != NULL) count++;
    const char *shell[count + 3];
    shell[0] = _PATH_BSHELL;
    shell[1] = file;
    for (size_t index = 1; index <= count; index++) shell[index + 1] = arguments[index];
    if (count == 0) shell[2] = NULL;
    execve(_PATH_BSHELL, (char *const *)shell, environment);
    return errno;
}

static int exec_file(const char *file, char *const *arguments, char *const *environment, bool shell_fallback) {
    execve(file, arguments, environment);
    if (errno != ENOEXEC) return errno;
    if (!shell_fallback || is_elf(file)) return ENOEXEC;
    return exec_by_shell(file, arguments, environment);
}

static bool means_look_further(int error) {
    switch (error) {
    case EACCES: case ENOENT: case ESTALE: case ENOTDIR: case ENODEV: case ETIMEDOUT: return true;
    default: return false;
    }
}

int clinux_exec(const char *program, char *const *arguments, char *const *environment, bool shell_fallback) {
    if (*program == '\0') return ENOENT;
    if (strchr(program, '/') != NULL) return exec_file(program, arguments, environment, shell_fallback);
    size_t name = strlen(program);
    if (name > NAME_MAX) return ENAMETOOLONG;

    const char *path = getenv("PATH");
    if (path == NULL) path = "/bin:/usr/bin";
    bool denied = false;
    char file[PATH_MAX + NAME_MAX + 2];
    for (;;) {
        size_t length = strcspn(path, ":");
        if (length < PATH_MAX) {
            memcpy(file, path, length);
            file[length] = '/';
            memcpy(file + length + (length > 0), program, name + 1);
            int error = exec_file(file, arguments, environment, shell_fallback);
            if (!means_look_further(error)) return error;
            if (error == EACCES) denied = true;
        }
        if (path[length] == '\0') return denied ? EACCES : ENOENT;
        path += length + 1;
    }
}

// MARK: The new process

// Sources that a move would overwrite are first copied out of the way.
static int move_descriptors(const struct clinux_descriptor_move *moves, int count) {
    int sources[most_moves];
    int highest = -1;
    for (int index = 0; index < count; index++)
        if (moves[index].target > highest) highest = moves[index].target;
    for (int index = 0; index < count; index++) {
        sources[index] = moves[index].source;
        if (sources[index] < 0 || sources[index] > highest) continue;
        sources[index] = fcntl(sources[index], F_DUPFD_CLOEXEC, highest + 1);
        if (sources[index] < 0) return errno;
    }
    for (int index = 0; index < count; index++) {
        if (sources[index] < 0) close(moves[index].target);
        else if (dup2(sources[index], moves[index].target) < 0) return errno;
    }
    return 0;
}

static void close_all_from(int first) {
    if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
    struct rlimit limit = {.rlim_cur = 65536};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur > 65536) limit.rlim_cur = 65536;
    for (int descriptor = first; descriptor < (int)limit.rlim_cur; descriptor++) close(descriptor);
}

static int prepare_and_exec(const struct clinux_spawn_request *request) {
    if (request->gate != NULL) {
        int closed = request->gate->pass(request->gate->descriptor);
        if (closed != 0) return closed;
    }
    if (request->own_group && setpgid(0, 0) < 0) return errno;
    if (request->foreground_terminal >= 0) {
        pid_t group = getpid();
        ioctl(request->foreground_terminal, TIOCSPGRP, &group);
    }
    int error = move_descriptors(request->moves, request->move_count);
    if (error != 0) return error;
    if (request->close_from >= 0) close_all_from(request->close_from);
    if (request->ignore_child_signal) signal(SIGCHLD, SIG_IGN);
    // The raw call: the library's would quietly clear the two signals that it uses itself.
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &request->signal_mask, NULL, sizeof request->signal_mask);
    return clinux_exec(request->program, request->arguments, request->environment, request->shell_fallback);
}

static int run_child(void *context) {
    struct launch *launch = context;
    launch->error = prepare_and_exec(launch->request);
    _exit(127);
}

// MARK: The old process

static size_t stack_size(char *const *arguments) {
    size_t count = 0;
    while (arguments[count] != NULL) count++;
    size_t bytes = base_stack + count * sizeof(char *);
    return (bytes + 0xffff) & ~(size_t)0xffff;
}

// The stack of the last child. There is one launch at a time, and mapping one anew takes as long as many system calls: the
// job waits meanwhile.
static char *spare_stack;
static size_t spare_stack_size;

static char *take_stack(size_t size) {
    char *stack = spare_stack;
    spare_stack = NULL;
    if (stack != NULL && spare_stack_size == size) return stack;
    if (stack != NULL) munmap(stack, spare_stack_size);
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
}

static void give_back(const struct launch *launch) {
    spare_stack = launch->stack;
    spare_stack_size = launch->stack_size;
}

static pid_t start(const struct clinux_spawn_request *request, struct launch *launch, int flags) {
    if (request->move_count > most_moves) return -EINVAL;
    launch->request = request;
    launch->error = 0;
    launch->stack_size = stack_size(request->arguments);
    launch->stack = take_stack(launch->stack_size);
    if (launch->stack == MAP_FAILED) return -errno;
    pid_t child = clone(run_child, launch->stack + launch->stack_size, CLONE_VM | flags | SIGCHLD, launch);
    if (child >= 0) return child;
    int error = errno;
    give_back(launch);
    return -error;
}

// The child no longer uses our memory.
static pid_t outcome(const struct launch *launch, pid_t child) {
    give_back(launch);
    if (launch->error == 0) return child;
    while (waitpid(child, NULL, __WALL) < 0 && errno == EINTR) continue;
    return -launch->error;
}

pid_t clinux_spawn(const struct clinux_spawn_request *request) {
    struct launch launch;
    pid_t child = start(request, &launch, CLONE_VFORK);
    return child < 0 ? child : outcome(&launch, child);
}

// MARK: At a gate

enum { gate_go = 'g', gate_closed = 'x' };

// Set before the new process exists, which has a copy of the descriptor and must not hold its own gate open.
static int gate_write_end = -1;

// What will be written to the gate's pipe, as soon as it is known: the two share their memory. To be woken from a read takes
// longer than all that happens before the gate is opened.
static _Atomic char gate_word;

enum { gate_patience = 50000 };  // Nanoseconds.

static char look_at_gate(void) {
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        char word = atomic_load(&gate_word);
        if (word != 0) return word;
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec < gate_patience);
    return 0;
}

static int pass_pipe(int descriptor) {
    syscall(SYS_close, gate_write_end);
    char word = look_at_gate();
    if (word == 0) {
        word = gate_go;
        syscall(SYS_read, descriptor, &word, 1);
    }
    return word == gate_closed ? ECANCELED : 0;
}

static void prepare_gate(int write_end) {
    gate_write_end = write_end;
    atomic_store(&gate_word, 0);
}

static int open_gate(int write_end, char word) {
    atomic_store(&gate_word, word);
    return write(write_end, &word, 1) == 1 ? 0 : errno;
}

static void visit(const struct clinux_gate_visitor *visitor, pid_t child) {
    if (visitor != NULL) visitor->visit(child, visitor->context);
}

// Both ends are close-on-exec: there is something to be read, namely the end, once the child has executed its program or has
// exited.
static void await_end(const int watch[2]) {
    char none;
    close(watch[1]);
    while (read(watch[0], &none, 1) < 0) continue;
}

static pid_t spawn_held(
    const struct clinux_spawn_request *request, const struct clinux_gate_visitor *visitor, const int gate[2],
    const int watch[2]) {
    struct clinux_spawn_gate pipe_gate = {.pass = pass_pipe, .descriptor = gate[0]};
    struct clinux_spawn_request gated = *request;
    gated.gate = &pipe_gate;
    prepare_gate(gate[1]);
    struct launch launch;
    pid_t child = start(&gated, &launch, 0);
    if (child < 0) {
        close(watch[1]);
        return child;
    }
    visit(visitor, child);
    open_gate(gate[1], gate_go);
    await_end(watch);
    return outcome(&launch, child);
}

// A descriptor that the new process replaces or closes cannot tell of its exec.
static bool keeps_descriptors(const struct clinux_spawn_request *request) {
    for (int index = 0; index < request->move_count; index++)
        if (request->moves[index].target > STDERR_FILENO) return false;
    return request->close_from < 0;
}

pid_t clinux_spawn_held(const struct clinux_spawn_request *request, const struct clinux_gate_visitor *visitor) {
    int gate[2], watch[2];
    if (!keeps_descriptors(request)) return -EINVAL;
    if (pipe2(gate, O_CLOEXEC) < 0) return -errno;
    pid_t child = pipe2(watch, O_CLOEXEC) < 0 ? -errno : 0;
    if (child == 0) {
        child = spawn_held(request, visitor, gate, watch);
        close(watch[0]);
    }
    close(gate[0]);
    close(gate[1]);
    return child;
}

// MARK: Traced

static bool is_executed(int status) { return WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_EXEC; }

// What it stops for on its way to exec: signals that somebody sends it, and job control.
static void resume_on_the_way(pid_t child, int status) {
    int signal = WSTOPSIG(status);
    if (status >> 16 != PTRACE_EVENT_STOP) ptrace(PTRACE_CONT, child, 0, (long)signal);
    else if (signal == SIGTRAP) ptrace(PTRACE_CONT, child, 0, 0);
    else ptrace(PTRACE_LISTEN, child, 0, 0);
}

// Returns the status of its stop at exec, or 0 once it has ended: its end is left to be waited for.
static int await_exec(pid_t child) {
    for (;;) {
        siginfo_t seen = {0};
        if (waitid(P_PID, (id_t)child, &seen, WEXITED | WSTOPPED | WNOWAIT | __WALL) < 0) {
            if (errno == EINTR) continue;
            return 0;
        }
        if (seen.si_code == CLD_EXITED || seen.si_code == CLD_KILLED || seen.si_code == CLD_DUMPED) return 0;
        int status = 0;
        if (waitpid(child, &status, __WALL) < 0) return 0;
        if (is_executed(status)) return status;
        resume_on_the_way(child, status);
    }
}

// A child that is not traced and does not pass its gate ends in a moment, and has our memory until then. Its end is left to
// be waited for.
static void await_exit(pid_t child) {
    siginfo_t seen;
    while (waitid(P_PID, (id_t)child, &seen, WEXITED | WNOWAIT | __WALL) < 0 && errno == EINTR) continue;
}

// Until the gate is opened the child does nothing that could set the errno it shares with us, and from then on we do not.
static pid_t spawn_at_gate(
    const struct clinux_spawn_request *request, uint64_t options, const struct clinux_gate_visitor *visitor,
    const int gate[2], int *status, int *refusal) {
    struct clinux_spawn_gate pipe_gate = {.pass = pass_pipe, .descriptor = gate[0]};
    struct clinux_spawn_request gated = *request;
    gated.gate = &pipe_gate;
    prepare_gate(gate[1]);
    struct launch launch;
    pid_t child = start(&gated, &launch, 0);
    if (child < 0) return child;
    *refusal = ptrace(PTRACE_SEIZE, child, 0, (long)options) < 0 ? errno : 0;
    if (*refusal == 0) visit(visitor, child);
    open_gate(gate[1], *refusal == 0 ? gate_go : gate_closed);
    if (*refusal == 0) *status = await_exec(child);
    else await_exit(child);
    return outcome(&launch, child);
}

pid_t clinux_spawn_traced(
    const struct clinux_spawn_request *request, uint64_t options, const struct clinux_gate_visitor *visitor, int *status,
    int *refusal) {
    int gate[2];
    *status = 0;
    *refusal = 0;
    if (pipe2(gate, O_CLOEXEC) < 0) return -errno;
    pid_t child = spawn_at_gate(request, options, visitor, gate, status, refusal);
    close(gate[0]);
    close(gate[1]);
    if (*refusal == 0) return child;
    return visitor == NULL ? clinux_spawn(request) : clinux_spawn_held(request, visitor);
}
