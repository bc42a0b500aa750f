#include "CProgramStart.h"

#include <stddef.h>

static char **command_words;
static int command_count;

// The C library hands main's arguments to constructors, too. Early: another constructor may want them.
__attribute__((constructor(101))) static void keep_command_line(int count, char **words, char **environment) {
    (void)environment;
    command_count = count;
    command_words = words;
}

char **_swift_stdlib_getUnsafeArgvArgc(int *count) {
    *count = command_count;
    return command_words;
}

char **program_words(void) { return command_words; }

void _swift_stdlib_overrideUnsafeArgvArgc(char **words, int count) {
    command_words = words;
    command_count = count;
}

const char *__wrap_swift_copyAuxiliaryExecutablePath(const char *name) {
    (void)name;
    return NULL;
}
