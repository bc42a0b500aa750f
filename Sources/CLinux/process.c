#include "clinux_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int result(int value) { return value < 0 ? -errno : value; }

// MARK: Children

static int64_t microseconds(struct timeval time) { return (int64_t)time.tv_sec * 1000000 + time.tv_usec; }

static struct clinux_child_change described(pid_t process, int status, struct rusage usage) {
    return (struct clinux_child_change){
        .process = process,
        .status = status,
        .user_microseconds = microseconds(usage.ru_utime),
        .system_microseconds = microseconds(usage.ru_stime),
        .max_resident_kib = usage.ru_maxrss,
        .minor_faults = usage.ru_minflt,
        .major_faults = usage.ru_majflt,
        .blocks_in = usage.ru_inblock,
        .blocks_out = usage.ru_oublock,
        .voluntary_switches = usage.ru_nvcsw,
        .involuntary_switches = usage.ru_nivcsw,
    };
}

int clinux_take_child_change(struct clinux_child_change *change) {
    return clinux_wait_change(-1, WNOHANG | WUNTRACED | WCONTINUED, change);
}

int clinux_wait_change(pid_t which, int options, struct clinux_child_change *change) {
    struct rusage usage = {0};
    int status = 0;
    pid_t process = wait4(which, &status, options, &usage);
    if (process < 0) return errno == ECHILD || errno == EINTR ? 0 : -errno;
    if (process == 0) return 0;
    *change = described(process, status, usage);
    return 1;
}

int clinux_wait_for_end(pid_t process, struct clinux_child_change *change) {
    struct rusage usage = {0};
    int status = 0;
    while (wait4(process, &status, 0, &usage) < 0)
        if (errno != EINTR) return -errno;
    *change = described(process, status, usage);
    return 1;
}

void clinux_use_one_heap(void) { mallopt(M_ARENA_MAX, 1); }

void clinux_give_memory_back(void) { malloc_trim(0); }

int clinux_become_subreaper(void) { return result(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)); }

// MARK: Descriptors

static bool look_the_same(int first, int second) {
    struct stat one, other;
    if (fstat(first, &one) < 0 || fstat(second, &other) < 0) return false;
    if (one.st_dev != other.st_dev || one.st_ino != other.st_ino) return false;
    if (fcntl(first, F_GETFL) != fcntl(second, F_GETFL)) return false;
    return lseek(first, 0, SEEK_CUR) == lseek(second, 0, SEEK_CUR);
}

bool clinux_same_open_file(int first, int second) {
    pid_t self = getpid();
    long order = syscall(SYS_kcmp, self, self, KCMP_FILE, first, second);
    return order < 0 ? look_the_same(first, second) : order == 0;
}

int clinux_occupy_closed_standard_descriptors(void) {
    int closed = 0;
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) >= 0) continue;
        closed |= 1 << descriptor;
        // open(2) takes the lowest free number, which is this one.
        if (open("/dev/null", O_RDWR | O_CLOEXEC) < 0) return -errno;
    }
    return closed;
}

static void close_if_inherited(int descriptor) {
    int flags = fcntl(descriptor, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) close(descriptor);
}

void clinux_close_inherited_descriptors(void) {
    DIR *open_files = opendir("/proc/self/fd");
    if (open_files == NULL) {
        for (int descriptor = 3; descriptor < 1024; descriptor++) close_if_inherited(descriptor);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(open_files)) != NULL) {
        int descriptor = atoi(entry->d_name);
        if (descriptor > 2) close_if_inherited(descriptor);
    }
    closedir(open_files);
}

int clinux_replace_by_null(int target) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return -errno;
    int outcome = result(dup2(null, target));
    close(null);
    return outcome < 0 ? outcome : 0;
}

int clinux_replace_descriptor(int source, int target) {
    int outcome = result(dup3(source, target, O_CLOEXEC));
    return outcome < 0 ? outcome : 0;
}

int clinux_bytes_waiting(int descriptor) {
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) < 0 ? -errno : count;
}

void clinux_wait_readable(int first, int second) {
    struct pollfd waiting[2] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
    poll(waiting, 2, -1);
}

bool clinux_wait_readable_for(int descriptor, int milliseconds) {
    struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
    return poll(&waiting, 1, milliseconds) > 0;
}

ssize_t clinux_send_packet(int socket, const void *bytes, size_t count) {
    ssize_t sent = send(socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

ssize_t clinux_receive_packet(int socket, void *bytes, size_t capacity) {
    ssize_t received = recv(socket, bytes, capacity, MSG_DONTWAIT);
    return received < 0 ? -errno : received;
}

ssize_t clinux_send_packet_with(
    int socket, const void *bytes, size_t count, const int *descriptors, int descriptor_count) {
    if (descriptor_count > clinux_most_passed) return -EINVAL;
    union { char bytes[CMSG_SPACE(sizeof(int) * clinux_most_passed)]; struct cmsghdr align; } control = {0};
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = count};
    size_t length = sizeof(int) * (size_t)descriptor_count;
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = CMSG_SPACE(length)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(length);
    memcpy(CMSG_DATA(header), descriptors, length);
    ssize_t sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

ssize_t clinux_receive_packet_with(
    int socket, void *bytes, size_t capacity, int descriptors[clinux_most_passed], int *passed) {
    union { char bytes[CMSG_SPACE(sizeof(int) * clinux_most_passed)]; struct cmsghdr align; } control;
    struct iovec vector = {.iov_base = bytes, .iov_len = capacity};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    *passed = 0;
    ssize_t received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (received < 0) return -errno;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        *passed = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(descriptors, CMSG_DATA(header), sizeof(int) * (size_t)*passed);
    }
    return received;
}

int clinux_memory_file(const char *name) {
    int descriptor = memfd_create(name, MFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

// MARK: The terminal's foreground group

int clinux_controlling_terminal(void) { return result(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)); }

pid_t clinux_foreground_group(int terminal) { return result(tcgetpgrp(terminal)); }

int clinux_set_foreground_group(int terminal, pid_t group) { return result(tcsetpgrp(terminal, group)); }

// MARK: The relay

static bool write_all(int descriptor, const char *bytes, ssize_t count) {
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, (size_t)count);
        if (written >= 0) {
            bytes += written;
            count -= written;
        } else if (errno == EAGAIN) {
            struct pollfd waiting = {.fd = descriptor, .events = POLLOUT};
            poll(&waiting, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

// False once the source has ended or the destination takes no more.
static bool pass_on(int source, int destination) {
    static char buffer[65536];
    ssize_t count = read(source, buffer, sizeof buffer);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    return count > 0 && write_all(destination, buffer, count);
}

void clinux_relay(const struct clinux_relay_stream *streams, int count) {
    if (count < 1 || count > 2) return;
    // POLLERR of a destination comes without asking: the reader may go while nothing is written.
    struct pollfd waiting[4];
    for (int index = 0; index < count; index++) {
        waiting[2 * index] = (struct pollfd){.fd = streams[index].source, .events = POLLIN};
        waiting[2 * index + 1] = (struct pollfd){.fd = streams[index].destination, .events = 0};
    }
    for (int left = count; left > 0;) {
        if (poll(waiting, (nfds_t)count * 2, -1) < 0 && errno != EINTR) return;
        for (int index = 0; index < count; index++) {
            struct pollfd *source = &waiting[2 * index], *destination = &waiting[2 * index + 1];
            if (source->fd < 0 || (source->revents == 0 && destination->revents == 0)) continue;
            if ((destination->revents & POLLERR) == 0 && pass_on(source->fd, destination->fd)) continue;
            close(source->fd);
            source->fd = destination->fd = -1;
            left--;
        }
    }
}

pid_t clinux_start_relay(const struct clinux_relay_stream *streams, int count) {
    if (count < 1 || count > 2) return -EINVAL;
    pid_t child = fork();
    if (child != 0) return result(child);
    int copies[4];
    struct clinux_relay_stream moved[2];
    for (int index = 0; index < count; index++) {
        copies[2 * index] = fcntl(streams[index].source, F_DUPFD, 16);
        copies[2 * index + 1] = fcntl(streams[index].destination, F_DUPFD, 16);
        moved[index] = (struct clinux_relay_stream){.source = 10 + 2 * index, .destination = 11 + 2 * index};
    }
    for (int index = 0; index < 2 * count; index++) dup2(copies[index], 10 + index);
    syscall(SYS_close_range, 10 + 2 * count, ~0U, 0);
    syscall(SYS_close_range, 0, 9, 0);
    if (chdir("/") < 0) _exit(1);
    clinux_relay(moved, count);
    _exit(0);
}
