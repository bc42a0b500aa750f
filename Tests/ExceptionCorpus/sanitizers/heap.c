#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct order {
    int id;
    int total;
};

static int table[4];

static struct order *load(int id) {
    struct order *order = malloc(sizeof *order);
    order->id = id;
    order->total = 100;
    return order;
}

static void dispose(struct order *order) { free(order); }

static int total(struct order *order) { return order->total; }

static void use_after_free(void) {
    struct order *order = load(4711);
    dispose(order);
    printf("%d\n", total(order));
}

static void heap_overflow(void) {
    struct order *order = load(4712);
    ((int *)order)[2] = 7;
    dispose(order);
}

static void double_free(void) {
    struct order *order = load(4713);
    dispose(order);
    dispose(order);
}

static void bad_free(void) { free((char *)load(4714) + 4); }

static void stack_buffer(int index) {
    int values[4] = {1, 2, 3, 4};
    printf("%d\n", values[index]);
}

static int recursion(int depth) {
    volatile char room[512];
    room[0] = (char)depth;
    return recursion(depth + 1) + room[0];
}

static void leak(void) {
    struct order *volatile order = load(4715);
    order = NULL;
    char *volatile name = strdup("forgotten");
    name = NULL;
}

static void overlap(void) {
    char text[32] = "0123456789";
    volatile int shift = 2;
    volatile size_t size = 8;
    memcpy(text + shift, text, size);
}

int main(int count, char **words) {
    const char *verb = count > 1 ? words[1] : "";
    if (!strcmp(verb, "use-after-free")) use_after_free();
    if (!strcmp(verb, "heap-overflow")) heap_overflow();
    if (!strcmp(verb, "double-free")) double_free();
    if (!strcmp(verb, "bad-free")) bad_free();
    if (!strcmp(verb, "stack-buffer")) stack_buffer(count + 2);
    if (!strcmp(verb, "recursion")) return recursion(count);
    if (!strcmp(verb, "global")) return table[count + 2];
    if (!strcmp(verb, "null")) return total((struct order *)(long)(count - 2));
    if (!strcmp(verb, "overlap")) overlap();
    if (!strcmp(verb, "leak")) leak();
}
