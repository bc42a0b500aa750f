#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct order {
    int id;
    int total;
};

static struct order *load(int id) {
    struct order *order = malloc(sizeof *order);
    order->id = id;
    return order;
}

static void dispose(struct order *order) { free(order); }

static int identity(struct order *order) { return order->id; }

static int is_large(struct order *order) {
    if (order->total > 100) return 1;
    return 0;
}

int main(int count, char **words) {
    const char *verb = count > 1 ? words[1] : "";
    struct order *order = strcmp(verb, "null") ? load(4711) : NULL;
    if (!strcmp(verb, "uninitialised")) printf("%d\n", is_large(order));
    if (!strcmp(verb, "null")) printf("%d\n", identity(order));
    if (!strcmp(verb, "syscall")) write(1, order, sizeof *order);
    if (!strcmp(verb, "leak")) return 0;
    dispose(order);
    if (!strcmp(verb, "invalid-read")) printf("%d\n", identity(order) > 0);
    if (!strcmp(verb, "invalid-free")) dispose(order);
}
