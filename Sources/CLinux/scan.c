// As Hyperscan's Teddy does it: one shuffle of a 16-byte table looks up the lower halves of 32 bytes at once. Seven
// positions, each with its own table, leave one place in some hundred of ordinary text, and their hash leaves
// next to none of these.

#include "clinux_scan.h"

#include <string.h>

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
    for (int place = 0; place < clinux_scan_length; place++)
        texts->groups[place][text[place] & 15] |= (uint8_t)(1 << group);
    uint64_t hashes = hashes_of(text);
    texts->hashes[lower_hash(hashes) >> 6] |= (uint64_t)1 << (lower_hash(hashes) & 63);
    texts->hashes[upper_hash(hashes) >> 6] |= (uint64_t)1 << (upper_hash(hashes) & 63);
}

static inline uint32_t start_hash_of(const uint8_t *bytes) {
    uint32_t first;
    memcpy(&first, bytes, sizeof first);
    return (first * 0x9E3779B1u) >> (32 - clinux_scan_start_bits);
}

void clinux_scan_add_start(struct clinux_scan_texts *texts, const uint8_t *text) {
    uint32_t hash = start_hash_of(text);
    texts->starts[hash >> 6] |= (uint64_t)1 << (hash & 63);
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

/// The first of the candidates whose hashes are texts'; `width` where none is.
static inline size_t confirmed(const struct clinux_scan_texts *texts, const uint8_t *bytes, uint32_t found) {
    while (found != 0) {
        size_t offset = (size_t)__builtin_ctz(found);
        uint64_t hashes = hashes_of(bytes + offset);
        if (texts->hashes[upper_hash(hashes) >> 6] >> (upper_hash(hashes) & 63) & 1 &&
            texts->hashes[lower_hash(hashes) >> 6] >> (lower_hash(hashes) & 63) & 1)
            return offset;
        found &= found - 1;
    }
    return width;
}

/// The first of the lines that begin behind one of the bytes and as a text does; `width` where none is.
static inline size_t started(const struct clinux_scan_texts *texts, const uint8_t *bytes, uint32_t ends, size_t count) {
    while (ends != 0) {
        size_t start = (size_t)__builtin_ctz(ends) + 1;
        if (start + sizeof(uint32_t) > count) return width + 1;
        uint32_t hash = start_hash_of(bytes + start);
        if (texts->starts[hash >> 6] >> (hash & 63) & 1) return start;
        ends &= ends - 1;
    }
    return width + 1;
}

__attribute__((target("avx2"))) static inline uint32_t line_ends(const uint8_t *bytes) {
    __m256i now = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    __m256i newlines = _mm256_cmpeq_epi8(now, _mm256_set1_epi8('\n'));
    return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(newlines, _mm256_cmpeq_epi8(now, _mm256_set1_epi8('\r'))));
}

static inline size_t smaller(size_t left, size_t right) { return left < right ? left : right; }

/// The first place of a text, or of a line where they are asked for; more than `width` where none is.
__attribute__((target("avx2"))) static inline size_t first(
    const struct clinux_scan_texts *texts, const struct tables *tables, const uint8_t *bytes, size_t count, bool lines) {
    uint32_t found = candidates(tables, bytes), ends = lines ? line_ends(bytes) : 0;
    if ((found | ends) == 0) return width + 1;
    size_t text = found == 0 ? width : confirmed(texts, bytes, found);
    return smaller(text < width ? text : width + 1, started(texts, bytes, ends, count));
}

__attribute__((target("avx2"))) static inline size_t scan(
    const struct clinux_scan_texts *texts, const uint8_t *bytes, size_t count, bool lines) {
    if (count < clinux_scan_length) return count;
    struct tables tables = load_tables(texts);
    size_t start = 0;
    for (; start + block <= count; start += width) {
        size_t offset = first(texts, &tables, bytes + start, block, lines);
        if (offset <= width) return start + offset;
    }
    // What is left is less than a block.
    uint8_t rest[block] = {0};
    memcpy(rest, bytes + start, count - start);
    size_t offset = first(texts, &tables, rest, count - start, lines);
    return offset <= width && start + offset < count ? start + offset : count;
}

__attribute__((target("avx2"))) size_t clinux_scan(
    const struct clinux_scan_texts *texts, const uint8_t *bytes, size_t count) {
    size_t offset = scan(texts, bytes, count, false);
    return offset + clinux_scan_length <= count ? offset : count;
}

__attribute__((target("avx2"))) size_t clinux_scan_lines(
    const struct clinux_scan_texts *texts, const uint8_t *bytes, size_t count) {
    return scan(texts, bytes, count, true);
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

size_t clinux_scan_lines(const struct clinux_scan_texts *texts, const uint8_t *bytes, size_t count) {
    return clinux_scan(texts, bytes, count);
}

#endif
