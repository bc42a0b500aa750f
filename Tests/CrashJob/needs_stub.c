// A program that cannot be loaded where its library is missing, too old, or lacks a symbol.
#include <stdio.h>

int stub_value(void);

int main(void) {
    printf("%d\n", stub_value());
    return 0;
}
