#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>

static long counter;
static std::mutex first, second;

static void count_up() {
    for (int i = 0; i < 1000; i++) counter++;
}

static void forwards() {
    std::lock_guard<std::mutex> a(first);
    std::lock_guard<std::mutex> b(second);
}

static void backwards() {
    std::lock_guard<std::mutex> a(second);
    std::lock_guard<std::mutex> b(first);
}

int main(int count, char **words) {
    if (count > 1 && !strcmp(words[1], "race")) {
        std::thread other(count_up);
        count_up();
        other.join();
        printf("%d\n", counter > 0);
    }
    if (count > 1 && !strcmp(words[1], "lock-order")) {
        forwards();
        backwards();
    }
}
