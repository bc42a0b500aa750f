"""Runs inside gdb: writes the stacks that gdb sees as JSON to the file that GDB_STACKS names.

Frames are innermost first, inlined calls are frames of their own. Left out are functions that ended in a jump to another
one: they are not on the stack any more, gdb deduces them from what debug information says of calls.
"""

import json
import os

import gdb

LIMIT = 3000


def frames_of(thread):
    """Empty for a thread that has ended and waits for the others."""
    thread.switch()
    frames = []
    try:
        frame = gdb.newest_frame()
        while frame is not None and len(frames) < LIMIT:
            if frame.type() != gdb.TAILCALL_FRAME:
                frames.append(describe(frame))
            frame = frame.older()
    except gdb.error as error:
        print(f"gdb gave up after {len(frames)} frames: {error}")
    return frames


def describe(frame):
    place = frame.find_sal()
    kind = frame.type()
    return {
        "function": frame.name(),
        "file": place.symtab.filename if place.symtab else None,
        "line": place.line or None,
        "address": int(frame.pc()),
        "inlined": kind == gdb.INLINE_FRAME,
        "trampoline": kind == gdb.SIGTRAMP_FRAME,
        "image": gdb.solib_name(frame.pc()) or program_of(frame),
    }


def program_of(frame):
    """The program's own path, for an address inside one of its sections."""
    where = gdb.execute(f"info symbol {frame.pc():#x}", to_string=True)
    known = place_known(frame) or not where.startswith("No symbol")
    return gdb.current_progspace().filename if known else None


def place_known(frame):
    return frame.find_sal().symtab is not None


def signal_of():
    try:
        info = gdb.parse_and_eval("$_siginfo")
        return {"number": int(info["si_signo"]), "code": int(info["si_code"])}
    except gdb.error:
        return None


for setting in ("backtrace past-main on", "backtrace past-entry on", "print demangle on"):
    gdb.execute(f"set {setting}")
crashed = gdb.selected_thread()
if crashed is None:
    raise SystemExit("gdb has no process: it ended")
answer = {"signal": signal_of(), "crashed": crashed.ptid[1] or crashed.ptid[0], "threads": {}}
for thread in gdb.selected_inferior().threads():
    answer["threads"][thread.ptid[1] or thread.ptid[0]] = frames_of(thread)
with open(os.environ["GDB_STACKS"], "w") as file:
    json.dump(answer, file)
