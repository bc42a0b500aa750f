// executed-addresses OUTPUT [-f FUNCTIONS] PROGRAM [ARGUMENT...]
//
// Runs a statically linked program one instruction at a time, its threads too, and writes each address that it executes
// once, in the order of the first time. For scripts/order-functions.
//
// With -f it runs at full speed instead, with a breakpoint at each of the addresses in the file FUNCTIONS, that is taken away
// when it is met. Only for programs whose children execute nothing of theirs before exec: those would die of one.

#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

// Our programs are linked to fixed, low addresses.
static unsigned char seen[64 << 20];

static unsigned long program_counter(pid_t thread) {
    struct user_regs_struct registers;
    struct iovec area = {&registers, sizeof registers};
    if (ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &area) < 0) return sizeof seen;
#ifdef __x86_64__
    return registers.rip;
#else
    return registers.pc;
#endif
}

static int memory = -1;

#ifdef __x86_64__

static unsigned char planted[sizeof seen], original[sizeof seen];

static void plant(pid_t program, const char *functions) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", program);
    memory = open(path, O_RDWR | O_CLOEXEC);
    FILE *list = fopen(functions, "re");
    if (memory < 0 || list == NULL) exit(125);
    unsigned long address;
    const unsigned char breakpoint = 0xcc;
    while (fscanf(list, "%lx", &address) == 1) {
        if (address >= sizeof planted || planted[address]) continue;
        if (pread(memory, &original[address], 1, (off_t)address) != 1) continue;
        planted[address] = pwrite(memory, &breakpoint, 1, (off_t)address) == 1;
    }
    fclose(list);
}

// Whether it stands behind one; then it goes back there, and the program's own byte is in its place again.
static bool take_away(pid_t thread, unsigned long *address) {
    struct user_regs_struct registers;
    struct iovec area = {&registers, sizeof registers};
    if (ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &area) < 0) return false;
    *address = registers.rip - 1;
    if (*address >= sizeof planted || !planted[*address]) return false;
    registers.rip = *address;
    ptrace(PTRACE_SETREGSET, thread, NT_PRSTATUS, &area);
    return pwrite(memory, &original[*address], 1, (off_t)*address) == 1;
}

#else

// Only by steps.
static void plant(pid_t program, const char *functions) {
    (void)program;
    (void)functions;
    exit(125);
}

static bool take_away(pid_t thread, unsigned long *address) {
    (void)thread;
    (void)address;
    return false;
}

#endif

int main(int count, char **arguments) {
    if (count < 3) return 125;
    FILE *output = fopen(arguments[1], "we");
    if (output == NULL) return 125;
    const char *functions = NULL;
    if (count > 4 && strcmp(arguments[2], "-f") == 0) {
        functions = arguments[3];
        arguments += 2;
    }
    pid_t program = fork();
    if (program == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execvp(arguments[2], arguments + 2);
        _exit(127);
    }
    int status;
    waitpid(program, &status, 0);
    ptrace(PTRACE_SETOPTIONS, program, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
    ptrace(PTRACE_CONT, program, 0, 0);
    for (;;) {
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0) break;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (thread == program) break;
            continue;
        }
        int received = WSTOPSIG(status);
        if (functions != NULL && memory < 0 && status >> 16 == PTRACE_EVENT_EXEC) plant(program, functions);
        if (status >> 16 != 0 || received == SIGTRAP || received == SIGSTOP) received = 0;
        unsigned long address = sizeof seen;
        if (functions == NULL) address = program_counter(thread);
        else if (WSTOPSIG(status) == SIGTRAP && !take_away(thread, &address)) address = sizeof seen;
        if (address < sizeof seen && !seen[address]) {
            seen[address] = 1;
            fprintf(output, "%lx\n", address);
        }
        ptrace(functions == NULL ? PTRACE_SINGLESTEP : PTRACE_CONT, thread, 0, received);
    }
    return fclose(output) == 0 ? 0 : 1;
}
