#include "cdebuginfo.h"

#include <libiberty/demangle.h>
#include <lzma.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

char *cdebuginfo_demangle(const char *name) {
    if (name[0] == '_' && name[1] == 'D') return cplus_demangle(name, DMGL_PARAMS | DMGL_ANSI | DMGL_DLANG);
    return cplus_demangle(name, DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO);
}

// In libswiftCore; declared in no header that ships.
extern char *swift_demangle(
    const char *name, size_t length, char *output, size_t *output_size, uint32_t flags);

char *cdebuginfo_demangle_swift(const char *name, size_t length) {
    return swift_demangle(name, length, NULL, NULL, 0);
}

uint8_t *cdebuginfo_unxz(const uint8_t *bytes, size_t count, size_t limit, size_t *decompressed) {
    lzma_stream stream = LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&stream, 64u << 20, LZMA_CONCATENATED) != LZMA_OK) return NULL;
    size_t capacity = count * 4 < 65536 ? 65536 : count * 4;
    if (capacity > limit) capacity = limit;
    uint8_t *output = malloc(capacity);
    stream.next_in = bytes;
    stream.avail_in = count;
    stream.next_out = output;
    stream.avail_out = capacity;
    lzma_ret result = output ? LZMA_OK : LZMA_MEM_ERROR;
    while (result == LZMA_OK) {
        result = lzma_code(&stream, LZMA_FINISH);
        if (result != LZMA_OK || stream.avail_out > 0) continue;
        if (capacity == limit) break;
        size_t larger = capacity * 2 < limit ? capacity * 2 : limit;
        uint8_t *moved = realloc(output, larger);
        if (!moved) break;
        output = moved;
        stream.next_out = output + capacity;
        stream.avail_out = larger - capacity;
        capacity = larger;
    }
    *decompressed = stream.total_out;
    lzma_end(&stream);
    if (result == LZMA_STREAM_END) return output;
    free(output);
    return NULL;
}

uint32_t cdebuginfo_crc(uint32_t crc, const uint8_t *bytes, size_t count) {
    return (uint32_t)crc32_z(crc, bytes, count);
}

void cdebuginfo_free(void *pointer) { free(pointer); }

void cdebuginfo_release_pages(Elf *elf) {
    size_t size = 0;
    char *file = elf_rawfile(elf, &size);
    // Where it could be mapped it begins at a page, and a page that is looked at again is read again.
    if (file && size && (uintptr_t)file % (uintptr_t)sysconf(_SC_PAGESIZE) == 0) madvise(file, size, MADV_DONTNEED);
}
