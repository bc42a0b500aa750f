// What several themes need: arguments, time, files, checksums.
#include "fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void fail(const char *what) {
    fprintf(stderr, "FixtureJob: %s: %s\n", what, strerror(errno));
    _exit(99);
}

const char *text_argument(int count, char **arguments, int index) {
    if (index < count) return arguments[index];
    errno = EINVAL;
    fail("an argument is missing");
}

long long number_argument(int count, char **arguments, int index, long long fallback) {
    if (index >= count) return fallback;
    char *end = NULL;
    long long value = strtoll(arguments[index], &end, 10);
    if (*end || end == arguments[index]) {
        errno = EINVAL;
        fail(arguments[index]);
    }
    return value;
}

double seconds_argument(int count, char **arguments, int index, double fallback) {
    if (index >= count) return fallback;
    char *end = NULL;
    double value = strtod(arguments[index], &end);
    if (*end || end == arguments[index]) {
        errno = EINVAL;
        fail(arguments[index]);
    }
    return value;
}

void write_all(int descriptor, const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    while (count > 0) {
        ssize_t written = write(descriptor, next, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("write");
        next += written;
        count -= (size_t)written;
    }
}

void sleep_seconds(double seconds) {
    struct timespec rest = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (time_t)seconds) * 1e9)};
    while (nanosleep(&rest, &rest) == -1 && errno == EINTR) {}
}

int64_t monotonic_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void write_file(const char *path, const char *text) {
    char temporary[4096];
    snprintf(temporary, sizeof temporary, "%s.%d.tmp", path, getpid());
    FILE *file = fopen(temporary, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0 || rename(temporary, path) != 0) fail(path);
}

uint32_t crc32_update(uint32_t crc, const uint8_t *bytes, size_t count) {
    static uint32_t table[256];
    if (!table[1]) {
        for (uint32_t entry = 0; entry < 256; entry++) {
            uint32_t value = entry;
            for (int bit = 0; bit < 8; bit++) value = value & 1 ? 0xEDB88320u ^ (value >> 1) : value >> 1;
            table[entry] = value;
        }
    }
    crc = ~crc;
    while (count--) crc = table[(crc ^ *bytes++) & 0xFF] ^ (crc >> 8);
    return ~crc;
}
