// With which of the processor's instructions many bytes are looked at together.
#ifndef CLINUX_VECTORS_H
#define CLINUX_VECTORS_H

/// Each can do more than the one before; `clinux_vectors_avx512` means AVX512F, BW and VBMI.
enum { clinux_vectors_none, clinux_vectors_avx2, clinux_vectors_avx512 };

/// The best that this processor has.
int clinux_vectors_best(void);

#endif
