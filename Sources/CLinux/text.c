// Bytes are sorted as simdjson does it: by a bit that the tables of both of their halves have in common.

#include "clinux_text.h"

#include <string.h>

static inline bool is_part_of_word(uint8_t byte) {
    uint8_t small = byte | 0x20;
    return (uint8_t)(small - 'a') < 26 || (uint8_t)(byte - '0') < 10 || byte == '+' || byte == '-' || byte == '.';
}

struct clinux_json_marks clinux_json_marks_plainly(const uint8_t *bytes, size_t available) {
    struct clinux_json_marks marks = {0};
    for (size_t place = 0; place < clinux_json_width; place++) {
        uint8_t byte = place < available ? bytes[place] : 0;
        uint64_t bit = (uint64_t)1 << place;
        if (byte == '"' || byte == '\\') marks.texts |= bit;
        if (!is_part_of_word(byte)) marks.ends |= bit;
    }
    return marks;
}

#if defined(__x86_64__)

#include <immintrin.h>

enum { signs = 1, digits = 2, first_letters = 4, last_letters = 8 };

__attribute__((target("avx2"))) static inline __m256i both(__m128i table) { return _mm256_broadcastsi128_si256(table); }

__attribute__((target("avx2"))) static struct clinux_json_marks marks_avx2(const uint8_t *bytes) {
    enum { letter = first_letters | last_letters, all = digits | letter };
    const __m256i lower = both(_mm_setr_epi8(
        digits | last_letters, all, all, all, all, all, all, all, all, all, letter, signs | first_letters, first_letters,
        signs | first_letters, signs | first_letters, first_letters));
    const __m256i upper = both(_mm_setr_epi8(
        0, 0, signs, digits, first_letters, last_letters, first_letters, last_letters, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i halves = _mm256_set1_epi8(15);
    struct clinux_json_marks marks = {0};
    for (int place = 0; place < clinux_json_width; place += 32) {
        __m256i now = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + place));
        __m256i quotes = _mm256_cmpeq_epi8(now, _mm256_set1_epi8('"'));
        __m256i backslashes = _mm256_cmpeq_epi8(now, _mm256_set1_epi8('\\'));
        __m256i words = _mm256_and_si256(
            _mm256_shuffle_epi8(lower, _mm256_and_si256(now, halves)),
            _mm256_shuffle_epi8(upper, _mm256_and_si256(_mm256_srli_epi16(now, 4), halves)));
        __m256i ends = _mm256_cmpeq_epi8(words, _mm256_setzero_si256());
        marks.texts |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_or_si256(quotes, backslashes)) << place;
        marks.ends |= (uint64_t)(uint32_t)_mm256_movemask_epi8(ends) << place;
    }
    return marks;
}

#endif

struct clinux_json_marks clinux_json_marks_of(const uint8_t *bytes, size_t available) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        if (available >= clinux_json_width) return marks_avx2(bytes);
        uint8_t rest[clinux_json_width] = {0};
        memcpy(rest, bytes, available);
        return marks_avx2(rest);
    }
#endif
    return clinux_json_marks_plainly(bytes, available);
}

typedef uint8_t sixteen __attribute__((vector_size(16)));

static inline sixteen controls(const uint8_t *bytes) {
    sixteen now;
    memcpy(&now, bytes, sizeof now);
    return (sixteen)(((now < 0x20) & (now != 0x09)) | (now == 0x7F));
}

bool clinux_has_controls(const uint8_t *bytes, size_t count) {
    uint8_t rest[sizeof(sixteen)];
    if (count < sizeof rest) {
        memset(rest, ' ', sizeof rest);
        memcpy(rest, bytes, count);
        bytes = rest;
        count = sizeof rest;
    }
    sixteen found = {0};
    for (size_t place = 0; place + sizeof found <= count; place += sizeof found) found |= controls(bytes + place);
    // The last look may be at bytes that were seen.
    found |= controls(bytes + count - sizeof found);
    uint64_t parts[2];
    memcpy(parts, &found, sizeof parts);
    return (parts[0] | parts[1]) != 0;
}
