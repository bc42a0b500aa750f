#if defined(__aarch64__)

#include "perf_registers.h"

#include <asm/perf_regs.h>
#include <stddef.h>
#include <sys/user.h>

// x0 to x30, sp, pc: in the order of NT_PRSTATUS.
const uint64_t clinux_perf_register_mask = (1ULL << (PERF_REG_ARM64_PC + 1)) - 1;

const int clinux_perf_register_count = PERF_REG_ARM64_PC + 1;
const int clinux_perf_register_offsets[] = {
    0,   8,   16,  24,  32,  40,  48,  56,  64,  72,  80,  88,  96,  104, 112, 120, 128,
    136, 144, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224, 232, 240, 248, 256,
};

#endif
