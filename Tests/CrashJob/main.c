#include <time.h>

#include "crash_job.h"

volatile int *volatile nowhere = NULL;
volatile int zero = 0;

void fail(const char *what) {
    perror(what);
    exit(99);
}

void note_time(const char *path) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    FILE *file = fopen(path, "w");
    if (!file || fprintf(file, "%lld", now.tv_sec * 1000000000LL + now.tv_nsec) < 0 || fclose(file) != 0) fail(path);
}

// What crashes where the verb is about something else than the fault.
FRAME void write_nowhere(int value) {
    *nowhere = value;  // crash: write-nowhere
}

static const struct verb *find(const char *name) {
    static const struct verb *const tables[] = {fault_verbs,   stack_verbs,   signal_verbs,   thread_verbs,
                                                process_verbs, library_verbs, exception_verbs};
    for (size_t table = 0; table < sizeof tables / sizeof *tables; table++) {
        for (const struct verb *verb = tables[table]; verb->name; verb++) {
            if (strcmp(verb->name, name) == 0) return verb;
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    const struct verb *verb = argc > 1 ? find(argv[1]) : NULL;
    if (!verb) {
        fprintf(stderr, "crash_job: there is no verb '%s'\n", argc > 1 ? argv[1] : "");
        return 99;
    }
    int status = verb->run(argc - 2, argv + 2);
    NOT_A_TAIL_CALL;
    return status;
}
