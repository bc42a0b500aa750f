// Signals: sent, caught, caught and crashed in, forbidden.
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "crash_job.h"

static void on(int signal, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    if (sigaction(signal, &action, NULL) != 0) fail("sigaction");
}

static int number(int count, char **arguments, int index, int otherwise) {
    return count > index ? atoi(arguments[index]) : otherwise;
}

static int raise_signal(int count, char **arguments) {
    raise(number(count, arguments, 0, SIGQUIT));  // crash: raise
    return 0;
}

// Says its pid, then waits to be killed.
static int wait_for_signal(int count, char **arguments) {
    printf("%d\n", getpid());
    fflush(stdout);
    while (pause() != 0) continue;
    return 0;
}

static int queue_to_self(int count, char **arguments) {
    union sigval value = {.sival_int = 4711};
    sigqueue(getpid(), number(count, arguments, 0, SIGQUIT), value);
    return 0;
}

static volatile sig_atomic_t received_value, received_sender, received_code;

static void note_value(int signal, siginfo_t *info, void *context) {
    received_value = info->si_value.sival_int;
    received_sender = info->si_pid;
    received_code = info->si_code;
}

// Prints what came with the signal: the same with a tracer between as without.
static int receive_value(int count, char **arguments) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = note_value;
    action.sa_flags = SA_SIGINFO;
    if (sigaction(SIGRTMIN + 2, &action, NULL) != 0) fail("sigaction");
    union sigval value = {.sival_int = 4711};
    if (sigqueue(getpid(), SIGRTMIN + 2, value) != 0) fail("sigqueue");
    printf("value %d, from myself: %d, code %d\n", (int)received_value, received_sender == getpid(), (int)received_code);
    return 0;
}

static FRAME void crash_in_handler(int signal) {
    write_nowhere(signal);
    NOT_A_TAIL_CALL;
}

static int crash_in_a_handler(int count, char **arguments) {
    on(SIGUSR1, crash_in_handler, 0);
    raise(SIGUSR1);
    return 0;
}

static void use_alternate_stack(void) {
    const size_t size = 64 << 10;
    stack_t stack;
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack.ss_size = size;
    if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) != 0) fail("sigaltstack");
}

static int crash_on_alternate_stack(int count, char **arguments) {
    use_alternate_stack();
    on(SIGUSR1, crash_in_handler, SA_ONSTACK);
    raise(SIGUSR1);
    return 0;
}

// What crash handlers do: say something, then die of the same signal.
static FRAME void report_and_raise(int number) {
    static const char message[] = "a handler of its own\n";
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0) _exit(98);
    signal(number, SIG_DFL);
    raise(number);
}

static int handler_that_raises(int count, char **arguments) {
    use_alternate_stack();
    on(SIGSEGV, report_and_raise, SA_ONSTACK);
    write_nowhere(1);
    NOT_A_TAIL_CALL;
    return 0;
}

static FRAME void look_and_return(int number) {
    static const char message[] = "handled once\n";
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0) _exit(98);
}

// The handler returns to the faulting instruction, which then meets the default action.
static int handler_that_resets(int count, char **arguments) {
    on(SIGSEGV, look_and_return, SA_RESETHAND);
    write_nowhere(1);
    NOT_A_TAIL_CALL;
    return 0;
}

static sigjmp_buf way_out;

static void jump_out(int signal) {
    siglongjmp(way_out, signal);
}

// As runtimes do that find null pointers by faulting.
static int recover(int count, char **arguments) {
    on(SIGSEGV, jump_out, 0);
    int recovered = 0;
    for (volatile int attempt = 0; attempt < 50; attempt++) {
        if (sigsetjmp(way_out, 1) == 0) {
            write_nowhere(attempt);
        } else {
            recovered = attempt + 1;
        }
    }
    printf("recovered %d times\n", recovered);
    return 0;
}

static void exit_with_7(int signal) {
    _exit(7);
}

static int exit_in_a_handler(int count, char **arguments) {
    on(SIGSEGV, exit_with_7, 0);
    write_nowhere(1);
    return 0;
}

static volatile sig_atomic_t handled;

static void count_signal(int signal) {
    handled++;
}

// So many signals to itself, for the cost of each.
static int handled_signals(int count, char **arguments) {
    int times = number(count, arguments, 0, 100000);
    on(SIGUSR1, count_signal, 0);
    for (int sent = 0; sent < times; sent++) raise(SIGUSR1);
    return handled == times ? 0 : 1;
}

static FRAME int ask_for_the_forbidden(void) {
    int parent = (int)syscall(SYS_getppid);
    NOT_A_TAIL_CALL;
    return parent;
}

static void forbid_getppid(unsigned action) {
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof rules / sizeof *rules, .filter = rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("PR_SET_NO_NEW_PRIVS");
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) fail("PR_SET_SECCOMP");
}

static int forbidden_system_call(int count, char **arguments) {
    forbid_getppid(SECCOMP_RET_TRAP);
    int parent = ask_for_the_forbidden();
    NOT_A_TAIL_CALL;
    return parent;
}

// No tracer is asked here: the kernel ends the process at once.
static int killed_by_seccomp(int count, char **arguments) {
    forbid_getppid(SECCOMP_RET_KILL_PROCESS);
    int parent = ask_for_the_forbidden();
    NOT_A_TAIL_CALL;
    return parent;
}

static int undumpable(int count, char **arguments) {
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail("PR_SET_DUMPABLE");
    write_nowhere(1);
    NOT_A_TAIL_CALL;
    return 0;
}

static FRAME unsigned long spin(void) {
    volatile unsigned long turns = 0;
    for (;;) turns++;
    return turns;
}

static int processor_limit(int count, char **arguments) {
    struct rlimit limit = {.rlim_cur = 1, .rlim_max = 5};
    if (setrlimit(RLIMIT_CPU, &limit) != 0) fail("RLIMIT_CPU");
    return (int)spin();
}

static FRAME void write_too_much(int descriptor) {
    static char bytes[1 << 16];
    for (int part = 0; part < 4; part++) {
        if (write(descriptor, bytes, sizeof bytes) < 0) fail("write");
    }
}

static int file_size_limit(int count, char **arguments) {
    struct rlimit limit = {.rlim_cur = 1 << 16, .rlim_max = 1 << 16};
    FILE *file = tmpfile();
    if (!file || setrlimit(RLIMIT_FSIZE, &limit) != 0) fail("RLIMIT_FSIZE");
    write_too_much(fileno(file));
    NOT_A_TAIL_CALL;
    return 0;
}

const struct verb signal_verbs[] = {
    {"raise", raise_signal},
    {"wait-for-signal", wait_for_signal},
    {"queue-to-self", queue_to_self},
    {"receive-value", receive_value},
    {"crash-in-handler", crash_in_a_handler},
    {"crash-on-alternate-stack", crash_on_alternate_stack},
    {"handler-that-raises", handler_that_raises},
    {"handler-that-resets", handler_that_resets},
    {"recover", recover},
    {"exit-in-handler", exit_in_a_handler},
    {"handled-signals", handled_signals},
    {"forbidden-system-call", forbidden_system_call},
    {"killed-by-seccomp", killed_by_seccomp},
    {"undumpable", undumpable},
    {"processor-limit", processor_limit},
    {"file-size-limit", file_size_limit},
    {NULL, NULL},
};
