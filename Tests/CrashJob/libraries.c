// Crashes in code that is not the program's own.
#include <dlfcn.h>
#include <math.h>
#include <time.h>

#include "crash_job.h"

// dlopen FILE: calls `plugin_entry` of the library.
static int in_loaded_library(int count, char **arguments) {
    void *library = dlopen(count > 0 ? arguments[0] : "./libplugin.so", RTLD_NOW);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 99;
    }
    int (*entry)(int) = (int (*)(int))dlsym(library, "plugin_entry");
    if (!entry) return 99;
    int value = entry(3);
    NOT_A_TAIL_CALL;
    return value;
}

// The kernel's code, mapped into every process, writes to where it was told to.
static int in_vdso(int count, char **arguments) {
    struct timespec *volatile nothing = (struct timespec *)16;
    int status = clock_gettime(CLOCK_MONOTONIC, nothing);  // crash: in-vdso
    NOT_A_TAIL_CALL;
    return status;
}

static FRAME double call_library(double value) {
    int *volatile exponent = (int *)16;
    double fraction = frexp(value, exponent);  // crash: in-math-library
    NOT_A_TAIL_CALL;
    return fraction;
}

static int in_math_library(int count, char **arguments) {
    double value = call_library(count + 1.5);
    NOT_A_TAIL_CALL;
    return (int)value;
}

// An indirect function: its name is that of the variant for this processor.
static int in_c_library(int count, char **arguments) {
    const char *volatile text = (const char *)16;
    int length = (int)strlen(text);  // crash: in-c-library
    NOT_A_TAIL_CALL;
    return length;
}

static FRAME int compare(const void *left, const void *right) {
    write_nowhere(*(const int *)left - *(const int *)right);
    NOT_A_TAIL_CALL;
    return 0;
}

static int in_callback(int count, char **arguments) {
    int numbers[] = {3, 1, 2};
    qsort(numbers, 3, sizeof *numbers, compare);
    return numbers[0];
}

const struct verb library_verbs[] = {
    {"dlopen", in_loaded_library},
    {"in-vdso", in_vdso},
    {"in-math-library", in_math_library},
    {"in-c-library", in_c_library},
    {"in-callback", in_callback},
    {NULL, NULL},
};
