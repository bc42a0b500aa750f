// What a traced process can do that a tracer could spoil: one verb each. It prints what it saw.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t count;
static volatile long value;
static volatile pid_t sender;
static sigjmp_buf back;

static void note(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    count++;
    value = (long)info->si_value.sival_ptr;
    sender = info->si_pid;
}

static void jump(int signal) { (void)signal; siglongjmp(back, 1); }
static void *sleep_for_ever(void *unused) { for (;;) pause(); return unused; }
static void *spin_for_ever(void *unused) { for (;;) value++; return unused; }
static void *end_at_once(void *unused) { return unused; }
static int *volatile nowhere;
static void crash(void) { *nowhere = 1; }
static void *execute(void *word) { usleep(2000); execl("/bin/sh", "sh", "-c", word, NULL); return NULL; }
static void nap(void) { struct timespec time = {.tv_nsec = 20000000}; nanosleep(&time, NULL); }

static void start(void *(*body)(void *), int threads) {
    pthread_t thread;
    while (threads-- > 0) pthread_create(&thread, NULL, body, NULL);
}

static void handle(int signal) {
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(signal, &action, NULL);
}

static void signals(int wanted) {
    handle(SIGUSR1);
    for (int index = 0; index < wanted; index++) kill(getpid(), SIGUSR1);
    printf("%d\n", count);
}

static void queued(int wanted) {
    handle(SIGRTMIN);
    for (int index = 0; index < wanted; index++) {
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_ptr = (void *)(long)(index * 7)});
        if (value != index * 7 || sender != getpid()) printf("wrong at %d\n", index);
    }
    printf("%d\n", count);
}

static void faults(int wanted) {
    volatile int caught = 0;
    struct sigaction action = {.sa_handler = jump, .sa_flags = SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    for (volatile int index = 0; index < wanted; index++) {
        if (sigsetjmp(back, 0) == 0) crash();
        else caught++;
    }
    printf("%d\n", caught);
}

static void job_control(void) {
    int status[3];
    pid_t child = fork();
    if (child == 0) {
        raise(SIGSTOP);
        nap();
        _exit(5);
    }
    waitpid(child, &status[0], WUNTRACED);
    kill(child, SIGCONT);
    waitpid(child, &status[1], WCONTINUED);
    waitpid(child, &status[2], 0);
    printf("%x %x %x\n", status[0], status[1], status[2]);
}

static void statuses(int children) {
    int wrong = 0, ended = 0, status;
    pid_t pids[1000];
    for (int index = 0; index < children; index++) {
        pids[index] = fork();
        if (pids[index] == 0) {
            if (index % 3 == 0) kill(getpid(), SIGTERM);
            _exit(index % 100);
        }
    }
    for (int index = 0; index < children; index++) {
        ended += waitpid(pids[index], &status, 0) == pids[index];
        wrong += status != (index % 3 == 0 ? SIGTERM : (index % 100) << 8);
    }
    printf("%d ended, %d wrong\n", ended, wrong);
}

static void ignored_children(int children) {
    signal(SIGCHLD, SIG_IGN);
    for (int index = 0; index < children; index++) if (fork() == 0) _exit(0);
    pid_t last = wait(NULL);
    printf("%d %d\n", last, errno == ECHILD);
}

static int by_clone(void *unused) { (void)unused; _exit(3); }

static void clones(void) {
    static const int flags[] = {
        SIGCHLD, 0, SIGUSR2, CLONE_VM | SIGCHLD, CLONE_VM | CLONE_VFORK | SIGCHLD, CLONE_FILES | CLONE_FS, CLONE_UNTRACED};
    char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    signal(SIGUSR2, SIG_IGN);
    for (size_t index = 0; index < sizeof flags / sizeof *flags; index++) {
        int status = 0;
        pid_t child = clone(by_clone, stack + 65536, flags[index], NULL);
        pid_t got = waitpid(child, &status, __WALL);
        printf("%d%x ", got == child || (got < 0 && flags[index] == SIGUSR2), got == child ? status : 0x300);
    }
    puts("");
}

static void many_threads(int rounds) {
    for (int index = 0; index < rounds; index++) {
        pthread_t thread;
        pthread_create(&thread, NULL, end_at_once, NULL);
        pthread_join(thread, NULL);
    }
    puts("joined");
}

static void orphan(const char *file) {
    if (fork() == 0) {
        setsid();
        if (fork() != 0) _exit(0);
        fclose(stdout);
        close(0), close(1), close(2);
        sleep(1);
        signal(SIGUSR1, SIG_IGN);
        kill(getpid(), SIGUSR1);
        FILE *out = fopen(file, "w");
        fputs("done", out);
        fclose(out);
        _exit(0);
    }
    wait(NULL);
}

static void crashes(int children, int fatal) {
    int status, right = 0;
    for (int index = 0; index < children; index++)
        if (fork() == 0) {
            raise(fatal);
            _exit(1);
        }
    while (wait(&status) > 0) right += WIFSIGNALED(status) && WTERMSIG(status) == fatal;
    printf("%d\n", right);
}

static void threads_crash(int threads) {
    start(sleep_for_ever, threads - threads / 2);
    start(spin_for_ever, threads / 2);
    nap();
    crash();
}

static void vfork_parent(void) {
    pid_t child = vfork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", "kill -ABRT $$", NULL);
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    printf("%x\n", status & 0x7f);
}

// One thread is in vfork(2) and cannot be stopped while another one crashes.
static void *vfork_slowly(void *unused) {
    if (vfork() == 0) {
        struct timespec time = {.tv_nsec = 300000000};
        syscall(SYS_nanosleep, &time, NULL);
        _exit(0);
    }
    return unused;
}

static void traces_itself(void) {
    pid_t child = fork();
    int status;
    if (child == 0) _exit(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 ? 0 : errno);
    while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) ptrace(PTRACE_CONT, child, 0, 0);
    printf("%d\n", WEXITSTATUS(status));
}

int main(int argc, char **words) {
    const char *verb = words[1];
    int number = argc > 2 ? atoi(words[2]) : 0;
    if (strcmp(verb, "signals") == 0) signals(number);
    if (strcmp(verb, "queued") == 0) queued(number);
    if (strcmp(verb, "faults") == 0) faults(number);
    if (strcmp(verb, "job-control") == 0) job_control();
    if (strcmp(verb, "statuses") == 0) statuses(number);
    if (strcmp(verb, "ignored-children") == 0) ignored_children(number);
    if (strcmp(verb, "clones") == 0) clones();
    if (strcmp(verb, "many-threads") == 0) many_threads(number);
    if (strcmp(verb, "orphan") == 0) orphan(words[2]);
    if (strcmp(verb, "crashes") == 0) crashes(number, atoi(words[3]));
    if (strcmp(verb, "threads-crash") == 0) threads_crash(number);
    if (strcmp(verb, "vfork") == 0) vfork_parent();
    if (strcmp(verb, "traces-itself") == 0) traces_itself();
    if (strcmp(verb, "vfork-crash") == 0) {
        start(vfork_slowly, 1);
        nap();
        crash();
    }
    if (strcmp(verb, "exec-in-thread") == 0) {
        pthread_t thread;
        start(sleep_for_ever, 4);
        pthread_create(&thread, NULL, execute, words[2]);
        for (;;) pause();
    }
    if (strcmp(verb, "leader-ends") == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, execute, words[2]);
        pthread_exit(NULL);
    }
    if (strcmp(verb, "undumpable") == 0) {
        prctl(PR_SET_DUMPABLE, 0);
        crash();
    }
    if (strcmp(verb, "sleep") == 0) {
        start(sleep_for_ever, number);
        for (;;) pause();
    }
    if (strcmp(verb, "busy") == 0) for (;;) value++;
    return 0;
}
