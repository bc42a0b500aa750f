#include "clinux_vectors.h"

#if defined(__x86_64__)

int clinux_vectors_best(void) {
    if (__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw")) return clinux_vectors_avx512;
    return __builtin_cpu_supports("avx2") ? clinux_vectors_avx2 : clinux_vectors_none;
}

#else

int clinux_vectors_best(void) { return clinux_vectors_none; }

#endif
