"""What a report has to say of each crash: a table that the end-to-end tests and the comparison with gdb share."""

import signal
from dataclasses import dataclass

#: Signals that the kernel sends for a program's own fault: a crash, and fatal.
FAULTS = {"SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGSYS"}


@dataclass(frozen=True)
class Case:
    name: str
    #: Functions of the crashed thread, oldest first; others may be between them.
    chain: tuple
    #: The source file and the mark of the line on which `at` (the innermost of the chain) stands.
    mark: tuple | None = None
    at: str | None = None
    signal: str = "SIGSEGV"
    code: str | None = None
    #: The exception's type, where it is not the signal's name.
    title: str | None = None
    #: Behind the verb, which is the name unless said otherwise.
    arguments: tuple = ()
    verb: str | None = None
    #: What the exception's text has to contain.
    says: str | None = None
    #: The innermost frame's address, where that is no code.
    address: int | None = None
    threads: int | None = 1
    #: Those of the chain that only debug information knows of.
    inlines: tuple = ()
    #: The outer frames are lost with the stack.
    torn: bool = False
    #: More frames than anyone wants: a debugger stops before it has seen the outer ones.
    endless: bool = False
    #: Dies without leaving a core file.
    leaves_core: bool = True
    #: gdb's live run would stop at a signal that is handled.
    handles_faults: bool = False

    def __str__(self):
        return self.name

    @property
    def command(self):
        return [self.verb or self.name, *self.arguments]

    @property
    def symbols(self):
        """The chain as far as symbol tables know it."""
        return tuple(name for name in self.chain if name not in self.inlines)

    @property
    def number(self):
        base, _, offset = self.signal.partition("+")
        return int(getattr(signal, base)) + int(offset or 0)

    @property
    def innermost(self):
        return self.at or self.chain[-1]

    @property
    def is_fault(self):
        return self.signal in FAULTS


NOWHERE = ("main.c", "write-nowhere")
MAPPING, ACCESS, KERNEL, TKILL = "SEGV_MAPERR", "SEGV_ACCERR", "SI_KERNEL", "SI_TKILL"

CASES = [
    # Memory and instructions
    Case("null-read", ("main", "null_read", "read_through"), ("faults.c", "null-read"), code=MAPPING),
    Case("null-write", ("main", "null_write", "write_nowhere"), NOWHERE, code=MAPPING),
    Case("unmapped-read", ("main", "unmapped_read"), ("faults.c", "unmapped-read"), code=MAPPING, says="0x10dead0000"),
    Case("noncanonical-read", ("main", "noncanonical_read"), ("faults.c", "noncanonical-read"), code=KERNEL),
    Case("write-to-constant", ("main", "write_to_constant"), ("faults.c", "write-to-constant"), code=ACCESS),
    Case("jump-to-null", ("main", "jump_to_null"), ("faults.c", "jump-to-null"), code=MAPPING, address=0),
    Case(
        "jump-into-the-wild", ("main", "jump_into_the_wild"), ("faults.c", "jump-into-the-wild"), code=MAPPING,
        address=0x10DEAD0000,
    ),
    Case("jump-into-data", ("main", "jump_into_data"), ("faults.c", "jump-into-data"), code=ACCESS),
    Case(
        "past-the-end-of-a-file", ("main", "past_the_end_of_a_file", "read_mapped"),
        ("faults.c", "past-the-end-of-a-file"), signal="SIGBUS", code="BUS_ADRERR",
    ),
    Case(
        "illegal-instruction", ("main", "illegal_instruction"), ("faults.c", "illegal-instruction"), signal="SIGILL",
        code="ILL_ILLOPN",
    ),
    Case("breakpoint", ("main", "breakpoint"), ("faults.c", "breakpoint"), signal="SIGTRAP", code=KERNEL),
    Case(
        "division-by-zero", ("main", "division_by_zero", "divide"), ("faults.c", "division-by-zero"), signal="SIGFPE",
        code="FPE_INTDIV",
    ),
    # The program's own decision
    Case(
        "abort", ("main", "abort_deliberately", "abort"), ("faults.c", "abort"), at="abort_deliberately",
        signal="SIGABRT", code=TKILL,
    ),
    Case(
        "assertion", ("main", "failed_assertion", "abort"), ("faults.c", "assertion"), at="failed_assertion",
        signal="SIGABRT", code=TKILL, says="count < 0",
    ),
    Case(
        "double-free", ("main", "double_free", "abort"), ("faults.c", "double-free"), at="double_free",
        signal="SIGABRT", code=TKILL, says="double free",
    ),
    Case(
        "uncaught-exception", ("main", "uncaught_exception", "place", "__cxa_throw", "terminate", "abort"),
        ("exceptions.cpp", "uncaught-exception"), at="place", signal="SIGABRT", code=TKILL, says="no spoons left",
    ),
    Case(
        "broken-promise", ("main", "broken_promise", "promises_nothing", "place", "abort"), signal="SIGABRT", code=TKILL, says="no forks left",
    ),
    Case(
        "pure-virtual-call", ("main", "pure_virtual_call", "describe", "__cxa_pure_virtual", "abort"),
        ("exceptions.cpp", "pure-virtual-call"), at="describe", signal="SIGABRT", code=TKILL,
        says="pure virtual method called",
    ),
    Case("in-lambda", ("main", "in_lambda", "visit", "operator()"), ("exceptions.cpp", "in-lambda"), code=MAPPING),
    Case("failed-check", ("main", "failed_check", "__cxa_throw", "terminate", "abort"), signal="SIGABRT", says="vector"),
    # Stacks
    Case("stack-overflow", ("main", "stack_overflow", "overflow", "overflow"), code=MAPPING, endless=True),
    Case("mutual-overflow", ("main", "mutual_overflow", "ping", "pong", "ping"), code=MAPPING, endless=True),
    Case("deep", ("main", "deep", "descend", "descend", "descend", "write_nowhere"), NOWHERE, arguments=("1000",)),
    Case("deep-600", ("main", "deep", "descend", "write_nowhere"), NOWHERE, verb="deep", arguments=("600",)),
    Case(
        "smashed-guard", ("main", "smashed_guard", "overrun", "__stack_chk_fail", "abort"), signal="SIGABRT",
        code=TKILL, says="stack smashing detected",
    ),
    Case(
        "smashed-return-address", ("overwrite_return_address",), ("stacks.c", "smashed-return-address"), code=KERNEL,
        torn=True,
    ),
    Case(
        "inlined", ("main", "inlined", "inlined_into", "outermost", "in_the_middle", "innermost"),
        ("stacks.c", "inlined"), code=MAPPING, inlines=("outermost", "in_the_middle", "innermost"),
    ),
    Case("leaf", ("main", "leaf_without_frame", "leaf"), ("stacks.c", "leaf"), code=MAPPING),
    # Signals
    Case("raise", ("main", "raise_signal"), ("signals.c", "raise"), signal="SIGQUIT", code=TKILL, arguments=("3",)),
    Case("queue-to-self", ("main", "queue_to_self"), signal="SIGQUIT", code="SI_QUEUE"),
    Case(
        "crash-in-handler", ("main", "crash_in_a_handler", "crash_in_handler", "write_nowhere"), NOWHERE, code=MAPPING,
    ),
    Case(
        "crash-on-alternate-stack", ("main", "crash_on_alternate_stack", "crash_in_handler", "write_nowhere"), NOWHERE,
        code=MAPPING,
    ),
    # The signal is blocked in its own handler: it kills when that has returned, at the fault.
    Case(
        "handler-that-raises", ("main", "handler_that_raises", "write_nowhere"), NOWHERE, code=TKILL,
        handles_faults=True,
    ),
    Case(
        "handler-that-resets", ("main", "handler_that_resets", "write_nowhere"), NOWHERE, code=MAPPING,
        handles_faults=True,
    ),
    Case(
        "forbidden-system-call", ("main", "forbidden_system_call", "ask_for_the_forbidden", "syscall"),
        signal="SIGSYS", code="SYS_SECCOMP",
    ),
    Case("undumpable", ("main", "undumpable", "write_nowhere"), NOWHERE, code=MAPPING, leaves_core=False),
    Case("processor-limit", ("main", "processor_limit", "spin"), signal="SIGXCPU", code=KERNEL, title="CPUTimeLimit"),
    Case("file-size-limit", ("main", "file_size_limit", "write_too_much"), signal="SIGXFSZ", leaves_core=False),
    # Threads
    Case("threads", ("crashing_thread", "crash_in_thread", "write_nowhere"), NOWHERE, code=MAPPING, threads=2),
    Case(
        "threads-8", ("crashing_thread", "crash_in_thread", "write_nowhere"), NOWHERE, verb="threads",
        arguments=("8",), code=MAPPING, threads=9,
    ),
    Case(
        "threads-64-half-spinning", ("crashing_thread", "crash_in_thread", "write_nowhere"), NOWHERE, verb="threads",
        arguments=("64", "32"), code=MAPPING, threads=65,
    ),
    Case(
        "threads-256", ("crashing_thread", "crash_in_thread", "write_nowhere"), NOWHERE, verb="threads",
        arguments=("256",), code=MAPPING, threads=257,
    ),
    Case(
        "thread-overflow", ("overflowing_thread", "overflow_in_thread", "overflow_in_thread"), code=ACCESS, threads=2,
        endless=True,
    ),
    Case(
        "after-main-thread", ("crashing_thread", "crash_in_thread", "write_nowhere"), NOWHERE, code=MAPPING, threads=None,
    ),
    Case(
        "while-forking", ("main", "while_forking", "crash_while_forking", "write_nowhere"), NOWHERE, code=MAPPING,
        threads=2,
    ),
    Case("closed-descriptors", ("main", "closed_descriptors", "write_nowhere"), NOWHERE, code=MAPPING),
    # Code of others
    Case("in-vdso", ("main", "in_vdso"), ("libraries.c", "in-vdso"), code=MAPPING),
    Case(
        "in-math-library", ("main", "in_math_library", "call_library"), ("libraries.c", "in-math-library"), code=MAPPING,
    ),
    Case("in-c-library", ("main", "in_c_library"), ("libraries.c", "in-c-library"), code=MAPPING),
    Case("in-callback", ("main", "in_callback", "compare", "write_nowhere"), NOWHERE, code=MAPPING),
]

BY_NAME = {case.name: case for case in CASES}

#: What every variant is tried with; all cases are tried with O0 and O2.
TYPICAL = [
    BY_NAME[name] for name in ("null-read", "abort", "uncaught-exception", "deep-600", "inlined", "crash-in-handler", "threads-8")
]

RUST_CASES = [
    Case("null-read", ("main", "null_read"), code=MAPPING),
    Case("closure", ("main", "in_closure", "null_read"), code=MAPPING),
    Case("out-of-bounds", ("main", "item", "panic_bounds_check", "abort"), signal="SIGABRT", says="index out of bounds"),
    Case("overflow", ("main", "overflow", "overflow"), signal="SIGABRT", handles_faults=True, endless=True),
    Case("thread", ("null_read",), code=MAPPING, threads=2),
]

#: Swift's runtime can catch its crashes and print them itself, from a thread and a process that it starts for it.
QUIET_RUNTIME = {"SWIFT_BACKTRACE": "enable=no"}

SWIFT_CASES = [
    Case("out-of-bounds", ("main", "run", "shelf"), signal="SIGILL", code="ILL_ILLOPN"),
    Case("fatal-error", ("main", "run", "giveUp", "_assertionFailure"), signal="SIGILL", says="no way to go on"),
    Case("unwrap", ("main", "run", "unwrap"), signal="SIGILL"),
    Case("null-read", ("main", "run", "readNowhere"), ("crash.swift", "null-read")),
]
