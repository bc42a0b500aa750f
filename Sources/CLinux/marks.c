// Three bytes are looked up as Hyperscan's Teddy does it, by both halves of each; runs of digits as simdjson does it, with a
// word that has a bit for each of 64 bytes.

#include "clinux_marks.h"

#include <string.h>

void clinux_marks_allow(struct clinux_marks *marks, int group, int place, uint8_t byte) {
    marks->lower[place][byte & 15] |= (uint8_t)(1 << group);
    marks->upper[place][byte >> 4] |= (uint8_t)(1 << group);
}

/// A bit for each of 64 bytes.
struct kinds {
    uint64_t begins, digits, dots, colons, equals, blanks, letters, twos;
};

/// What follows `count` bytes later; behind the 64 bytes there may be anything.
static inline uint64_t later(uint64_t bits, int count) { return bits >> count | ~(~(uint64_t)0 >> count); }

static uint64_t places(const struct kinds *kinds) {
    uint64_t digits = kinds->digits;
    uint64_t four = digits & later(digits, 1) & later(digits, 2) & later(digits, 3);
    uint64_t thirteen = four & later(four, 4) & later(four, 8) & later(digits, 12);
    uint64_t groups = four & later(kinds->blanks, 4) & later(four, 5);
    // Adding a bit where a number begins carries it to where the number ends.
    uint64_t named = digits & (kinds->letters << 1 | 1);
    uint64_t behind = (named + digits) & ~digits & (kinds->colons | kinds->equals);
    uint64_t hexadecimal = (later(kinds->colons, 4) & kinds->twos) << 3 | (kinds->colons >> 1 & 7);
    uint64_t dots = kinds->dots & (digits << 1 | 1) & later(digits, 1);
    uint64_t dotted = dots & (later(dots, 2) | later(dots, 3) | later(dots, 4));
    uint64_t last = digits & (uint64_t)1 << 63;
    return kinds->begins | thirteen | groups | behind >> 1 | hexadecimal | dotted >> 1 | last;
}

#if defined(__x86_64__)

#include <immintrin.h>

__attribute__((target("avx2"))) static inline __m256i table(const uint8_t *halves) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)halves));
}

__attribute__((target("avx2"))) static inline uint64_t mask(__m256i found) {
    return (uint32_t)_mm256_movemask_epi8(found);
}

__attribute__((target("avx2"))) static inline uint64_t equal(__m256i bytes, char byte) {
    return mask(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte)));
}

/// From `first` on, `count` bytes.
__attribute__((target("avx2"))) static inline __m256i within(__m256i bytes, char first, char count) {
    __m256i distance = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(distance, _mm256_set1_epi8((char)(count - 1))), distance);
}

__attribute__((target("avx2"))) static inline uint64_t begins(const struct clinux_marks *marks, const uint8_t *bytes) {
    __m256i halves = _mm256_set1_epi8(15), found = _mm256_set1_epi8(-1);
    for (int place = 0; place < clinux_marks_places; place++) {
        __m256i next = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + place));
        __m256i lower = _mm256_shuffle_epi8(table(marks->lower[place]), _mm256_and_si256(next, halves));
        __m256i upper = _mm256_and_si256(_mm256_srli_epi16(next, 4), halves);
        found = _mm256_and_si256(found, _mm256_and_si256(lower, _mm256_shuffle_epi8(table(marks->upper[place]), upper)));
    }
    return (uint32_t)~mask(_mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
}

__attribute__((target("avx2"))) static uint64_t find_avx2(const struct clinux_marks *marks, const uint8_t *bytes) {
    struct kinds kinds = {0};
    for (int half = 0; half < 2; half++) {
        int place = 32 * half;
        __m256i now = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + place));
        __m256i small = _mm256_or_si256(now, _mm256_set1_epi8(0x20));
        kinds.begins |= begins(marks, bytes + place) << place;
        kinds.digits |= mask(within(now, '0', 10)) << place;
        kinds.dots |= equal(now, '.') << place;
        kinds.colons |= equal(now, ':') << place;
        kinds.equals |= equal(now, '=') << place;
        uint64_t dashes = equal(now, '-');
        kinds.blanks |= (equal(now, ' ') | dashes) << place;
        kinds.letters |= (mask(within(small, 'a', 26)) | equal(now, '_') | dashes) << place;
        kinds.twos |= mask(within(now, '2', 2)) << place;
    }
    return places(&kinds);
}

#endif

/// The same without instructions for it.
static uint64_t find_plainly(const struct clinux_marks *marks, const uint8_t *bytes) {
    struct kinds kinds = {0};
    for (int place = 0; place < clinux_marks_width; place++) {
        uint8_t byte = bytes[place];
        uint64_t bit = (uint64_t)1 << place;
        uint8_t found = 0xFF;
        for (int next = 0; next < clinux_marks_places; next++)
            found &= marks->lower[next][bytes[place + next] & 15] & marks->upper[next][bytes[place + next] >> 4];
        if (found) kinds.begins |= bit;
        if ((uint8_t)(byte - '0') < 10) kinds.digits |= bit;
        if ((uint8_t)((byte | 0x20) - 'a') < 26 || byte == '_' || byte == '-') kinds.letters |= bit;
        if (byte == ' ' || byte == '-') kinds.blanks |= bit;
        if (byte == '.') kinds.dots |= bit;
        if (byte == ':') kinds.colons |= bit;
        if (byte == '=') kinds.equals |= bit;
        if (byte == '2' || byte == '3') kinds.twos |= bit;
    }
    return places(&kinds);
}

uint64_t clinux_marks_find(const struct clinux_marks *marks, const uint8_t *bytes, size_t available) {
    uint8_t rest[clinux_marks_width + clinux_marks_ahead] = {0};
    if (available < sizeof rest) {
        memcpy(rest, bytes, available);
        bytes = rest;
    }
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) return find_avx2(marks, bytes);
#endif
    return find_plainly(marks, bytes);
}
