// An importer that trusts its input.
#include <stdio.h>
#include <string.h>

struct row {
    char name[32];
    int amount;
};

static int amount_of(const struct row *row) {
    return row->amount;
}

static const struct row *find(const struct row *rows, int count, const char *name) {
    for (int index = 0; index < count; index++) {
        if (strcmp(rows[index].name, name) == 0) return &rows[index];
    }
    return NULL;
}

int main(int argc, char **argv) {
    const struct row rows[] = {{"forks", 12}, {"knives", 7}};
    const char *name = argc > 1 ? argv[1] : "spoons";
    fprintf(stderr, "looking for %s\n", name);
    printf("%d %s\n", amount_of(find(rows, 2, name)), name);
    return 0;
}
