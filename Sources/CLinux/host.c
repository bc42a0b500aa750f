#include "clinux_host.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

bool clinux_processor_brand(char *buffer, size_t capacity) {
    unsigned int brand[12] = {0};
    if (capacity < sizeof brand + 1 || __get_cpuid_max(0x80000000, NULL) < 0x80000004) return false;
    for (unsigned int leaf = 0; leaf < 3; leaf++) {
        unsigned int *registers = brand + 4 * leaf;
        __cpuid(0x80000002 + leaf, registers[0], registers[1], registers[2], registers[3]);
    }
    memcpy(buffer, brand, sizeof brand);
    buffer[sizeof brand] = 0;
    return buffer[0] != 0;
}
#else
bool clinux_processor_brand(char *buffer, size_t capacity) {
    (void)buffer;
    (void)capacity;
    return false;
}
#endif

int clinux_host_name(char *buffer, size_t capacity) {
    if (gethostname(buffer, capacity) != 0) return -errno;
    buffer[capacity - 1] = 0;
    return 0;
}
