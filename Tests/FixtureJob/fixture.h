// What the themes share: the verb's type, argument reading and failing loudly. A fixture never fails silently: exit 99
// means that the fixture itself could not do what the test asked for.
#ifndef FIXTURE_H
#define FIXTURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

/// A verb's arguments are those after its name. It returns the exit status.
typedef int (*verb_function)(int count, char **arguments);

struct verb {
    const char *name;
    const char *usage;
    verb_function run;
};

extern const struct verb ending_verbs[];
extern const struct verb output_verbs[];
extern const struct verb signal_verbs[];
extern const struct verb process_verbs[];
extern const struct verb resource_verbs[];
extern const struct verb environment_verbs[];
extern const struct verb input_verbs[];

/// Prints what failed with errno's text and exits 99.
_Noreturn void fail(const char *what);
/// Argument `index` as a number, or `fallback` where it was left out; exits 99 where it is no number.
long long number_argument(int count, char **arguments, int index, long long fallback);
double seconds_argument(int count, char **arguments, int index, double fallback);
/// Argument `index`; exits 99 where it was left out.
const char *text_argument(int count, char **arguments, int index);
/// Writes all of it, whatever write(2) returns; exits 99 on an error.
void write_all(int descriptor, const void *bytes, size_t count);
void sleep_seconds(double seconds);
/// CLOCK_MONOTONIC in nanoseconds.
int64_t monotonic_now(void);
/// Replaces the file in one step, so that a reader never sees half of it.
void write_file(const char *path, const char *text);
/// CRC-32 as zlib computes it; start with 0.
uint32_t crc32_update(uint32_t crc, const uint8_t *bytes, size_t count);

#endif
