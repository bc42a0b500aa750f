// executed-addresses OUTPUT PROGRAM [ARGUMENT...]
//
// Runs a statically linked program one instruction at a time, its threads too, and writes each address that it executes
// once, in the order of the first time. For scripts/order-functions.

#define _GNU_SOURCE
#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
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

int main(int count, char **arguments) {
    if (count < 3) return 125;
    FILE *output = fopen(arguments[1], "we");
    if (output == NULL) return 125;
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
        if (status >> 16 != 0 || received == SIGTRAP || received == SIGSTOP) received = 0;
        unsigned long address = program_counter(thread);
        if (address < sizeof seen && !seen[address]) {
            seen[address] = 1;
            fprintf(output, "%lx\n", address);
        }
        ptrace(PTRACE_SINGLESTEP, thread, 0, received);
    }
    return fclose(output) == 0 ? 0 : 1;
}
