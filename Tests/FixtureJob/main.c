// FixtureJob: a program that misbehaves on request. One verb per misbehaviour; `FixtureJob help` lists them.
#include <string.h>

#include "fixture.h"

static const struct verb *const themes[] = {
    ending_verbs, output_verbs, signal_verbs, process_verbs, resource_verbs, environment_verbs, input_verbs,
};
static const size_t theme_count = sizeof themes / sizeof *themes;

static int help(FILE *stream) {
    for (size_t theme = 0; theme < theme_count; theme++)
        for (const struct verb *verb = themes[theme]; verb->name; verb++)
            fprintf(stream, "FixtureJob %s %s\n", verb->name, verb->usage);
    return stream == stdout ? 0 : 99;
}

int main(int argc, char **argv) {
    if (argc < 2) return help(stderr);
    if (strcmp(argv[1], "help") == 0) return help(stdout);
    for (size_t theme = 0; theme < theme_count; theme++)
        for (const struct verb *verb = themes[theme]; verb->name; verb++)
            if (strcmp(verb->name, argv[1]) == 0) return verb->run(argc - 2, argv + 2);
    return help(stderr);
}
