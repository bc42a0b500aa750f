// Stacks that are deep, exhausted, overwritten or optimised.
#include "crash_job.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Winfinite-recursion"
#endif

// The volatile array keeps each level a frame of its own.
static FRAME int overflow(int level) {
    volatile char frame[200];
    frame[level % 200] = (char)level;
    return overflow(level + 1) + frame[0];
}

static int stack_overflow(int count, char **arguments) {
    int value = overflow(0);
    NOT_A_TAIL_CALL;
    return value;
}

static int ping(int level);

static FRAME int pong(int level) {
    volatile char frame[160];  // unlike the other's, or the optimiser makes one function of the two
    frame[level % 160] = (char)level;
    return ping(level + 1) + frame[0];
}

static FRAME int ping(int level) {
    volatile char frame[100];
    frame[level % 100] = (char)level;
    return pong(level + 1) + frame[0];
}

static int mutual_overflow(int count, char **arguments) {
    int value = ping(0);
    NOT_A_TAIL_CALL;
    return value;
}

static FRAME int descend(int level, const char *text, double weight) {
    if (level == 0) {
        write_nowhere((int)strlen(text));
        NOT_A_TAIL_CALL;
        return 0;
    }
    int value = descend(level - 1, text, weight / 2) + (int)weight;
    NOT_A_TAIL_CALL;
    return value;
}

// So many levels, then a crash.
static int deep(int count, char **arguments) {
    int value = descend(count > 0 ? atoi(arguments[0]) : 1000, "an argument", 2.5);
    NOT_A_TAIL_CALL;
    return value;
}

// Overwrites the guard word of -fstack-protector and nothing above it.
static FRAME void overrun(int length) {
    char buffer[24];
    volatile char *volatile start = buffer;
    for (int index = 0; index < length; index++) start[index] = 'A';
}

static int smashed_guard(int count, char **arguments) {
    overrun(32);
    NOT_A_TAIL_CALL;
    return 0;
}

#if defined(__has_attribute) && __has_attribute(no_stack_protector)
#define UNPROTECTED __attribute__((no_stack_protector))
#else
#define UNPROTECTED
#endif

// What is above it on the stack is rubbish when it dies, at its return.
static UNPROTECTED FRAME void overwrite_return_address(int length) {
    char buffer[16];
    volatile char *volatile start = buffer;
    for (int index = 0; index < length; index++) start[index] = 'A';
}  // crash: smashed-return-address

static int smashed_return_address(int count, char **arguments) {
    overwrite_return_address(160);
    NOT_A_TAIL_CALL;
    return 0;
}

static inline __attribute__((always_inline)) void innermost(int value) {
    *nowhere = value;  // crash: inlined
}

static inline __attribute__((always_inline)) void in_the_middle(int value) {
    innermost(value + 1);
}

static inline __attribute__((always_inline)) void outermost(int value) {
    in_the_middle(value + 1);
}

static FRAME int inlined_into(int value) {
    outermost(value);
    return value;
}

static int inlined(int count, char **arguments) {
    int value = inlined_into(count);
    NOT_A_TAIL_CALL;
    return value;
}

// Calls nothing and keeps nothing: it has no frame from -O1 on.
static FRAME int leaf(const volatile int *pointer, int factor) {
    return *pointer * factor;  // crash: leaf
}

static int leaf_without_frame(int count, char **arguments) {
    int value = leaf(nowhere, count + 3);
    NOT_A_TAIL_CALL;
    return value;
}

const struct verb stack_verbs[] = {
    {"stack-overflow", stack_overflow},
    {"mutual-overflow", mutual_overflow},
    {"deep", deep},
    {"smashed-guard", smashed_guard},
    {"smashed-return-address", smashed_return_address},
    {"inlined", inlined},
    {"leaf", leaf_without_frame},
    {NULL, NULL},
};
