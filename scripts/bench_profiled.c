// The job that scripts/bench profiles.
//
//   work THREADS DEPTH MILLIONS   a fixed amount of work, shared by the threads, at that depth of calls;
//                                 then "NANOSECONDS-ELAPSED NANOSECONDS-OF-CPU" on stdout
//   idle THREADS SECONDS          threads that wait
//   gaps DEPTH SECONDS            reads the clock all the time; on stdout each gap of more than 2 us, in nanoseconds
//   lost THREADS DEPTH FIRST SECONDS  the threads, which must share one processor, read the clock all the time: the sum of all
//                                 gaps of more than 1 us in which none did, in the FIRST seconds, and in those after them;
//                                 "NANOSECONDS-ELAPSED NANOSECONDS-LOST" of each on stdout
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define APART __attribute__((noinline, noclone, noipa))

volatile unsigned long sink;
static long share, depth;

static long now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

APART static void spin(long count) {
    unsigned long value = sink;
    for (long i = 0; i < count; i++) {
        value = value * 31 + i;
        __asm__("" : "+r"(value));
    }
    sink = value;
}

APART static int descend(long left, void (*then)(void)) {
    if (left == 0) then();
    else sink += descend(left - 1, then);
    return sink & 1;
}

static void work_off(void) { spin(share); }
static void *work_thread(void *_) { descend(depth, work_off); return _; }
static void *idle_thread(void *_) { pause(); return _; }

static int work(long threads, long millions) {
    pthread_t ids[512];
    share = millions * 1000000 / threads;
    long began = now(CLOCK_MONOTONIC);
    for (long i = 0; i < threads; i++) pthread_create(&ids[i], 0, work_thread, 0);
    for (long i = 0; i < threads; i++) pthread_join(ids[i], 0);
    printf("%ld %ld\n", now(CLOCK_MONOTONIC) - began, now(CLOCK_PROCESS_CPUTIME_ID));
    return 0;
}

static double seconds;
static int gaps[1 << 20], count;

static void watch_clock(void) {
    long last = now(CLOCK_MONOTONIC), end = last + seconds * 1e9;
    while (last < end) {
        long next = now(CLOCK_MONOTONIC);
        if (next - last > 2000 && count < 1 << 20) gaps[count++] = next - last;
        last = next;
    }
}

static long last_seen, lost[2], first_deadline, deadline;

static void watch_together(void) {
    long next;
    do {
        next = now(CLOCK_MONOTONIC);
        long before = __atomic_load_n(&last_seen, __ATOMIC_RELAXED);
        // Who was interrupted just here finds that another one has been on: the gap was none, or is the other's.
        if (next > before
            && __atomic_compare_exchange_n(&last_seen, &before, next, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
            && next - before > 1000)
            __atomic_fetch_add(&lost[next > first_deadline], next - before, __ATOMIC_RELAXED);
    } while (next < deadline);
}

static void *watch_thread(void *_) { descend(depth, watch_together); return _; }

/// What a job of the same threads has less than all of its processor's time: apart from how fast the processor is just now.
static int lose(long threads, double first) {
    pthread_t ids[512];
    long began = last_seen = now(CLOCK_MONOTONIC);
    first_deadline = began + first * 1e9;
    deadline = first_deadline + seconds * 1e9;
    for (long i = 0; i < threads; i++) pthread_create(&ids[i], 0, watch_thread, 0);
    for (long i = 0; i < threads; i++) pthread_join(ids[i], 0);
    printf("%ld %ld %ld %ld\n", first_deadline - began, lost[0], last_seen - first_deadline, lost[1]);
    return 0;
}

int main(int words, char **word) {
    if (words > 4 && !strcmp(word[1], "work")) {
        depth = atol(word[3]);
        return work(atol(word[2]), atol(word[4]));
    }
    if (words > 3 && !strcmp(word[1], "idle")) {
        pthread_t id;
        for (int i = 0; i < atoi(word[2]); i++) pthread_create(&id, 0, idle_thread, 0);
        usleep(atof(word[3]) * 1e6);
        return 0;
    }
    if (words > 3 && !strcmp(word[1], "gaps")) {
        seconds = atof(word[3]);
        descend(atol(word[2]), watch_clock);
        for (int i = 0; i < count; i++) printf("%d\n", gaps[i]);
        return 0;
    }
    if (words > 5 && !strcmp(word[1], "lost")) {
        depth = atol(word[3]);
        seconds = atof(word[5]);
        return lose(atol(word[2]), atof(word[4]));
    }
    return 2;
}
