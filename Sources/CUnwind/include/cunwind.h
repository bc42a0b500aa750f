// libunwind's remote interface, with accessors of our own: macros and callbacks that Swift cannot use.
#ifndef CUNWIND_H
#define CUNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes of the process, from `start` up to `end` in its address space.
typedef struct {
    uint64_t start;
    uint64_t end;
    const uint8_t *_Nullable bytes;
} cunwind_region;

/// A range of the process's address space.
typedef struct {
    uint64_t start;
    uint64_t end;
} cunwind_range;

/// Code of a process that images share: what is at `start` there is at `start + delta` in the space that is unwound in.
typedef struct {
    uint64_t start;
    uint64_t end;
    uint64_t delta;
} cunwind_translation;

/// The sorted table of an image: pairs of int32, a function's start and its FDE, both relative to `base`.
typedef struct {
    cunwind_range code;
    uint64_t base;
    /// Where the pairs are, in the process's address space or where `load` has put them.
    uint64_t entries;
    uint64_t count;
} cunwind_table;

/// A frame that was reached.
typedef struct {
    uint64_t pc;
    uint64_t sp;
} cunwind_frame;

/// Why a run of steps ended. The registers are those of the last frame that was reached.
typedef enum {
    /// The unwind information says that nobody called this frame.
    CUNWIND_ENDED,
    /// There is no room for more frames.
    CUNWIND_FULL,
    /// The last frame was interrupted by a signal: its pc is what would have run next.
    CUNWIND_SIGNAL,
    /// The last frame has no unwind information.
    CUNWIND_NO_INFORMATION,
    /// It has, but what it needs cannot be read or makes no sense.
    CUNWIND_FAILED,
    /// It leads out of the code; the registers are those at the place where it leads.
    CUNWIND_WILD,
    /// It leads back to where it was.
    CUNWIND_LOOP,
} cunwind_end;

enum { CUNWIND_MAX_REGISTERS = 34, CUNWIND_MAX_SIGNAL_RANGES = 16, CUNWIND_RED_ZONE_WORDS = 16 };

/// What libunwind is to see of one process, and the registers of the present frame. Made and used by one thread.
typedef struct {
    /// The stack of the thread at hand: looked at first.
    cunwind_region stack;
    /// More memory of the process: ascending, without overlaps.
    const cunwind_region *_Nullable captured;
    size_t captured_count;
    /// Where instructions may be: ascending, without overlaps.
    const cunwind_range *_Nullable code;
    size_t code_count;
    /// Of a process whose images have places of their own, the same for all processes, so that what is learned of them serves
    /// all: ascending, without overlaps. What has a delta of 0 is code as it is. `NULL`: addresses are the process's.
    const cunwind_translation *_Nullable translations;
    size_t translation_count;

    /// Finds the bytes around an address in the image's file. They stay where they are until `forget_loaded`.
    bool (*_Nullable load)(void *_Nullable context, uint64_t address, cunwind_region *_Nonnull region);
    /// Finds the table of the image that has code at an address.
    bool (*_Nullable table)(void *_Nullable context, uint64_t address, cunwind_table *_Nonnull table);
    void *_Nullable context;

    /// By libunwind's numbers.
    uint64_t registers[CUNWIND_MAX_REGISTERS];

    // What follows is the C side's own.
    void *_Nullable spaces[2];
    cunwind_region recent[2];
    size_t recent_captured, recent_code, recent_translation;
    cunwind_range signal_ranges[CUNWIND_MAX_SIGNAL_RANGES];
    int signal_range_count;
    uint64_t popped[CUNWIND_RED_ZONE_WORDS];
    unsigned popped_set;
    unsigned reads;
    bool had_no_information;
} cunwind_process;

/// `NULL` where memory is short.
cunwind_process *_Nullable cunwind_create(void);
void cunwind_destroy(cunwind_process *_Nonnull process);

/// To be called when images come and go: forgets the rows that were kept.
void cunwind_forget_rows(cunwind_process *_Nonnull process);
/// To be called before what `load` returned goes away.
void cunwind_forget_loaded(cunwind_process *_Nonnull process);

/// Takes the registers over from NT_PRSTATUS.
void cunwind_set_registers(cunwind_process *_Nonnull process, const void *_Nonnull status);

/// libunwind's numbers of registers, and how many it has.
extern const int cunwind_pc, cunwind_sp, cunwind_fp, cunwind_register_count;
/// The return address, in a machine that keeps it in a register; else -1.
extern const int cunwind_link;

/// Reads an aligned or unaligned word as libunwind would.
bool cunwind_read_word(cunwind_process *_Nonnull process, uint64_t address, uint64_t *_Nonnull word);
/// The same, but not from files.
bool cunwind_read_captured_word(cunwind_process *_Nonnull process, uint64_t address, uint64_t *_Nonnull word);
bool cunwind_is_code(cunwind_process *_Nonnull process, uint64_t address);

/// Walks on from the frame in `registers`, by unwind information only.
///
/// `exact`: its pc is the instruction to run next, not a return address. Stores the frames that it reaches.
cunwind_end cunwind_run(
    cunwind_process *_Nonnull process, bool exact, cunwind_frame *_Nonnull frames, size_t capacity,
    size_t *_Nonnull count);

#endif
