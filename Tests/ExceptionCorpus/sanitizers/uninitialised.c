#include <stdio.h>
#include <stdlib.h>

static int sign(const int *value) {
    if (*value > 0) return 1;
    return -1;
}

int main(void) {
    int *value = malloc(sizeof *value);
    printf("%d\n", sign(value));
    free(value);
}
