#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static void double_free(void) {
    char *volatile block = malloc(24);
    free(block);
    free(block);
}

static void invalid_pointer(void) {
    char *volatile block = malloc(24);
    free(block + 8);
}

static void invalid_size(void) {
    char *volatile block = malloc(24);
    memset(block - 8, 0x41, 8);
    free(block);
}

static void top_size(void) {
    char *volatile block = malloc(24);
    memset(block, 0xFF, 64);
    block = malloc(4096);
}

static void unmap(void) {
    char *volatile block = malloc(1 << 20);
    ((size_t *)block)[-1] += 8 * 3;
    free(block);
}

static void change_size(void) {
    char *volatile block = malloc(24);
    block = realloc(block + 8, 100);
}

int main(int count, char **words) {
    if (count < 2) return 2;
    if (!strcmp(words[1], "double-free")) double_free();
    if (!strcmp(words[1], "invalid-pointer")) invalid_pointer();
    if (!strcmp(words[1], "invalid-size")) invalid_size();
    if (!strcmp(words[1], "top-size")) top_size();
    if (!strcmp(words[1], "munmap")) unmap();
    if (!strcmp(words[1], "realloc")) change_size();
}
