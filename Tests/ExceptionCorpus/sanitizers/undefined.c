#include <limits.h>
#include <stdio.h>
#include <string.h>

struct point {
    int x, y;
};

static int scale(int value, int factor) { return value * factor; }

static int height(struct point *point) { return point->y; }

static int entry(int index) {
    int table[4] = {1, 2, 3, 4};
    return table[index];
}

int main(int count, char **words) {
    const char *verb = count > 1 ? words[1] : "";
    if (!strcmp(verb, "overflow")) printf("%d\n", scale(INT_MAX, count));
    if (!strcmp(verb, "null")) printf("%d\n", height((struct point *)(long)(count - 2)));
    if (!strcmp(verb, "shift")) printf("%d\n", 1 << (count + 40));
    if (!strcmp(verb, "index")) printf("%d\n", entry(count + 2));
}
