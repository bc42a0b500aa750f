// As Hyperscan's Teddy does it: a shuffle looks up many bytes at once in a table of groups. Seven positions, each with its own
// table, leave one place in thousands of ordinary text, and their hash leaves next to none of these.

#include "clinux_scan.h"

#include <stdbool.h>
#include <string.h>

#include "clinux_vectors.h"

/// Two, of all seven bytes, in the lower and the upper half.
static inline uint64_t hashes_of(const uint8_t *bytes) {
    uint32_t first, last;
    memcpy(&first, bytes, sizeof first);
    memcpy(&last, bytes + clinux_scan_length - sizeof last, sizeof last);
    uint64_t product = (first | (uint64_t)last << 32) * 0x9E3779B97F4A7C15u;
    return product >> (64 - 2 * clinux_scan_hash_bits);
}

static inline uint32_t lower_hash(uint64_t hashes) { return hashes & ((1 << clinux_scan_hash_bits) - 1); }

static inline uint32_t upper_hash(uint64_t hashes) { return (uint32_t)(hashes >> clinux_scan_hash_bits); }

void clinux_scan_add(struct clinux_scan_texts *texts, int group, const uint8_t *text) {
    for (int place = 0; place < clinux_scan_length; place++) {
        texts->halves[place][text[place] & 15] |= (uint8_t)(1 << group);
        texts->bytes[place][text[place] & 63] |= (uint8_t)(1 << group);
    }
    uint64_t hashes = hashes_of(text);
    texts->hashes[lower_hash(hashes) >> 6] |= (uint64_t)1 << (lower_hash(hashes) & 63);
    texts->hashes[upper_hash(hashes) >> 6] |= (uint64_t)1 << (upper_hash(hashes) & 63);
}

#if defined(__x86_64__)

#include <immintrin.h>

/// Bytes that are looked at together, and as many more as a text that begins at the last of them has.
enum { width = 64, block = width + clinux_scan_length - 1 };

/// The first of the candidates whose hashes are texts'; `width` where none is.
static inline size_t confirmed(const struct clinux_scan_texts *texts, const uint8_t *bytes, uint64_t found) {
    while (found != 0) {
        size_t offset = (size_t)__builtin_ctzll(found);
        uint64_t hashes = hashes_of(bytes + offset);
        if (texts->hashes[upper_hash(hashes) >> 6] >> (upper_hash(hashes) & 63) & 1 &&
            texts->hashes[lower_hash(hashes) >> 6] >> (lower_hash(hashes) & 63) & 1)
            return offset;
        found &= found - 1;
    }
    return width;
}

#define AVX2 __attribute__((target("avx2")))

/// A bit for each of 32 places at which some group allows the lower halves of all seven bytes. A byte that is no ASCII is in
/// no group.
AVX2 static inline uint32_t candidates_avx2(const __m256i *places, const uint8_t *bytes) {
    __m256i found = _mm256_shuffle_epi8(places[0], _mm256_loadu_si256((const __m256i *)(const void *)bytes));
    for (int place = 1; place < clinux_scan_length; place++) {
        __m256i next = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + place));
        found = _mm256_and_si256(found, _mm256_shuffle_epi8(places[place], next));
    }
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
}

/// Whole blocks from `*start` on, which is moved behind them. `true` where a text was found at it.
AVX2 static bool scan_avx2(const struct clinux_scan_texts *texts, const uint8_t *bytes, size_t count, size_t *start) {
    __m256i places[clinux_scan_length];
    for (int place = 0; place < clinux_scan_length; place++)
        places[place] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)texts->halves[place]));
    for (; *start + block <= count; *start += width) {
        const uint8_t *now = bytes + *start;
        uint64_t found = candidates_avx2(places, now) | (uint64_t)candidates_avx2(places, now + width / 2) << 32;
        if (found == 0) continue;
        size_t offset = confirmed(texts, now, found);
        *start += offset;
        if (offset < width) return true;
        *start -= width;
    }
    return false;
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi")))

/// The same with the lower six bits of each byte, 64 places at once.
AVX512 static bool scan_avx512(
    const struct clinux_scan_texts *texts, const uint8_t *bytes, size_t count, size_t *start) {
    __m512i places[clinux_scan_length];
    for (int place = 0; place < clinux_scan_length; place++) places[place] = _mm512_loadu_si512(texts->bytes[place]);
    for (; *start + block <= count; *start += width) {
        const uint8_t *now = bytes + *start;
        __m512i all = _mm512_permutexvar_epi8(_mm512_loadu_si512(now), places[0]);
        for (int place = 1; place < clinux_scan_length; place++)
            all = _mm512_and_si512(all, _mm512_permutexvar_epi8(_mm512_loadu_si512(now + place), places[place]));
        uint64_t found = _mm512_test_epi8_mask(all, all);
        if (found == 0) continue;
        size_t offset = confirmed(texts, now, found);
        *start += offset;
        if (offset < width) return true;
        *start -= width;
    }
    return false;
}

static bool scan(const struct clinux_scan_texts *texts, const uint8_t *bytes, size_t count, size_t *start) {
    return texts->vectors == clinux_vectors_avx512 ? scan_avx512(texts, bytes, count, start)
                                            : scan_avx2(texts, bytes, count, start);
}

size_t clinux_scan(const struct clinux_scan_texts *texts, const uint8_t *bytes, size_t count) {
    if (count < clinux_scan_length) return count;
    size_t start = 0;
    if (scan(texts, bytes, count, &start)) return start;
    // What is left is less than a block.
    uint8_t rest[2 * block] = {0};
    memcpy(rest, bytes + start, count - start);
    size_t offset = 0;
    bool found = scan(texts, rest, sizeof rest, &offset);
    return found && start + offset + clinux_scan_length <= count ? start + offset : count;
}

#else

size_t clinux_scan(const struct clinux_scan_texts *texts, const uint8_t *bytes, size_t count) {
    (void)texts;
    (void)bytes;
    // Anything may be anywhere.
    (void)count;
    return 0;
}

#endif
