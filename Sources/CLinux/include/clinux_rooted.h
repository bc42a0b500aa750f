// Files of another root directory, and which file one is: openat2(2) has no function in the C library, dev_t has macros.
#ifndef CLINUX_ROOTED_H
#define CLINUX_ROOTED_H

#include <stdint.h>
#include <sys/types.h>

/// Opens a path for reading as a process with this root directory would. Never waits (for a FIFO), close-on-exec.
/// Returns a descriptor or -errno.
int clinux_open_in_root(int root, const char *_Nonnull path);

struct clinux_file_identity {
    uint32_t major, minor;
    uint64_t inode;
    int64_t size;
    int is_regular;
};

/// fstat(2). Returns 0 or -errno.
int clinux_file_identity(int descriptor, struct clinux_file_identity *_Nonnull identity);

/// pread(2), as often as it takes. Returns how many bytes there were up to the end of the file, or -errno.
ssize_t clinux_read_at(int descriptor, void *_Nonnull buffer, size_t count, int64_t offset);

#endif
