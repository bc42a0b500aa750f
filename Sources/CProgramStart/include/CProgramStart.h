// What happens in a static Swift program before its main.
//
// Most of it is functions of the Swift runtime that are linked instead of its own, because every start pays for those. Names
// and types are those of its sources, stdlib/public/stubs/CommandLine.cpp and stdlib/public/runtime/Paths.cpp.

#ifndef CPROGRAMSTART_H
#define CPROGRAMSTART_H

// The words of the command line. The runtime's own asks the kernel for this process's memory map before main, and looks for
// the words on the stack.
char **_swift_stdlib_getUnsafeArgvArgc(int *count);
void _swift_stdlib_overrideUnsafeArgvArgc(char **words, int count);

// The same, for those who need no more of Swift's CommandLine: main's argv.
char **program_words(void);

// Where the runtime's backtracing program is: nowhere. The runtime's own looks in seven directories.
// (Linked with --wrap=swift_copyAuxiliaryExecutablePath.)
const char *__wrap_swift_copyAuxiliaryExecutablePath(const char *name);

#endif
