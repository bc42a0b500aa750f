// Three bytes are looked up as Hyperscan's Teddy does it, by both halves of each or by seven of its bits; runs of digits as
// simdjson does it, with a word that has a bit for each of 64 bytes.

#include "clinux_marks.h"

#include <string.h>

#include "clinux_vectors.h"

void clinux_marks_allow(struct clinux_marks *marks, int group, int place, uint8_t byte) {
    marks->lower[place][byte & 15] |= (uint8_t)(1 << group);
    marks->upper[place][byte >> 4] |= (uint8_t)(1 << group);
    marks->bytes[place][byte & 127] |= (uint8_t)(1 << group);
}

/// A bit for each of 64 bytes.
struct kinds {
    uint64_t digits, dots, colons, blanks, equals, letters, twos;
};

/// Bytes of which nothing is known may be all that it takes.
static const struct kinds anything = {~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0, 0, 0, 0};

/// What follows `count` bytes later, of two words.
static inline uint64_t later(uint64_t now, uint64_t next, int count) { return now >> count | next << (64 - count); }

/// Where four digits begin.
static inline uint64_t fours(uint64_t digits, uint64_t next) {
    return digits & later(digits, next, 1) & later(digits, next, 2) & later(digits, next, 3);
}

/// - next: of the 64 bytes behind them; digits, dots, colons and blanks are enough.
static uint64_t places(const struct kinds *kinds, const struct kinds *next) {
    uint64_t digits = kinds->digits, four = fours(digits, next->digits);
    uint64_t next_four = fours(next->digits, anything.digits);
    uint64_t thirteen = four & later(four, next_four, 4) & later(four, next_four, 8) & later(digits, next->digits, 12);
    uint64_t groups = four & later(kinds->blanks, next->blanks, 4) & later(four, next_four, 5);
    // Adding a bit where a number begins carries it to where the number ends.
    uint64_t named = digits & (kinds->letters << 1 | 1), sum;
    uint64_t last = (uint64_t)__builtin_add_overflow(named, digits, &sum) << 63 | (digits & next->dots << 63);
    uint64_t behind = sum & ~digits & (kinds->colons | kinds->equals);
    uint64_t hexadecimal = (later(kinds->colons, next->colons, 4) & kinds->twos) << 3 | (kinds->colons >> 1 & 7);
    uint64_t dots = kinds->dots & (digits << 1 | 1) & later(digits, next->digits, 1);
    uint64_t dotted =
        dots & (later(dots, next->dots, 2) | later(dots, next->dots, 3) | later(dots, next->dots, 4));
    uint64_t numbers = digits & later(digits, next->digits, 1) & later(kinds->dots, next->dots, 2);
    return thirteen | groups | behind >> 1 | last | hexadecimal | dotted >> 1 | numbers;
}

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i table(const uint8_t *halves) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)halves));
}

AVX2 static inline uint64_t mask(__m256i found) {
    return (uint32_t)_mm256_movemask_epi8(found);
}

AVX2 static inline uint64_t equal(__m256i bytes, char byte) {
    return mask(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte)));
}

/// From `first` on, `count` bytes.
AVX2 static inline __m256i within(__m256i bytes, char first, char count) {
    __m256i distance = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(distance, _mm256_set1_epi8((char)(count - 1))), distance);
}

AVX2 static inline uint64_t begins(const struct clinux_marks *marks, const uint8_t *bytes) {
    __m256i halves = _mm256_set1_epi8(15), found = _mm256_set1_epi8(-1);
    for (int place = 0; place < clinux_marks_places; place++) {
        __m256i next = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + place));
        __m256i lower = _mm256_shuffle_epi8(table(marks->lower[place]), _mm256_and_si256(next, halves));
        __m256i upper = _mm256_and_si256(_mm256_srli_epi16(next, 4), halves);
        found = _mm256_and_si256(found, _mm256_and_si256(lower, _mm256_shuffle_epi8(table(marks->upper[place]), upper)));
    }
    return (uint32_t)~mask(_mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
}

AVX2 static uint64_t find_avx2(const struct clinux_marks *marks, const uint8_t *bytes) {
    struct kinds kinds = {0};
    uint64_t found = 0;
    for (int place = 0; place < clinux_marks_width; place += 32) {
        __m256i now = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + place));
        __m256i small = _mm256_or_si256(now, _mm256_set1_epi8(0x20));
        found |= begins(marks, bytes + place) << place;
        kinds.digits |= mask(within(now, '0', 10)) << place;
        kinds.dots |= equal(now, '.') << place;
        kinds.colons |= equal(now, ':') << place;
        kinds.equals |= equal(now, '=') << place;
        uint64_t dashes = equal(now, '-');
        kinds.blanks |= (equal(now, ' ') | dashes) << place;
        kinds.letters |= (mask(within(small, 'a', 26)) | equal(now, '_') | dashes) << place;
        kinds.twos |= mask(within(now, '2', 2)) << place;
    }
    return found | places(&kinds, &anything);
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi")))

/// Zeros behind what is available.
AVX512 static inline __m512i load_512(const uint8_t *bytes, size_t available, size_t offset) {
    if (available >= offset + 64) return _mm512_loadu_si512(bytes + offset);
    if (available <= offset) return _mm512_setzero_si512();
    return _mm512_maskz_loadu_epi8(~(uint64_t)0 >> (64 - (available - offset)), bytes + offset);
}

AVX512 static inline uint64_t equal_512(__m512i bytes, char byte) {
    return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte));
}

AVX512 static inline uint64_t within_512(__m512i bytes, char first, char count) {
    return _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8(first)), _mm512_set1_epi8(count));
}

AVX512 static inline __m512i groups_512(const uint8_t *table, __m512i bytes) {
    return _mm512_permutex2var_epi8(_mm512_loadu_si512(table), bytes, _mm512_loadu_si512(table + 64));
}

AVX512 static uint64_t find_avx512(const struct clinux_marks *marks, const uint8_t *bytes, size_t available) {
    __m512i now = load_512(bytes, available, 0), small = _mm512_or_si512(now, _mm512_set1_epi8(0x20));
    __m512i groups = groups_512(marks->bytes[0], now);
    for (size_t place = 1; place < clinux_marks_places; place++)
        groups = _mm512_and_si512(groups, groups_512(marks->bytes[place], load_512(bytes, available, place)));
    uint64_t dashes = equal_512(now, '-');
    struct kinds kinds = {
        .digits = within_512(now, '0', 10),
        .dots = equal_512(now, '.'),
        .colons = equal_512(now, ':'),
        .blanks = equal_512(now, ' ') | dashes,
        .equals = equal_512(now, '='),
        .letters = within_512(small, 'a', 26) | equal_512(now, '_') | dashes,
        .twos = within_512(now, '2', 2),
    };
    __m512i behind = load_512(bytes, available, 64);
    struct kinds next = {
        .digits = within_512(behind, '0', 10),
        .dots = equal_512(behind, '.'),
        .colons = equal_512(behind, ':'),
        .blanks = equal_512(behind, ' ') | equal_512(behind, '-'),
    };
    // Of bytes that are no ASCII seven bits are another byte's.
    uint64_t begins = _mm512_test_epi8_mask(groups, groups) & ~_mm512_movepi8_mask(now);
    return begins | places(&kinds, &next);
}

#endif

/// The same without instructions for it.
static uint64_t find_plainly(const struct clinux_marks *marks, const uint8_t *bytes) {
    struct kinds kinds = {0};
    uint64_t begins = 0;
    for (int place = 0; place < clinux_marks_width; place++) {
        uint8_t byte = bytes[place];
        uint64_t bit = (uint64_t)1 << place;
        uint8_t found = 0xFF;
        for (int next = 0; next < clinux_marks_places; next++)
            found &= marks->lower[next][bytes[place + next] & 15] & marks->upper[next][bytes[place + next] >> 4];
        if (found) begins |= bit;
        if ((uint8_t)(byte - '0') < 10) kinds.digits |= bit;
        if ((uint8_t)((byte | 0x20) - 'a') < 26 || byte == '_' || byte == '-') kinds.letters |= bit;
        if (byte == ' ' || byte == '-') kinds.blanks |= bit;
        if (byte == '.') kinds.dots |= bit;
        if (byte == ':') kinds.colons |= bit;
        if (byte == '=') kinds.equals |= bit;
        if (byte == '2' || byte == '3') kinds.twos |= bit;
    }
    return begins | places(&kinds, &anything);
}

uint64_t clinux_marks_find(const struct clinux_marks *marks, const uint8_t *bytes, size_t available) {
#if defined(__x86_64__)
    if (marks->vectors == clinux_vectors_avx512) return find_avx512(marks, bytes, available);
#endif
    uint8_t rest[clinux_marks_width + clinux_marks_places - 1] = {0};
    if (available < sizeof rest) {
        memcpy(rest, bytes, available);
        bytes = rest;
    }
#if defined(__x86_64__)
    if (marks->vectors == clinux_vectors_avx2) return find_avx2(marks, bytes);
#endif
    return find_plainly(marks, bytes);
}
