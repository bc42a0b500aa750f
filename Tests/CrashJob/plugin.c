// A library that is loaded with dlopen and crashes.

static int *volatile nowhere = 0;

__attribute__((noinline)) static int plugin_crash(int value) {
    return *nowhere + value;  // crash: plugin
}

int plugin_entry(int value) {
    int result = plugin_crash(value * 2);
    __asm__ volatile("" ::: "memory");
    return result;
}
