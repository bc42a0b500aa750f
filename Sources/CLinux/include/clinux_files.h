// Locks and directory notices: F_OFD_SETLK (_GNU_SOURCE) and sys/inotify.h are not part of the Glibc module Swift sees.
#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// fcntl(2) F_OFD_SETLK for writing, on the whole file. Returns 0, -EAGAIN when another holds it, or -errno.
int clinux_lock_exclusive(int descriptor);

/// Gives the lock up, also where a duplicate of the descriptor stays open. Returns 0 or -errno.
int clinux_unlock(int descriptor);

/// fcntl(2) F_OFD_GETLK: asks without taking. Returns 1 when another open file description holds the lock, 0, or -errno.
int clinux_is_locked(int descriptor);

/// inotify_init1(2), close-on-exec, non-blocking. Returns a descriptor or -errno.
int clinux_watch_create(void);

/// inotify_add_watch(2) on a directory, for names that appear (finished writing or moved in) and, if asked
/// for, names that disappear. Returns the watch or -errno.
int clinux_watch_add(int inotify, const char *_Nonnull path, bool departures);
// Also tells when a file in it grows, and when it is moved itself.
int clinux_watch_growth(int inotify, const char *_Nonnull path);

/// Reads all pending notices of an inotify descriptor away. Returns 1 when there were any, 0 when none, or -errno.
int clinux_watch_drain(int inotify);


#endif
