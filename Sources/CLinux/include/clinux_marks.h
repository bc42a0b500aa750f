// Where in a text short beginnings and certain runs of digits stand: 64 bytes at a time.
#ifndef CLINUX_MARKS_H
#define CLINUX_MARKS_H

#include <stddef.h>
#include <stdint.h>

/// Bytes that are looked at together.
enum { clinux_marks_width = 64, clinux_marks_places = 3 };

/// Beginnings of three bytes, in eight groups: for each of a byte's places the groups (a bit each) that allow it, by its lower
/// and its upper half, and by the ASCII byte itself. All zeros: none.
struct clinux_marks {
    /// See `clinux_vectors_best`.
    int vectors;
    uint8_t lower[clinux_marks_places][16];
    uint8_t upper[clinux_marks_places][16];
    uint8_t bytes[clinux_marks_places][128];
};

/// Allows a byte at a place of the group's beginnings; the first is ASCII. A group also has what mixes its bytes, or parts of
/// these.
void clinux_marks_allow(struct clinux_marks *_Nonnull marks, int group, int place, uint8_t byte);

/// A bit for each of the next 64 bytes at which may begin:
/// - a beginning of one of the groups,
/// - 13 digits, or 4 digits, a blank or dash, and 4 digits, or two digits and a dot,
/// - the last digit of a number behind a letter, `_` or `-`, with `:` or `=` behind it,
/// - the byte before a `:` that stands four behind a `2` or `3`,
/// - the last digit before a dot, one to three digits, a dot and a digit.
///
/// May be wrong only by having a bit too many, at the edges of the 64.
///
/// - available: bytes that may be read; there is nothing behind them.
uint64_t clinux_marks_find(
    const struct clinux_marks *_Nonnull marks, const uint8_t *_Nonnull bytes, size_t available);

#endif
