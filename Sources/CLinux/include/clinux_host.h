// What the processor calls itself: an instruction on x86, nothing comparable elsewhere.
#ifndef CLINUX_HOST_H
#define CLINUX_HOST_H

#include <stdbool.h>
#include <stddef.h>

/// Writes the processor's brand string (at most 48 bytes and a 0) on x86; returns false where there is none.
/// /proc/cpuinfo has the same text, but opening it makes kernels before 5.17 measure every CPU's frequency for 10 ms.
bool clinux_processor_brand(char *_Nonnull buffer, size_t capacity);

/// gethostname(2), always terminated. Returns 0 or -errno.
int clinux_host_name(char *_Nonnull buffer, size_t capacity);

#endif
