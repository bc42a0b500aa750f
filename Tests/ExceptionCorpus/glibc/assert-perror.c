#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
int main(void) { assert_perror(ENOENT); }
