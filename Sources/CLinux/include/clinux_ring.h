// Memory that two processes share as a ring: sealing is _GNU_SOURCE, and the positions need acquire and release.
#ifndef CLINUX_RING_H
#define CLINUX_RING_H

#include <stddef.h>
#include <stdint.h>

/// A memory file of one page and `data` bytes (a multiple of a page), sealed so that nobody can change its size: else
/// whoever has it could make the other side's next access a SIGBUS. Close-on-exec. Returns a descriptor or -errno.
int clinux_ring_create(const char *_Nonnull name, size_t data);

/// The bytes of data of such a file, or -errno: -EPERM where it is not sealed, -EINVAL where it is none.
int64_t clinux_ring_size(int descriptor);

/// Maps the page and, twice in a row, the data behind it, so that what wraps around is in one piece. `base` is NULL when
/// the result is not 0. Returns 0 or -errno.
int clinux_ring_map(int descriptor, size_t data, void *_Nullable *_Nonnull base);
void clinux_ring_unmap(void *_Nonnull base, size_t data);

/// An aligned word of it, that the other side may change at any time.
uint64_t clinux_ring_load(const void *_Nonnull word);
void clinux_ring_store(void *_Nonnull word, uint64_t value);

/// Bytes of a page.
size_t clinux_page_size(void);

#endif
