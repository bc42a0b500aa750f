// Reading stdin.
#include "fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/// read-stdin: to its end; prints the number of bytes and their CRC-32.
static int read_stdin(int count, char **arguments) {
    (void)count, (void)arguments;
    static uint8_t buffer[1 << 16];
    uint64_t total = 0;
    uint32_t crc = 0;
    for (;;) {
        ssize_t got = read(0, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("read");
        if (got == 0) break;
        crc = crc32_update(crc, buffer, (size_t)got);
        total += (uint64_t)got;
    }
    printf("%llu %08x\n", (unsigned long long)total, crc);
    return 0;
}

/// drain: reads stdin to its end, as fast as it comes, and prints the number of bytes; the reader in throughput runs.
static int drain(int count, char **arguments) {
    (void)count, (void)arguments;
    static uint8_t buffer[1 << 20];
    uint64_t total = 0;
    ssize_t got;
    while ((got = read(0, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR)) total += got > 0 ? (uint64_t)got : 0;
    printf("%llu\n", (unsigned long long)total);
    return got < 0;
}

/// write-to DESCRIPTOR TEXT: to a descriptor that the caller handed on.
static int write_to(int count, char **arguments) {
    const char *text = text_argument(count, arguments, 1);
    size_t length = 0;
    while (text[length]) length++;
    write_all((int)number_argument(count, arguments, 0, 3), text, length);
    return 0;
}

const struct verb input_verbs[] = {
    {"read-stdin", "", read_stdin},
    {"drain", "", drain},
    {"write-to", "DESCRIPTOR TEXT", write_to},
    {NULL, NULL, NULL},
};
