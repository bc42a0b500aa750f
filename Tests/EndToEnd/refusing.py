"""System calls that answer EPERM, as container runtimes have it."""

import ctypes
import os
import struct

NUMBERS = {"ptrace": (101, 117), "perf_event_open": (298, 241), "splice": (275, 76), "tee": (276, 77)}


def refuse(*calls):
    """For a child, before it executes the program: `preexec_fn=refuse("ptrace")`."""
    index = ["x86_64", "aarch64"].index(os.uname().machine)
    load, equal, answer = 0x20, 0x15, 0x06
    rules = [(load, 0, 0, 0)]
    for number in (NUMBERS[call][index] for call in calls):
        rules += [(equal, 0, 1, number), (answer, 0, 0, 0x00050001)]
    rules.append((answer, 0, 0, 0x7FFF0000))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(rules), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare():
        if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, program, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "seccomp")

    prepare.keeps = code
    return prepare
