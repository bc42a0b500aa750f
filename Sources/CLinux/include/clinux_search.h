// memrchr and memmem, GNU extensions, and one look for several bytes.
#ifndef CLINUX_SEARCH_H
#define CLINUX_SEARCH_H

#include <stddef.h>
#include <stdint.h>

/// memrchr(3). NULL when the byte does not occur.
const void *_Nullable clinux_last_byte(const void *_Nonnull bytes, uint8_t byte, size_t count);

/// memmem(3). NULL when the sequence does not occur.
const void *_Nullable clinux_find_bytes(const void *_Nonnull bytes, size_t count, const void *_Nonnull sought,
                                        size_t sought_count);

/// Which of three bytes occur: a bit for each, the lowest for the first.
uint8_t clinux_which_bytes(const void *_Nonnull bytes, size_t count, uint8_t first, uint8_t second, uint8_t third);

#endif
