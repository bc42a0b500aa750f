#include <stdio.h>
#include <string.h>

__attribute__((noinline)) static void greet(const char *name) {
    char buffer[8];
    strcpy(buffer, name);
    printf("hello %s\n", buffer);
}

int main(int count, char **words) { greet(words[count - 1]); }
