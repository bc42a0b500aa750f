// Where one of many short texts may be: 64 bytes at a time.
#ifndef CLINUX_SCAN_H
#define CLINUX_SCAN_H

#include <stddef.h>
#include <stdint.h>

/// Bytes of each text that is looked for.
enum { clinux_scan_length = 7, clinux_scan_groups = 8, clinux_scan_hash_bits = 14 };

/// Texts of seven bytes of ASCII, in eight groups. All zeros: none.
struct clinux_scan_texts {
    /// See `clinux_vectors_best`; not `clinux_vectors_none`.
    int vectors;
    /// By position and by the lower half of the byte there: which groups (a bit each) have a text with it.
    uint8_t halves[clinux_scan_length][16];
    /// The same by the lower six bits.
    uint8_t bytes[clinux_scan_length][64];
    /// Bits for every text's two hashes.
    uint64_t hashes[1 << (clinux_scan_hash_bits - 6)];
};

/// Adds a text of `clinux_scan_length` bytes.
void clinux_scan_add(struct clinux_scan_texts *_Nonnull texts, int group, const uint8_t *_Nonnull text);

/// Offset of the first place where a text may be, wholly within the bytes; `count` where none is. May be wrong only by
/// finding what is none.
size_t clinux_scan(const struct clinux_scan_texts *_Nonnull texts, const uint8_t *_Nonnull bytes, size_t count);

#endif
