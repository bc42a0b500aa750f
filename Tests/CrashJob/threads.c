// Crashes among threads.
#include <pthread.h>
#include <stdatomic.h>

#include "crash_job.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Winfinite-recursion"
#endif

static pthread_barrier_t all_started;
static pthread_mutex_t never_released = PTHREAD_MUTEX_INITIALIZER;

static const char *crash_time_file;
static atomic_int arrived, awaited;

static FRAME void block_for_ever(void) {
    arrived++;
    pthread_mutex_lock(&never_released);
    NOT_A_TAIL_CALL;
}

static FRAME void spin_for_ever(void) {
    arrived++;
    for (;;) __asm__ volatile("");
}

static void *blocked_thread(void *argument) {
    pthread_setname_np(pthread_self(), "blocked");
    pthread_barrier_wait(&all_started);
    block_for_ever();
    NOT_A_TAIL_CALL;
    return NULL;
}

static void *spinning_thread(void *argument) {
    pthread_setname_np(pthread_self(), "spinning");
    pthread_barrier_wait(&all_started);
    spin_for_ever();
    NOT_A_TAIL_CALL;
    return NULL;
}

static FRAME void crash_in_thread(long value) {
    write_nowhere((int)value);
    NOT_A_TAIL_CALL;
}

static void *crashing_thread(void *argument) {
    pthread_setname_np(pthread_self(), "crasher");
    pthread_barrier_wait(&all_started);
    while (arrived < awaited) usleep(1000);
    usleep(20000);  // so that the others are where they stay
    if (crash_time_file) note_time(crash_time_file);
    crash_in_thread((long)(intptr_t)argument);
    NOT_A_TAIL_CALL;
    return NULL;
}

static pthread_t start(void *(*body)(void *), long argument) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 << 10);
    if (pthread_create(&thread, &attributes, body, (void *)(intptr_t)argument) != 0) fail("pthread_create");
    pthread_attr_destroy(&attributes);
    return thread;
}

// threads COUNT [SPINNING [FILE]]: beside the main thread one that crashes and COUNT - 1 others, of which so many spin.
// The time just before the crash goes to FILE.
static int threads(int count, char **arguments) {
    int total = count > 0 ? atoi(arguments[0]) : 1, spinning = count > 1 ? atoi(arguments[1]) : 0;
    crash_time_file = count > 2 ? arguments[2] : NULL;
    awaited = total - 1;
    pthread_mutex_lock(&never_released);
    pthread_barrier_init(&all_started, NULL, (unsigned)total);
    for (int index = 0; index < total - 1; index++) start(index < spinning ? spinning_thread : blocked_thread, index);
    pthread_join(start(crashing_thread, 42), NULL);
    return 0;
}

static FRAME int overflow_in_thread(int level) {
    volatile char frame[200];
    frame[level % 200] = (char)level;
    return overflow_in_thread(level + 1) + frame[0];
}

static void *overflowing_thread(void *argument) {
    int value = overflow_in_thread((int)(intptr_t)argument);
    NOT_A_TAIL_CALL;
    return (void *)(intptr_t)value;
}

static int thread_overflow(int count, char **arguments) {
    pthread_join(start(overflowing_thread, 0), NULL);
    return 0;
}

// The main thread has ended; another one goes on and crashes.
static int after_main_thread(int count, char **arguments) {
    pthread_barrier_init(&all_started, NULL, 1);
    start(crashing_thread, 42);
    pthread_exit(NULL);
}

static void *nothing(void *argument) {
    return argument;
}

// Creates and joins so many, for the cost of each.
static int create_threads(int count, char **arguments) {
    int times = count > 0 ? atoi(arguments[0]) : 1000;
    for (int turn = 0; turn < times; turn++) pthread_join(start(nothing, turn), NULL);
    return 0;
}

const struct verb thread_verbs[] = {
    {"threads", threads},
    {"thread-overflow", thread_overflow},
    {"after-main-thread", after_main_thread},
    {"create-threads", create_threads},
    {NULL, NULL},
};
