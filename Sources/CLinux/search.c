#include "clinux_search.h"

#include <stdbool.h>
#include <string.h>

const void *clinux_last_byte(const void *bytes, uint8_t byte, size_t count) { return memrchr(bytes, byte, count); }

const void *clinux_find_bytes(const void *bytes, size_t count, const void *sought, size_t sought_count) {
    return memmem(bytes, count, sought, sought_count);
}

typedef uint8_t sixteen __attribute__((vector_size(16)));

static inline bool any(sixteen found) {
    uint64_t halves[2];
    memcpy(halves, &found, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

uint8_t clinux_which_bytes(const void *bytes, size_t count, uint8_t first, uint8_t second, uint8_t third) {
    const uint8_t *next = bytes;
    uint8_t padded[16];
    if (count < sizeof padded) {
        if (count == 0) return 0;
        memset(padded, next[0], sizeof padded);
        memcpy(padded, next, count);
        next = padded;
        count = sizeof padded;
    }
    sixteen firsts = {0}, seconds = {0}, thirds = {0};
    // The last look may be at bytes that were seen.
    for (size_t place = 0;; place += sizeof(sixteen)) {
        if (place + sizeof(sixteen) > count) place = count - sizeof(sixteen);
        sixteen now;
        memcpy(&now, next + place, sizeof now);
        firsts |= (sixteen)(now == first);
        seconds |= (sixteen)(now == second);
        thirds |= (sixteen)(now == third);
        if (place + sizeof(sixteen) == count) break;
    }
    return (uint8_t)(any(firsts) | any(seconds) << 1 | any(thirds) << 2);
}
