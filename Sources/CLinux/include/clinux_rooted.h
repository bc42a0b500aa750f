// Files below a directory that stands for the root: openat2(2) has no wrapper in the C library.
#ifndef CLINUX_ROOTED_H
#define CLINUX_ROOTED_H

#include <sys/types.h>

/// Opens `path` as a process whose root directory is `root` would: an absolute path and every symbolic link on the way,
/// absolute or with `..`, stay below it. Always close-on-exec. Before Linux 5.6, and where a filter denies openat2(2),
/// symbolic links are resolved as the kernel does for us. Returns a descriptor or -errno.
int clinux_open_below(int root, const char *_Nonnull path, int flags);

/// The parts of a device number, which are macros. Source: makedev(3).
unsigned clinux_device_major(dev_t device);
unsigned clinux_device_minor(dev_t device);

#endif
