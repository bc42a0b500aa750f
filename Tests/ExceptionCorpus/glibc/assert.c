#include <assert.h>
#include <stdio.h>

static void transfer(int amount) {
    assert(amount > 0 && "amount must be positive");
    printf("%d\n", amount);
}

int main(void) {
    transfer(7);
    fflush(stdout);
    transfer(-1);
}
