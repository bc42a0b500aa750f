// Faults of memory and of instructions.
#include <assert.h>
#include <sys/mman.h>

#include "crash_job.h"

static FRAME int read_through(volatile int *pointer) {
    return *pointer;  // crash: null-read
}

static int null_read(int count, char **arguments) {
    int value = read_through(nowhere);
    NOT_A_TAIL_CALL;
    return value;
}

static int null_write(int count, char **arguments) {
    write_nowhere(7);
    NOT_A_TAIL_CALL;
    return 0;
}

static int unmapped_read(int count, char **arguments) {
    char *volatile pointer = (char *)0x10dead0000;
    return *pointer;  // crash: unmapped-read
}

// No address at all: the kernel cannot say which one it was.
static int noncanonical_read(int count, char **arguments) {
    char *volatile pointer = (char *)0x4141414141414141;
    return *pointer;  // crash: noncanonical-read
}

static int write_to_constant(int count, char **arguments) {
    volatile char *volatile text = (char *)"constant";
    *text = 'C';  // crash: write-to-constant
    return 0;
}

static int jump_to_null(int count, char **arguments) {
    void (*volatile function)(void) = NULL;
    function();  // crash: jump-to-null
    NOT_A_TAIL_CALL;
    return 0;
}

static int jump_into_the_wild(int count, char **arguments) {
    void (*volatile function)(void) = (void (*)(void))0x10dead0000;
    function();  // crash: jump-into-the-wild
    NOT_A_TAIL_CALL;
    return 0;
}

static int jump_into_data(int count, char **arguments) {
    void (*volatile function)(void) = (void (*)(void))(uintptr_t)&zero;
    function();  // crash: jump-into-data
    NOT_A_TAIL_CALL;
    return 0;
}

static FRAME int read_mapped(const char *bytes, long offset) {
    return ((const volatile char *)bytes)[offset];  // crash: past-the-end-of-a-file
}

static int past_the_end_of_a_file(int count, char **arguments) {
    FILE *file = tmpfile();
    long page = sysconf(_SC_PAGESIZE);
    if (!file || ftruncate(fileno(file), page) != 0) fail("tmpfile");
    const char *bytes = (const char *)mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fileno(file), 0);
    if (bytes == MAP_FAILED) fail("mmap");
    int value = read_mapped(bytes, page);
    NOT_A_TAIL_CALL;
    return value;
}

static int illegal_instruction(int count, char **arguments) {
#if defined(__x86_64__)
    __asm__ volatile("ud2");  // crash: illegal-instruction
#else
    __asm__ volatile("udf #0");
#endif
    return 0;
}

// On x86-64 the program counter is behind the breakpoint, so something has to be there on the same line.
static int breakpoint(int count, char **arguments) {
#if defined(__x86_64__)
    __asm__ volatile("int3; nop");  // crash: breakpoint
#else
    __asm__ volatile("brk #0");
#endif
    return 0;
}

static FRAME int divide(int dividend, int divisor) {
    return dividend / divisor;  // crash: division-by-zero
}

static int division_by_zero(int count, char **arguments) {
    int quotient = divide(count + 7, zero);
    NOT_A_TAIL_CALL;
    return quotient;
}

static int abort_deliberately(int count, char **arguments) {
    abort();  // crash: abort
}

static int failed_assertion(int count, char **arguments) {
    assert(count < 0);  // crash: assertion
    return 0;
}

static int double_free(int count, char **arguments) {
    char *volatile memory = (char *)malloc(2000);
    char *volatile again = memory;
    free(memory);
    free(again);  // crash: double-free
    return 0;
}

const struct verb fault_verbs[] = {
    {"null-read", null_read},
    {"null-write", null_write},
    {"unmapped-read", unmapped_read},
    {"noncanonical-read", noncanonical_read},
    {"write-to-constant", write_to_constant},
    {"jump-to-null", jump_to_null},
    {"jump-into-the-wild", jump_into_the_wild},
    {"jump-into-data", jump_into_data},
    {"past-the-end-of-a-file", past_the_end_of_a_file},
    {"illegal-instruction", illegal_instruction},
    {"breakpoint", breakpoint},
    {"division-by-zero", division_by_zero},
    {"abort", abort_deliberately},
    {"assertion", failed_assertion},
    {"double-free", double_free},
    {NULL, NULL},
};
