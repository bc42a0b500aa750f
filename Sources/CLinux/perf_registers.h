// Which registers a sample has: a file for each architecture.
#ifndef CLINUX_PERF_REGISTERS_H
#define CLINUX_PERF_REGISTERS_H

#include "clinux_perf_sampling.h"

/// For `sample_regs_user`.
extern const uint64_t clinux_perf_register_mask;
extern const int clinux_perf_register_offsets[];

#endif
