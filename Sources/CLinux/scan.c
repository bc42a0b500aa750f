// As Hyperscan's Teddy does it: one shuffle of a 16-byte table looks up the lower halves of 32 bytes at once. Seven
// positions, each with its own table, leave one place in some hundred of ordinary text, and their hash leaves
// next to none of these.

#include "clinux_scan.h"

#include <string.h>

/// Of all seven bytes.
static uint32_t hash_of(const uint8_t *bytes) {
    uint32_t first, last;
    memcpy(&first, bytes, sizeof first);
    memcpy(&last, bytes + clinux_scan_length - sizeof last, sizeof last);
    return ((first * 0x9E3779B1u) ^ (last * 0x85EBCA6Bu)) >> (32 - clinux_scan_hash_bits);
}

void clinux_scan_add(struct clinux_scan_texts *texts, int group, const uint8_t *text) {
    for (int place = 0; place < clinux_scan_length; place++)
        texts->groups[place][text[place] & 15] |= (uint8_t)(1 << group);
    uint32_t hash = hash_of(text);
    texts->hashes[hash >> 6] |= (uint64_t)1 << (hash & 63);
}

#if defined(__x86_64__)

#include <immintrin.h>

enum { width = 32, block = width + clinux_scan_length - 1 };

bool clinux_can_scan(void) { return __builtin_cpu_supports("avx2"); }

struct tables {
    __m256i places[clinux_scan_length];
};

__attribute__((target("avx2"))) static inline struct tables load_tables(const struct clinux_scan_texts *texts) {
    struct tables tables;
    for (int place = 0; place < clinux_scan_length; place++)
        tables.places[place] =
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)texts->groups[place]));
    return tables;
}

/// A bit for each of 32 places at which some group allows all seven bytes. A byte that is no ASCII is in no group.
__attribute__((target("avx2"))) static inline uint32_t candidates(const struct tables *tables, const uint8_t *bytes) {
    __m256i found = _mm256_shuffle_epi8(tables->places[0], _mm256_loadu_si256((const __m256i *)(const void *)bytes));
    for (int place = 1; place < clinux_scan_length; place++) {
        __m256i next = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + place));
        found = _mm256_and_si256(found, _mm256_shuffle_epi8(tables->places[place], next));
    }
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
}

/// The first of the candidates whose hash is a text's; `width` where none is.
static inline size_t confirmed(const struct clinux_scan_texts *texts, const uint8_t *bytes, uint32_t found) {
    while (found != 0) {
        size_t offset = (size_t)__builtin_ctz(found);
        uint32_t hash = hash_of(bytes + offset);
        if (texts->hashes[hash >> 6] >> (hash & 63) & 1) return offset;
        found &= found - 1;
    }
    return width;
}

__attribute__((target("avx2"))) size_t clinux_scan(
    const struct clinux_scan_texts *texts, const uint8_t *bytes, size_t count) {
    if (count < clinux_scan_length) return count;
    struct tables tables = load_tables(texts);
    size_t start = 0;
    for (; start + block <= count; start += width) {
        uint32_t found = candidates(&tables, bytes + start);
        if (found == 0) continue;
        size_t offset = confirmed(texts, bytes + start, found);
        if (offset < width) return start + offset;
    }
    if (start + clinux_scan_length > count) return count;
    // What is left is less than a block.
    uint8_t rest[block] = {0};
    memcpy(rest, bytes + start, count - start);
    size_t offset = confirmed(texts, rest, candidates(&tables, rest));
    return offset < width && start + offset + clinux_scan_length <= count ? start + offset : count;
}

#else

bool clinux_can_scan(void) { return false; }

size_t clinux_scan(const struct clinux_scan_texts *texts, const uint8_t *bytes, size_t count) {
    (void)texts;
    (void)bytes;
    // Anything may be anywhere.
    (void)count;
    return 0;
}

#endif
