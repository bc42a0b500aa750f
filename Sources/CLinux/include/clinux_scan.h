// Where one of many short texts may be: 32 bytes at a time.
#ifndef CLINUX_SCAN_H
#define CLINUX_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes of each text that is looked for.
enum { clinux_scan_length = 7, clinux_scan_groups = 8, clinux_scan_hash_bits = 14, clinux_scan_start_bits = 12 };

/// Texts of seven bytes of ASCII, in eight groups. All zeros: none.
struct clinux_scan_texts {
    /// By position and by the lower half of the byte there: which groups (a bit each) have a text with it.
    uint8_t groups[clinux_scan_length][16];
    /// Bits for every text's two hashes.
    uint64_t hashes[1 << (clinux_scan_hash_bits - 6)];
    /// Bits for the hashes of the first four bytes of texts that begin a line.
    uint64_t starts[1 << (clinux_scan_start_bits - 6)];
};

/// Whether this processor has the instructions.
bool clinux_can_scan(void);

/// Adds a text of `clinux_scan_length` bytes.
void clinux_scan_add(struct clinux_scan_texts *_Nonnull texts, int group, const uint8_t *_Nonnull text);

/// Adds a text of four bytes at least that begins a line.
void clinux_scan_add_start(struct clinux_scan_texts *_Nonnull texts, const uint8_t *_Nonnull text);

/// Offset of the first place where a text may be, or where a line begins as one of those do: behind a newline or a carriage
/// return. `count` where none is. Of a text only what lies wholly within the bytes is found, of a line four bytes must. May be
/// wrong only by finding what is none. Only where `clinux_can_scan`.
size_t clinux_scan_lines(const struct clinux_scan_texts *_Nonnull texts, const uint8_t *_Nonnull bytes, size_t count);

/// Offset of the first place where a text may be, wholly within the bytes; `count` where none is. May be wrong only by
/// finding what is none. Only where `clinux_can_scan`.
size_t clinux_scan(const struct clinux_scan_texts *_Nonnull texts, const uint8_t *_Nonnull bytes, size_t count);

#endif
