// libelf, libdw, zlib, liblzma and the demanglers: what Swift cannot call as it is.
#ifndef CDEBUGINFO_H
#define CDEBUGINFO_H

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <libelf.h>
#include <stddef.h>
#include <stdint.h>

/// Demangles a C++, Rust (both schemes) or D name by libiberty, whose header cannot be in a module: it redefines basename.
/// Returns a string to free(3), or NULL when the name is of none of them.
char *_Nullable cdebuginfo_demangle(const char *_Nonnull name);

/// Demangles a Swift name by the Swift runtime, which does not declare its function. Returns a string to free(3), or NULL.
char *_Nullable cdebuginfo_demangle_swift(const char *_Nonnull name, size_t length);

/// Decompresses an xz stream into at most `limit` bytes, with at most 64 MiB for the decoder itself: LZMA_STREAM_INIT is a
/// macro. Returns bytes to free(3) and their number, or NULL for a broken or longer stream.
uint8_t *_Nullable cdebuginfo_unxz(
    const uint8_t *_Nonnull bytes, size_t count, size_t limit, size_t *_Nonnull decompressed);

/// The checksum of `.gnu_debuglink`, continued from `crc` (0 at first): zlib's types are not fixed-width.
uint32_t cdebuginfo_crc(uint32_t crc, const uint8_t *_Nonnull bytes, size_t count);

/// Gives the pages of a file that libelf has mapped back; what is needed again is read again.
void cdebuginfo_release_pages(Elf *_Nonnull elf);

/// free(3), for what these functions return.
void cdebuginfo_free(void *_Nullable pointer);

#endif
