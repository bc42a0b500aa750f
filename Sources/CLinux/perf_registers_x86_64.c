#if defined(__x86_64__)

#include "perf_registers.h"

#include <asm/perf_regs.h>
#include <stddef.h>
#include <sys/user.h>

#define BIT(name) (1ULL << PERF_REG_X86_##name)

// The kernel has no ds, es, fs and gs of 64-bit programs.
const uint64_t clinux_perf_register_mask =
    BIT(AX) | BIT(BX) | BIT(CX) | BIT(DX) | BIT(SI) | BIT(DI) | BIT(BP) | BIT(SP) | BIT(IP) | BIT(FLAGS) | BIT(CS) | BIT(SS)
    | BIT(R8) | BIT(R9) | BIT(R10) | BIT(R11) | BIT(R12) | BIT(R13) | BIT(R14) | BIT(R15);

#define AT(name) offsetof(struct user_regs_struct, name)

const int clinux_perf_register_count = 20;
const int clinux_perf_register_offsets[] = {
    AT(rax), AT(rbx), AT(rcx), AT(rdx), AT(rsi), AT(rdi), AT(rbp), AT(rsp), AT(rip), AT(eflags),
    AT(cs),  AT(ss),  AT(r8),  AT(r9),  AT(r10), AT(r11), AT(r12), AT(r13), AT(r14), AT(r15),
};

#endif
