#include "clinux_search.h"

#include <string.h>

const void *clinux_last_byte(const void *bytes, uint8_t byte, size_t count) { return memrchr(bytes, byte, count); }

const void *clinux_find_bytes(const void *bytes, size_t count, const void *sought, size_t sought_count) {
    return memmem(bytes, count, sought, sought_count);
}
