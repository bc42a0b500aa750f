#include <stdio.h>
#include <string.h>
int main(void) {
    char format[8];
    int count;
    strcpy(format, "ab%n");
    printf(format, &count);
}
