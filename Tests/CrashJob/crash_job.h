// A program with a verb per crash. Compiled by the end-to-end tests in many variants (compiler, optimisation, symbols),
// not by SwiftPM. `// crash: NAME` marks the line on which the verb NAME dies; the tests read the line numbers from here.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

// A frame of its own at every level of optimisation, called as it is written.
#if defined(__GNUC__) && !defined(__clang__)
#define FRAME __attribute__((noipa))
#else
#define FRAME __attribute__((noinline))
#endif
// Keeps the call before it from becoming a jump.
#define NOT_A_TAIL_CALL __asm__ volatile("" ::: "memory")

// Read anew each time, so that no optimiser knows their values.
extern volatile int *volatile nowhere;
extern volatile int zero;

// Each has the arguments behind its verb.
typedef int verb_function(int count, char **arguments);

struct verb {
    const char *name;
    verb_function *run;
};

// Each ends with a verb without a name.
extern const struct verb fault_verbs[], stack_verbs[], signal_verbs[], thread_verbs[], process_verbs[], library_verbs[],
    exception_verbs[];

void fail(const char *what);
// Writes CLOCK_REALTIME, in nanoseconds, to the file.
void note_time(const char *path);
FRAME void write_nowhere(int value);

#ifdef __cplusplus
}
#endif
