// Using up memory, CPU and time.
#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// alloc MIB: touches every page of it, so that it counts as resident.
static int alloc(int count, char **arguments) {
    size_t bytes = (size_t)number_argument(count, arguments, 0, 64) << 20;
    char *memory = malloc(bytes);
    if (!memory) fail("malloc");
    for (size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
    int sum = memory[bytes / 2];
    free(memory);
    return sum - 1;
}

static int spin(int count, char **arguments) {
    int64_t end = monotonic_now() + (int64_t)(seconds_argument(count, arguments, 0, 1) * 1e9);
    volatile uint64_t work = 0;
    while (monotonic_now() < end)
        for (int turn = 0; turn < 10000; turn++) work += (uint64_t)turn;
    return 0;
}

/// clock FILE: CLOCK_MONOTONIC at our first instructions, in nanoseconds.
static int clock_verb(int count, char **arguments) {
    int64_t now = monotonic_now();
    char text[32];
    snprintf(text, sizeof text, "%lld\n", (long long)now);
    write_file(text_argument(count, arguments, 0), text);
    return 0;
}

const struct verb resource_verbs[] = {
    {"alloc", "MIB", alloc},
    {"spin", "SECONDS", spin},
    {"clock", "FILE", clock_verb},
    {NULL, NULL, NULL},
};
