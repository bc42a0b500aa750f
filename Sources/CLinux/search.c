#include "clinux_search.h"

#include <string.h>

const void *clinux_last_byte(const void *bytes, uint8_t byte, size_t count) { return memrchr(bytes, byte, count); }
