// Output of every shape: lines, bytes, floods, and the lack of it.
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// print COUNT stdout|stderr|both: `both` alternates, one write(2) a line, so that their order is meaningful.
static int print_lines(int count, char **arguments) {
    long long lines = number_argument(count, arguments, 0, 1);
    const char *where = count > 1 ? arguments[1] : "stdout";
    char line[64];
    for (long long number = 1; number <= lines; number++) {
        int descriptor = strcmp(where, "stderr") == 0 ? 2 : 1;
        if (strcmp(where, "both") == 0) descriptor = number % 2 ? 1 : 2;
        int length = snprintf(line, sizeof line, "line %lld on %s\n", number, descriptor == 1 ? "stdout" : "stderr");
        write_all(descriptor, line, (size_t)length);
    }
    return 0;
}

/// binary COUNT [FILE]: xorshift bytes in writes of changing size; FILE receives the bytes' CRC-32.
static int binary(int count, char **arguments) {
    uint64_t rest = (uint64_t)number_argument(count, arguments, 0, 1 << 20);
    static uint8_t buffer[1 << 17];
    uint64_t state = 0x9E3779B97F4A7C15u;
    uint32_t crc = 0;
    while (rest > 0) {
        size_t size = 1 + state % sizeof buffer;
        if (size > rest) size = (size_t)rest;
        for (size_t at = 0; at < size; at += sizeof state) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            size_t part = size - at < sizeof state ? size - at : sizeof state;
            memcpy(buffer + at, &state, part);
        }
        if (count > 1) crc = crc32_update(crc, buffer, size);
        write_all(1, buffer, size);
        rest -= size;
    }
    char text[16];
    snprintf(text, sizeof text, "%08x\n", crc);
    if (count > 1) write_file(arguments[1], text);
    return 0;
}

static int long_line(int count, char **arguments) {
    long long rest = number_argument(count, arguments, 0, 1 << 20);
    char block[4096];
    memset(block, 'x', sizeof block);
    for (; rest > 0; rest -= (long long)sizeof block)
        write_all(1, block, rest < (long long)sizeof block ? (size_t)rest : sizeof block);
    write_all(1, "\n", 1);
    return 0;
}

static int no_newline(int count, char **arguments) {
    const char *text = count > 0 ? arguments[0] : "no newline at the end";
    write_all(1, text, strlen(text));
    return (int)number_argument(count, arguments, 1, 0);
}

/// flood SECONDS [FILE]: 80-byte lines as fast as they go; FILE receives the number of bytes.
static int flood(int count, char **arguments) {
    int64_t end = monotonic_now() + (int64_t)(seconds_argument(count, arguments, 0, 1) * 1e9);
    char block[80 * 512];
    for (size_t at = 0; at < sizeof block; at += 80) {
        memset(block + at, '.', 79);
        block[at + 79] = '\n';
    }
    long long bytes = 0;
    while (monotonic_now() < end) {
        write_all(1, block, sizeof block);
        bytes += (long long)sizeof block;
    }
    char text[32];
    snprintf(text, sizeof text, "%lld\n", bytes);
    if (count > 1) write_file(arguments[1], text);
    return 0;
}

/// lines BYTES: 80-byte lines, BYTES in all, for throughput.
static int steady_lines(int count, char **arguments) {
    long long rest = number_argument(count, arguments, 0, 1 << 30);
    static char block[80 * 1638];
    for (size_t at = 0; at < sizeof block; at += 80) {
        memset(block + at, 'a' + (char)(at / 80 % 26), 79);
        block[at + 79] = '\n';
    }
    for (; rest > 0; rest -= (long long)sizeof block)
        write_all(1, block, rest < (long long)sizeof block ? (size_t)rest : sizeof block);
    return 0;
}

/// numbered COUNT MILLISECONDS: one numbered line, then a pause; the pauses are where a test kills something.
static int slow_write(int count, char **arguments) {
    long long lines = number_argument(count, arguments, 0, 10);
    double pause = (double)number_argument(count, arguments, 1, 20) / 1000;
    char line[32];
    for (long long number = 1; number <= lines; number++) {
        int length = snprintf(line, sizeof line, "%lld\n", number);
        write_all(1, line, (size_t)length);
        sleep_seconds(pause);
    }
    return (int)number_argument(count, arguments, 2, 0);
}

/// close-stdout [STATUS]: closes both streams, works on a little, ends.
static int close_stdout(int count, char **arguments) {
    close(1);
    close(2);
    sleep_seconds(0.1);
    return (int)number_argument(count, arguments, 0, 0);
}

/// until-broken FILE: writes until nobody reads; FILE says whether it was SIGPIPE or EPIPE that ended it.
static const char *broken_pipe_file;

static void note_broken_pipe(int number) {
    (void)number;
    write_file(broken_pipe_file, "SIGPIPE\n");
    _exit(0);
}

static int until_broken(int count, char **arguments) {
    broken_pipe_file = text_argument(count, arguments, 0);
    struct sigaction inherited;
    sigaction(SIGPIPE, NULL, &inherited);
    if (inherited.sa_handler != SIG_IGN) signal(SIGPIPE, note_broken_pipe);
    while (write(1, "y\n", 2) > 0) {}
    write_file(broken_pipe_file, errno == EPIPE ? "EPIPE\n" : "another error\n");
    return 0;
}

const struct verb output_verbs[] = {
    {"print", "LINES [stdout|stderr|both]", print_lines},
    {"binary", "BYTES [CRC-FILE]", binary},
    {"long-line", "BYTES", long_line},
    {"no-newline", "[TEXT [STATUS]]", no_newline},
    {"flood", "SECONDS [COUNT-FILE]", flood},
    {"lines", "BYTES", steady_lines},
    {"slow-write", "LINES MILLISECONDS [STATUS]", slow_write},
    {"close-stdout", "[STATUS]", close_stdout},
    {"until-broken", "FILE", until_broken},
    {NULL, NULL, NULL},
};
