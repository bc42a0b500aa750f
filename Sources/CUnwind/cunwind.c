#include "cunwind.h"

#include <errno.h>
#include <libunwind.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/user.h>

// Exported, but in no installed header.
extern int UNW_OBJ(dwarf_search_unwind_table)(
    unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *, int, void *);

// What libunwind's `unwind_info` points to; it has been this since 1.0. Compared by size before it is used.
struct cie_info {
    unw_word_t cie_start, cie_end, fde_start, fde_end;
    unw_word_t code_align, data_align, return_column, handler;
    uint16_t abi, tag;
    uint8_t fde_encoding, lsda_encoding;
    unsigned sized_augmentation : 1, have_abi_marker : 1, signal_frame : 1;
};

// A hostile expression may jump backwards for ever; each of its operations is a read.
enum { MAX_READS = 100000 };

// Rows that are kept of return addresses. Each is some 300 bytes.
enum { CACHED_ROWS = 4096 };

static uint64_t translated(cunwind_process *process, uint64_t value);

// MARK: The machine

#if defined(__x86_64__)
const int cunwind_pc = UNW_X86_64_RIP, cunwind_sp = UNW_X86_64_RSP, cunwind_fp = UNW_X86_64_RBP,
          cunwind_register_count = UNW_X86_64_RIP + 1, cunwind_link = -1;

void cunwind_set_registers(cunwind_process *process, const void *status) {
    struct user_regs_struct from;
    memcpy(&from, status, sizeof from);
    process->popped_set = 0;
    uint64_t *to = process->registers;
    to[UNW_X86_64_RAX] = from.rax, to[UNW_X86_64_RDX] = from.rdx, to[UNW_X86_64_RCX] = from.rcx;
    to[UNW_X86_64_RBX] = from.rbx, to[UNW_X86_64_RSI] = from.rsi, to[UNW_X86_64_RDI] = from.rdi;
    to[UNW_X86_64_RBP] = from.rbp, to[UNW_X86_64_RSP] = from.rsp, to[UNW_X86_64_R8] = from.r8;
    to[UNW_X86_64_R9] = from.r9, to[UNW_X86_64_R10] = from.r10, to[UNW_X86_64_R11] = from.r11;
    to[UNW_X86_64_R12] = from.r12, to[UNW_X86_64_R13] = from.r13, to[UNW_X86_64_R14] = from.r14;
    to[UNW_X86_64_R15] = from.r15, to[UNW_X86_64_RIP] = translated(process, from.rip);
}
#elif defined(__aarch64__)
const int cunwind_pc = UNW_AARCH64_PC, cunwind_sp = UNW_AARCH64_SP, cunwind_fp = UNW_AARCH64_X29,
          cunwind_register_count = UNW_AARCH64_PC + 1, cunwind_link = UNW_AARCH64_X30;

void cunwind_set_registers(cunwind_process *process, const void *status) {
    struct user_regs_struct from;
    memcpy(&from, status, sizeof from);
    process->popped_set = 0;
    for (int number = 0; number < 31; number++) process->registers[UNW_AARCH64_X0 + number] = from.regs[number];
    process->registers[UNW_AARCH64_SP] = from.sp;
    process->registers[UNW_AARCH64_X30] = translated(process, from.regs[30]);
    process->registers[UNW_AARCH64_PC] = translated(process, from.pc);
}
#endif

// MARK: Memory

static bool has(const cunwind_region *region, uint64_t address, uint64_t count) {
    return address >= region->start && address < region->end && region->end - address >= count;
}

static uint64_t word_in(const cunwind_region *region, uint64_t address) {
    uint64_t word;
    memcpy(&word, region->bytes + (address - region->start), sizeof word);
    return word;
}

static bool find_captured(cunwind_process *process, uint64_t address) {
    const cunwind_region *captured = process->captured;
    if (process->recent_captured < process->captured_count && has(&captured[process->recent_captured], address, 8))
        return true;
    size_t low = 0, high = process->captured_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (captured[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == process->captured_count || !has(&captured[low], address, 8)) return false;
    process->recent_captured = low;
    return true;
}

/// The translation of an address of the process; `NULL` where it has none.
static const cunwind_translation *find_translation(cunwind_process *process, uint64_t address) {
    const cunwind_translation *all = process->translations;
    size_t count = process->translation_count;
    if (count == 0 || address < all[0].start || address >= all[count - 1].end) return NULL;
    const cunwind_translation *recent = &all[process->recent_translation];
    if (process->recent_translation < count && address >= recent->start && address < recent->end) return recent;
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (all[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == count || address < all[low].start) return NULL;
    process->recent_translation = low;
    return &all[low];
}

/// A value of a register or of the stack: one that points into code is made to point to the code's shared place.
static uint64_t translated(cunwind_process *process, uint64_t value) {
    const cunwind_translation *translation = find_translation(process, value);
    return translation ? value + translation->delta : value;
}

/// A word below the stack pointer, where only that much of the stack was copied: what was popped from there.
static bool popped_word(const cunwind_process *process, uint64_t address, uint64_t *word) {
    uint64_t distance = process->stack.start - address;
    if (address >= process->stack.start || distance > 8 * CUNWIND_RED_ZONE_WORDS || distance % 8 != 0) return false;
    if (!(process->popped_set & 1u << (distance / 8 - 1))) return false;
    *word = process->popped[distance / 8 - 1];
    return true;
}

bool cunwind_read_captured_word(cunwind_process *process, uint64_t address, uint64_t *word) {
    if (process->popped_set && popped_word(process, address, word)) return true;
    if (has(&process->stack, address, 8)) {
        *word = translated(process, word_in(&process->stack, address));
        return true;
    }
    if (!find_captured(process, address)) return false;
    *word = translated(process, word_in(&process->captured[process->recent_captured], address));
    return true;
}

/// Bytes that are the last of a file's mapping: what is beyond them is 0.
static uint64_t tail_word(const cunwind_region *region, uint64_t address) {
    uint64_t word = 0;
    memcpy(&word, region->bytes + (address - region->start), region->end - address);
    return word;
}

static uint64_t loaded_word(const cunwind_region *region, uint64_t address) {
    return has(region, address, 8) ? word_in(region, address) : tail_word(region, address);
}

bool cunwind_read_word(cunwind_process *process, uint64_t address, uint64_t *word) {
    if (cunwind_read_captured_word(process, address, word)) return true;
    for (int index = 0; index < 2; index++) {
        if (has(&process->recent[index], address, 8)) {
            *word = word_in(&process->recent[index], address);
            return true;
        }
    }
    cunwind_region found = {0};
    if (!process->load || !process->load(process->context, address, &found) || !has(&found, address, 1)) return false;
    process->recent[1] = process->recent[0];
    process->recent[0] = found;
    *word = loaded_word(&found, address);
    if (!has(&found, address, 8) && found.end != 0) {
        // It crosses into the next piece.
        cunwind_region next = {0};
        if (process->load(process->context, found.end, &next) && has(&next, found.end, 8)) {
            uint64_t missing = 8 - (found.end - address);
            *word |= word_in(&next, found.end) << (8 * (8 - missing));
        }
    }
    return true;
}

bool cunwind_is_code(cunwind_process *process, uint64_t address) {
    if (process->translation_count > 0) {
        const cunwind_translation *translation = find_translation(process, address);
        if (translation) return translation->delta == 0;
    }
    const cunwind_range *code = process->code;
    if (process->recent_code < process->code_count && address >= code[process->recent_code].start
        && address < code[process->recent_code].end)
        return true;
    size_t low = 0, high = process->code_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (code[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == process->code_count || address < code[low].start) return false;
    process->recent_code = low;
    return true;
}

// MARK: What libunwind calls

static int access_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *word, int write, void *argument) {
    (void)space;
    cunwind_process *process = argument;
    if (write || ++process->reads > MAX_READS) return -UNW_EINVAL;
    return cunwind_read_word(process, address, word) ? 0 : -UNW_EINVAL;
}

static int access_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *word, int write, void *argument) {
    (void)space;
    cunwind_process *process = argument;
    if (write || number < 0 || number >= cunwind_register_count) return -UNW_EBADREG;
    *word = process->registers[number];
    return 0;
}

static int access_floating(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write, void *argument) {
    (void)space, (void)number, (void)value, (void)write, (void)argument;
    return -UNW_EBADREG;
}

static int no_dynamic_list(unw_addr_space_t space, unw_word_t *address, void *argument) {
    (void)space, (void)address, (void)argument;
    return -UNW_ENOINFO;
}

static int no_resume(unw_addr_space_t space, unw_cursor_t *cursor, void *argument) {
    (void)space, (void)cursor, (void)argument;
    return -UNW_EINVAL;
}

// libunwind frees what it has made itself.
static void put_information(unw_addr_space_t space, unw_proc_info_t *info, void *argument) {
    (void)space, (void)info, (void)argument;
}

enum { CFA_NOP = 0, CFA_DEF = 0x0C, CFA_DEF_REGISTER = 0x0D, CFA_DEF_EXPRESSION = 0x0F, CFA_DEF_SF = 0x12 };

/// The first instruction from `start` that does something.
static int first_instruction(cunwind_process *process, uint64_t start, uint64_t end) {
    for (uint64_t address = start; address < end && address - start < 64; address++) {
        uint64_t word;
        if (!cunwind_read_word(process, address, &word)) return -1;
        if ((word & 0xFF) != CFA_NOP) return (int)(word & 0xFF);
    }
    return CFA_NOP;
}

static bool defines_frame_address(int instruction) {
    return instruction == CFA_DEF || instruction == CFA_DEF_REGISTER || instruction == CFA_DEF_EXPRESSION
        || instruction == CFA_DEF_SF;
}

/// libunwind trusts some of what it reads: an unknown return address column is read past the end of an array, a frame
/// address that nothing defines is a failed assertion.
static bool is_sound(cunwind_process *process, const struct cie_info *info) {
    if (info->return_column >= (uint64_t)cunwind_register_count) return false;
    return defines_frame_address(first_instruction(process, info->cie_start, info->cie_end))
        || defines_frame_address(first_instruction(process, info->fde_start, info->fde_end));
}

static void remember_signal_range(cunwind_process *process, uint64_t start, uint64_t end) {
    for (int index = 0; index < process->signal_range_count; index++)
        if (process->signal_ranges[index].start == start) return;
    if (process->signal_range_count == CUNWIND_MAX_SIGNAL_RANGES) return;
    process->signal_ranges[process->signal_range_count++] = (cunwind_range){start, end};
}

static bool is_in_signal_range(const cunwind_process *process, uint64_t address) {
    for (int index = 0; index < process->signal_range_count; index++)
        if (address >= process->signal_ranges[index].start && address < process->signal_ranges[index].end) return true;
    return false;
}

static int search_table(
    cunwind_process *process, unw_addr_space_t space, unw_word_t address, unw_proc_info_t *info, int need) {
    cunwind_table table;
    if (!process->table || !process->table(process->context, address, &table)) return -UNW_ENOINFO;
    if (address < table.code.start || address >= table.code.end) return -UNW_ENOINFO;
    unw_dyn_info_t dynamic = {
        .start_ip = table.code.start, .end_ip = table.code.end, .format = UNW_INFO_FORMAT_REMOTE_TABLE};
    dynamic.u.rti.segbase = table.base;
    dynamic.u.rti.table_data = table.entries;
    dynamic.u.rti.table_len = table.count * 8 / sizeof(unw_word_t);
    int result = UNW_OBJ(dwarf_search_unwind_table)(space, address, &dynamic, info, need, process);
    if (result < 0) return result;
    if (!info->unwind_info) return need ? -UNW_ENOINFO : 0;
    if (info->unwind_info_size != (int)sizeof(struct cie_info)) return result;
    const struct cie_info *cie = info->unwind_info;
    if (!is_sound(process, cie)) return -UNW_EBADFRAME;
    if (cie->signal_frame) remember_signal_range(process, info->start_ip, info->end_ip);
    return result;
}

/// Any error but UNW_ENOINFO ends libunwind's step: its own ways of going on do not say that they guess. Ours do.
static int find_information(
    unw_addr_space_t space, unw_word_t address, unw_proc_info_t *info, int need, void *argument) {
    cunwind_process *process = argument;
    int result = search_table(process, space, address, info, need);
    if (result >= 0) return result;
    process->had_no_information = true;
    return -UNW_EINVALIDIP;
}

// MARK: Signals

// libunwind blocks all signals around its cache: two system calls a frame, more than all the rest. No handler of ours
// unwinds, so there is nothing to keep out. The linker leads what calls sigprocmask here (--wrap).
int __real_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old);

static _Thread_local bool is_walking;

int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old) {
    return is_walking ? 0 : __real_sigprocmask(how, set, old);
}

// MARK: Coming and going

static unw_accessors_t accessors = {
    .find_proc_info = find_information,
    .put_unwind_info = put_information,
    .get_dyn_info_list_addr = no_dynamic_list,
    .access_mem = access_memory,
    .access_reg = access_register,
    .access_fpreg = access_floating,
    .resume = no_resume,
};

cunwind_process *cunwind_create(void) {
    cunwind_process *process = calloc(1, sizeof *process);
    if (!process) return NULL;
    for (int index = 0; index < 2; index++) {
        unw_addr_space_t space = unw_create_addr_space(&accessors, 0);
        if (!space) {
            cunwind_destroy(process);
            return NULL;
        }
        unw_set_caching_policy(space, UNW_CACHE_GLOBAL);
        process->spaces[index] = space;
    }
    // Refused where libunwind was built with a cache for each thread: then it keeps its 128 rows.
    (void)unw_set_cache_size(process->spaces[0], CACHED_ROWS, 0);
    return process;
}

void cunwind_destroy(cunwind_process *process) {
    for (int index = 0; index < 2; index++)
        if (process->spaces[index]) unw_destroy_addr_space(process->spaces[index]);
    free(process);
}

void cunwind_forget_rows(cunwind_process *process) {
    for (int index = 0; index < 2; index++) unw_flush_cache(process->spaces[index], 0, 0);
    process->signal_range_count = 0;
    process->recent_code = 0;
    process->recent_translation = 0;
}

void cunwind_forget_loaded(cunwind_process *process) { memset(process->recent, 0, sizeof process->recent); }

// MARK: Walking

#if defined(__x86_64__)
static const int saved_registers[] = {
    UNW_X86_64_RBX, UNW_X86_64_RBP, UNW_X86_64_R12, UNW_X86_64_R13, UNW_X86_64_R14, UNW_X86_64_R15};
#elif defined(__aarch64__)
static const int saved_registers[] = {
    UNW_AARCH64_X19, UNW_AARCH64_X20, UNW_AARCH64_X21, UNW_AARCH64_X22, UNW_AARCH64_X23, UNW_AARCH64_X24,
    UNW_AARCH64_X25, UNW_AARCH64_X26, UNW_AARCH64_X27, UNW_AARCH64_X28, UNW_AARCH64_X29};
#endif

/// In a function's last instructions compilers say of a register that was popped already that it is where it was: right
/// below the stack pointer. A sample of the kernel's begins at that pointer; but the register has the value still.
static void keep_popped(cunwind_process *process, unw_cursor_t *cursor) {
    for (size_t index = 0; index < sizeof saved_registers / sizeof *saved_registers; index++) {
        unw_save_loc_t place;
        if (unw_get_save_loc(cursor, saved_registers[index], &place) < 0 || place.type != UNW_SLT_MEMORY) continue;
        uint64_t distance = process->stack.start - place.u.addr;
        if (place.u.addr >= process->stack.start || distance > 8 * CUNWIND_RED_ZONE_WORDS || distance % 8 != 0) continue;
        process->popped[distance / 8 - 1] = process->registers[saved_registers[index]];
        process->popped_set |= 1u << (distance / 8 - 1);
    }
}

static void keep_registers(cunwind_process *process, unw_cursor_t *cursor) {
    uint64_t values[CUNWIND_MAX_REGISTERS];
    for (int number = 0; number < cunwind_register_count; number++) {
        unw_word_t value = 0;
        // One that was not saved reads as 0.
        values[number] = unw_get_reg(cursor, number, &value) < 0 ? 0 : value;
    }
    memcpy(process->registers, values, sizeof(uint64_t) * (size_t)cunwind_register_count);
}

/// libunwind keeps rows by the pc alone, but the row of a return address is that of the call before it. So addresses that
/// are exact and those that return have a space, and its rows, each; a walk in the second begins at the call.
static bool begin(cunwind_process *process, bool exact, unw_cursor_t *cursor) {
    if (!exact) process->registers[cunwind_pc] -= 1;
    return unw_init_remote(cursor, process->spaces[exact ? 1 : 0], process) >= 0;
}

static cunwind_end run(
    cunwind_process *process, bool exact, cunwind_frame *frames, size_t capacity, size_t *count) {
    unw_cursor_t cursor;
    uint64_t pc = process->registers[cunwind_pc], sp = process->registers[cunwind_sp];
    bool is_first = true;
    int backward = 0;
    cunwind_end end;
    *count = 0;
    bool begun = begin(process, exact, &cursor);
    for (;;) {
        process->reads = 0;
        process->had_no_information = false;
        int result = begun ? unw_step(&cursor) : -UNW_EUNSPEC;
        unw_word_t next_pc = 0, next_sp = 0;
        if (is_first && exact && result > 0 && process->stack.start == sp) keep_popped(process, &cursor);
        if (result < 0) {
            end = process->had_no_information ? CUNWIND_NO_INFORMATION : CUNWIND_FAILED;
            break;
        }
        if (result == 0 || unw_get_reg(&cursor, UNW_REG_IP, &next_pc) < 0 || next_pc == 0) return CUNWIND_ENDED;
        if (unw_get_reg(&cursor, UNW_REG_SP, &next_sp) < 0) {
            end = CUNWIND_FAILED;
            break;
        }
        bool from_signal = is_in_signal_range(process, is_first && exact ? pc : pc - 1);
        if (!from_signal && next_sp <= sp) {
            // Coroutines and split stacks may lead to a lower stack, but not for ever.
            bool is_leaf_with_link = cunwind_link >= 0 && next_sp == sp && next_pc != pc;
            if (!is_leaf_with_link && ++backward > 4) {
                end = CUNWIND_LOOP;
                break;
            }
        }
        if (!cunwind_is_code(process, from_signal ? next_pc : next_pc - 1)) {
            pc = next_pc, sp = next_sp;
            end = from_signal ? CUNWIND_SIGNAL : CUNWIND_WILD;
            if (from_signal) frames[(*count)++] = (cunwind_frame){next_pc, next_sp};
            break;
        }
        pc = next_pc, sp = next_sp, is_first = false;
        frames[(*count)++] = (cunwind_frame){pc, sp};
        if (from_signal) {
            end = CUNWIND_SIGNAL;
            break;
        }
        if (exact || *count == capacity) {
            // From here on they are return addresses: the other space.
            end = CUNWIND_FULL;
            break;
        }
    }
    keep_registers(process, &cursor);
    process->registers[cunwind_pc] = pc;
    process->registers[cunwind_sp] = sp;
    return end;
}

cunwind_end cunwind_run(
    cunwind_process *process, bool exact, cunwind_frame *frames, size_t capacity, size_t *count) {
    is_walking = true;
    cunwind_end end = run(process, exact, frames, capacity, count);
    is_walking = false;
    return end;
}
