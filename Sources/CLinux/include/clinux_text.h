// What stands in a text, many bytes at a time: what ends the strings and words of JSON, and what is not shown.
#ifndef CLINUX_TEXT_H
#define CLINUX_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes that are looked at together.
enum { clinux_json_width = 64 };

/// A bit for each of 64 bytes.
struct clinux_json_marks {
    /// Quotes and backslashes.
    uint64_t texts;
    /// What is no part of a number or word: neither letter nor digit, nor one of `+-.`.
    uint64_t ends;
};

/// - available: bytes that may be read; behind them only `ends` has bits.
struct clinux_json_marks clinux_json_marks_of(const uint8_t *_Nonnull bytes, size_t available);

/// The same without instructions for it: for processors that have none, and for comparison.
struct clinux_json_marks clinux_json_marks_plainly(const uint8_t *_Nonnull bytes, size_t available);

/// Whether there is a control character, tabs excepted, or DEL.
bool clinux_has_controls(const uint8_t *_Nonnull bytes, size_t count);

#endif
