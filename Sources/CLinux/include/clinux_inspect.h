// What another process's files and memory need beside the trace requests.
#ifndef CLINUX_INSPECT_H
#define CLINUX_INSPECT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// open(2) flags of a directory by which files are found, but that cannot be read itself. Needs _GNU_SOURCE.
extern const int clinux_path_of_directory;

/// pread(2) at an offset that may be any address. Returns the count of bytes or -errno.
ssize_t clinux_read_at(int descriptor, void *_Nonnull buffer, size_t count, uint64_t offset);

/// ftruncate(2), and the position at the new end. Returns 0 or -errno.
int clinux_truncate(int descriptor, uint64_t size);

/// RLIMIT_FSIZE of this process in bytes; all ones where there is none.
uint64_t clinux_file_size_limit(void);

/// PTRACE_POKEDATA: writes one word, also where the process itself may not write.
int clinux_trace_poke(pid_t pid, uint64_t address, uint64_t word);

/// Whether wait(2) has something to tell of a tracee, which stays there to be taken: 1 a stop, 2 its end, 0 neither, or -errno.
int clinux_trace_peek(pid_t pid);

/// getxattr(2). Returns the count of bytes or -errno.
ssize_t clinux_file_attribute(const char *_Nonnull path, const char *_Nonnull name, void *_Nonnull value, size_t count);

#endif
