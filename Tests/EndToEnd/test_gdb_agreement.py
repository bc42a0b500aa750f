"""Our stacks beside gdb's of the same process: its core file was written after we had let the signal through.

What counts as agreeing is said in frame_agreement.py. The percentage over all cases, and every frame that differs, is
printed at the end.
"""

from dataclasses import dataclass, field

import pytest

from crash_cases import CASES, QUIET_RUNTIME, RUST_CASES, SWIFT_CASES, TYPICAL
from crash_programs import VARIANTS, line_of, tool
from crash_reports import crash_of, events_of, frames_of, report, thread_of
from frame_agreement import Agreement, base_name, compare, from_event
from gdb_debugger import allow_cores, core_in, cores_are_files, stacks_at_death, stacks_in_core

REQUIRED = 99.0
#: Of a process with more threads than this, these and the crashed one are compared.
THREADS = 16

ALL_CASES_OF = ("O0", "O2")
COMPARED = [
    *[(variant, case) for variant in ALL_CASES_OF for case in CASES],
    *[(variant, case) for variant in VARIANTS if variant not in ALL_CASES_OF for case in TYPICAL],
    *[(f"rust-{mangling}", case) for mangling in ("legacy", "v0") for case in RUST_CASES],
    *[(f"swift{optimisation}", case) for optimisation in ("-O", "-Onone") for case in SWIFT_CASES],
]


@dataclass
class Outcome:
    total: Agreement = field(default_factory=Agreement)
    cases: int = 0
    #: The sum of what a case's own test found, printed by the last one.
    of_case: dict = field(default_factory=dict)


@pytest.fixture(scope="module")
def outcome():
    return Outcome()


def program_of(crashes, variant):
    language, _, rest = variant.partition("-")
    if language == "rust":
        return crashes.rust(rest)
    return crashes.swift(f"-{rest}") if language == "swift" else crashes.variant(variant)


def debugged(program, case, directory):
    """gdb's stacks of what just died in that directory, or of another run of it; and whether it is the same process."""
    if cores_are_files():
        return stacks_in_core(program, core_in(directory)), True
    if case.handles_faults:
        pytest.skip("cores are not files here, and under gdb it would stop at a signal that is handled")
    return stacks_at_death(program, case.command, directory), False


@pytest.mark.parametrize("variant, case", [pytest.param(*pair, id=f"{pair[0]}-{pair[1]}") for pair in COMPARED])
def test_gdb_and_we_see_the_same_process(programs, ingest, crashes, outcome, tmp_path, variant, case):
    tool("gdb")
    if not case.leaves_core:
        pytest.skip("leaves no core file")
    program = program_of(crashes, variant)
    directory = tmp_path / "cores"
    directory.mkdir()
    result = report(
        programs, ingest, program, *case.command, cwd=directory, preexec_fn=allow_cores, env=QUIET_RUNTIME
    )
    assert result.code == -case.number
    theirs, same_process = debugged(program, case, directory)
    assert_as_expected(theirs, variant, case)
    (event,) = events_of(ingest, case.signal)
    agreement = compare_crashed_thread(event, theirs, f"{variant} {case}", same_process)
    if same_process:
        agreement += compare_other_threads(event, theirs, f"{variant} {case}")
    outcome.total += agreement
    outcome.cases += 1
    outcome.of_case[f"{variant} {case}"] = agreement


def assert_as_expected(stacks, variant, case):
    """What the tests of crashes expect is what gdb says too: the table of cases is right."""
    frames = stacks["threads"][stacks["crashed"]]
    if stacks["signal"]:
        assert stacks["signal"]["number"] == case.number
    assert case.threads is None or len(stacks["threads"]) == case.threads
    if variant not in VARIANTS or not VARIANTS[variant].names:
        return
    names = [base_name(frame["function"]) for frame in reversed(frames)]
    rest = iter(names)
    known = case.chain if VARIANTS[variant].lines else case.symbols
    expected = known[2:] if case.endless else known
    assert all(any(name == other for other in rest) for name in expected), names
    if case.mark and VARIANTS[variant].lines:
        lines = [frame["line"] for frame in frames if base_name(frame["function"]) == case.innermost]
        assert lines[0] == line_of(*case.mark)


def compare_crashed_thread(event, stacks, label, same_process):
    if same_process:
        assert thread_of(event)["id"] == stacks["crashed"] == crash_of(event)["thread_id"]
    ours = from_event(frames_of(event))
    return compare(stacks["threads"][stacks["crashed"]], ours, label, page_offsets=not same_process)


def compare_other_threads(event, stacks, label):
    agreement = Agreement()
    others = [thread for thread in event["threads"]["values"] if not thread.get("crashed")]
    for thread in others[:THREADS]:
        theirs = stacks["threads"].get(thread["id"])
        # A thread that had ended has no registers; gdb has no stack of it.
        if theirs:
            ours = from_event(thread.get("stacktrace", {}).get("frames", []))
            agreement += compare(theirs, ours, f"{label}, thread {thread['name']}")
    return agreement


def test_nearly_every_frame_agrees(outcome, capsys):
    if not outcome.cases:
        pytest.skip("nothing was compared")
    total = outcome.total
    with capsys.disabled():
        print(f"\n{total.agreed} of {total.counted} frames in {outcome.cases} crashes agree with gdb: "
              f"{total.percentage:.2f} %; {total.beyond} more beyond gdb's end")
        for difference in total.differences[:200]:
            print(f"  {difference}")
    assert total.percentage >= REQUIRED


# The comparison itself


@pytest.mark.parametrize(
    "function, name",
    [
        ("main", "main"),
        ("shop::Order::place(std::string const&, int) const", "place"),
        ("std::vector<int, std::allocator<int> >::at(unsigned long)", "at"),
        ("std::make_unique<Circle>()", "make_unique"),
        ("shop::Order::visit<in_lambda(int, char**)::{lambda(int)#1}>(in_lambda(int, char**)::{lambda(int)#1}) const", "visit"),
        ("int shop::Order::visit<foo>(foo) const", "visit"),
        ("in_lambda(int, char**)::{lambda(int)#1}::operator()(int) const", "operator()"),
        ("operator()", "operator()"),
        ("read_through.isra.0", "read_through"),
        ("__GI_abort", "abort"),
        ("crash::orders::null_read", "null_read"),
        ("crash::orders::null_read::h0123456789abcdef", "null_read"),
        ("crash::main::{closure#0}", "closure"),
        ("crash::main::{{closure}}", "closure"),
        ("<crash::orders::Basket<u64>>::item", "item"),
        ("crash::orders::Basket<T>::item", "item"),
        ("<usize as core::slice::index::SliceIndex<[T]>>::index", "index"),
        ("Warehouse.shelf(_:)", "shelf"),
        ("giveUp(_:)", "giveUp"),
        ("(anonymous namespace)::fall(int)", "fall"),
        ("std::terminate()", "terminate"),
        (None, None),
    ],
)
def test_names_have_one_form(function, name):
    assert base_name(function) == name


def frame(function, address, line=None, image="/x", **others):
    return {"function": function, "address": address, "line": line, "file": "a.c" if line else None, "image": image} | others


@pytest.mark.parametrize(
    "theirs, ours, counted, agreed",
    [
        ([frame("a", 1, 5), frame("b", 2, 6)], [frame("a", 1, 5), frame("b", 2, 6)], 2, 2),
        ([frame("a", 1, 5)], [frame("a", 1, 7)], 1, 0),
        ([frame("a", 1, 5)], [frame("c", 1, 5)], 1, 0),
        ([frame("a", 1, 5)], [frame(None, 1)], 1, 0),
        ([frame("a", 1, 5), frame("b", 2, 6)], [frame("b", 2, 6)], 2, 1),
        ([frame(None, 1)], [frame(None, 1)], 1, 1),
        ([frame(None, 1, image=None), frame(None, 0x41, image=None)], [frame(None, 1, image=None)], 1, 1),
        ([frame("a", 1, 5)], [frame("a", 1, 5), frame("main", 2, 9)], 1, 1),
        ([frame("a", 1, 5)], [frame("a", 1, 5), frame("inlined", 1, 9)], 2, 1),
        ([frame(None, 1, trampoline=True)], [frame("__restore_rt", 1)], 1, 1),
    ],
    ids=[
        "equal", "another line", "another name", "no name", "a frame less", "neither knows", "rubbish", "further frames",
        "an inlined call too many", "a signal's trampoline",
    ],
)
def test_agreement_is_counted_by_frame(theirs, ours, counted, agreed):
    result = compare(theirs, ours)
    assert (result.counted, result.agreed) == (counted, agreed)
    assert len(result.differences) == counted - agreed
