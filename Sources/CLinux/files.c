#include "clinux_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

static int result(int value) { return value < 0 ? -errno : value; }

static int lock_command(int descriptor, int command, struct flock *range) {
    int done;
    do {
        done = fcntl(descriptor, command, range);
    } while (done < 0 && errno == EINTR);
    return result(done);
}

int clinux_lock_exclusive(int descriptor) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int locked = lock_command(descriptor, F_OFD_SETLK, &whole);
    return locked == -EACCES ? -EAGAIN : locked;
}

int clinux_unlock(int descriptor) {
    struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    return lock_command(descriptor, F_OFD_SETLK, &whole);
}

int clinux_is_locked(int descriptor) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int asked = lock_command(descriptor, F_OFD_GETLK, &whole);
    return asked < 0 ? asked : whole.l_type != F_UNLCK;
}

int clinux_watch_create(void) { return result(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)); }

int clinux_watch_add(int inotify, const char *path, bool departures) {
    uint32_t mask = IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR;
    if (departures) mask |= IN_DELETE | IN_MOVED_FROM;
    return result(inotify_add_watch(inotify, path, mask));
}

int clinux_watch_growth(int inotify, const char *path) {
    return result(inotify_add_watch(inotify, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVE_SELF | IN_ONLYDIR));
}

int clinux_watch_drain(int inotify) {
    char notices[4096] __attribute__((aligned(8)));
    int any = 0;
    for (;;) {
        ssize_t got = read(inotify, notices, sizeof notices);
        if (got > 0) {
            any = 1;
        } else if (got == 0 || errno == EAGAIN) {
            return any;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
}

