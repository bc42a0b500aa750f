"""A process of the job dies of a signal: the event has what a debugger would have shown."""

import json
import os
import pwd
import shutil
import signal
import subprocess

import pytest

from conftest import needs_root
from crash_cases import BY_NAME, CASES, NOWHERE, TYPICAL, Case
from crash_programs import VARIANTS, build_id_of, line_of
from crash_reports import (
    assert_chain, assert_frames, assert_images, assert_in_app, assert_names, assert_signal, assert_threads, crash,
    crash_of, events_of, frames_of, names_of, report, session_of, signal_name, thread_of,
)
from frame_agreement import base_name

ALL_CASES_OF = ("O0", "O2")
COMBINATIONS = [
    *[pytest.param(variant, case, id=f"{variant}-{case}") for variant in ALL_CASES_OF for case in CASES],
    *[
        pytest.param(variant, case, id=f"{variant}-{case}")
        for variant in VARIANTS if variant not in ALL_CASES_OF for case in TYPICAL
    ],
]


@pytest.mark.parametrize("variant, case", COMBINATIONS)
def test_a_crash_shows_what_a_debugger_would(programs, ingest, crashes, variant, case):
    program = crashes.variant(variant)
    event = crash(programs, ingest, program, case)
    assert_signal(event, case)
    assert_threads(event, case.threads)
    assert_frames(event, case)
    assert_in_app(event, program, case)
    assert_images(event, program, static=VARIANTS[variant].static)
    if VARIANTS[variant].names:
        assert_names(event, case, lines=VARIANTS[variant].lines)


@pytest.mark.parametrize("variant", ["stripped", "stripped-static"])
def test_a_stripped_program_has_addresses_and_no_wrong_names(programs, ingest, crashes, variant):
    program = crashes.variant(variant)
    event = crash(programs, ingest, program, BY_NAME["deep-600"])
    own = [frame for frame in frames_of(event) if frame.get("package") == str(program)]
    assert len(own) > 100
    assert not any(frame.get("lineno") for frame in own)
    assert {base_name(frame.get("function")) for frame in own} <= {None, "main", "_start", "write_nowhere", "fail"}


def test_a_crash_is_a_crashed_session(programs, ingest, crashes):
    crash(programs, ingest, crashes.variant("O0"), BY_NAME["null-read"])
    session = session_of(ingest)
    assert session["status"] == "crashed" and session["errors"] >= 1


def test_the_faulting_address_is_told(programs, ingest, crashes):
    event = crash(programs, ingest, crashes.variant("O0"), BY_NAME["unmapped-read"])
    assert event["contexts"]["crash"]["address"] == "0x10dead0000"


def test_the_breadcrumbs_come_along(programs, ingest, crashes):
    event = crash(programs, ingest, crashes.variant("O0"), BY_NAME["assertion"])
    assert any("count < 0" in crumb["message"] for crumb in event["breadcrumbs"]["values"])


def test_the_source_around_the_line_is_shown(programs, ingest, crashes):
    event = crash(programs, ingest, crashes.variant("O0"), BY_NAME["null-read"])
    frame = frames_of(event)[-1]
    assert "return *pointer;" in frame["context_line"]
    assert "read_through" in frame["pre_context"][-1] and frame["post_context"][0] == "}"


def test_a_C_plus_plus_function_has_its_qualified_name(programs, ingest, crashes):
    event = crash(programs, ingest, crashes.variant("O0"), BY_NAME["uncaught-exception"])
    assert any((frame.get("function") or "").startswith("shop::Order::place") for frame in frames_of(event))
    assert "OutOfStock" in json.dumps(event["exception"])


def test_the_fingerprint_is_the_same_in_every_run(programs, ingest, crashes):
    """Addresses differ from run to run."""
    for _ in range(3):
        report(programs, ingest, crashes.variant("O2"), "null-read")
    events = events_of(ingest, "SIGSEGV", 3)
    addresses = {frames_of(event)[-1]["instruction_addr"] for event in events}
    assert len(addresses) > 1, "the kernel does not move programs here: this proves nothing"
    assert len({json.dumps(event.get("fingerprint")) for event in events}) == 1


# Deep stacks


@pytest.mark.parametrize("name", ["stack-overflow", "mutual-overflow", "thread-overflow", "deep"])
def test_of_a_deep_stack_both_ends_are_kept(programs, ingest, crashes, name):
    case = BY_NAME[name]
    event = crash(programs, ingest, crashes.variant("O0"), case)
    names = names_of(frames_of(event))
    assert len(names) >= 100
    assert case.chain[0] in names[:10] and case.chain[-1] == names[-1] or name == "mutual-overflow"


# Unwinding where the tables are missing


def test_frames_that_are_guessed_say_so(programs, ingest, crashes):
    event = crash(programs, ingest, crashes.variant("no-tables"), BY_NAME["null-read"])
    frames = frames_of(event)
    assert_chain(frames, BY_NAME["null-read"].chain)
    assert {frame["trust"] for frame in frames} <= {"context", "cfi", "cfi-scan", "fp", "scan", "prewalked"}


def test_rubbish_on_the_stack_is_not_taken_for_certain(programs, ingest, crashes):
    event = crash(programs, ingest, crashes.variant("O0"), BY_NAME["smashed-return-address"])
    frames = frames_of(event)
    assert all(frame["trust"] in ("scan", "cfi-scan", "fp") for frame in frames[:-2]), frames


# Threads


@pytest.mark.parametrize("name", ["threads-8", "threads-64-half-spinning", "threads-256"])
def test_every_other_thread_has_its_stack(programs, ingest, crashes, name):
    case = BY_NAME[name]
    event = crash(programs, ingest, crashes.variant("O0"), case)
    assert thread_of(event)["name"] == "crasher"
    others = [thread for thread in event["threads"]["values"] if not thread.get("crashed")]
    spinning = int(case.arguments[1]) if len(case.arguments) > 1 else 0
    expected = {"spinning": "spin_for_ever", "blocked": "block_for_ever"}
    seen = {name: 0 for name in expected}
    for thread in others:
        if thread["name"] in expected:
            assert expected[thread["name"]] in names_of(thread["stacktrace"]["frames"]), thread
            seen[thread["name"]] += 1
    assert seen == {"spinning": spinning, "blocked": case.threads - 2 - spinning}
    (main,) = [thread for thread in others if thread.get("main")]
    assert_chain(main["stacktrace"]["frames"], ("main", "threads"))


@pytest.fixture
def busy_processor():
    """A processor that others keep busy."""
    processor = min(os.sched_getaffinity(0))
    pin = lambda: os.sched_setaffinity(0, {processor})
    hogs = [subprocess.Popen(["sh", "-c", "while :; do :; done"], preexec_fn=pin) for _ in range(3)]
    yield processor
    for hog in hogs:
        hog.kill()
        hog.wait()


def test_threads_that_get_no_processor_are_waited_for(programs, ingest, crashes, busy_processor):
    """To stop, a thread has to run once: with three others on the processor, that takes 32 of them more than 50 ms."""
    job = ["taskset", "-c", str(busy_processor), crashes.variant("O0"), "threads", "64", "32"]
    report(programs, ingest, *job)
    (event,) = events_of(ingest, "SIGSEGV")
    spinning = [thread for thread in event["threads"]["values"] if thread["name"] == "spinning"]
    assert len(spinning) == 32
    assert all("spin_for_ever" in names_of(thread["stacktrace"]["frames"]) for thread in spinning)


# Other processes than the job's first


def child_event(programs, ingest, *command, signal_name="SIGSEGV", code=0, **options):
    bare = programs.run(*map(str, command), **options)
    assert bare.code == code, bare
    supervised = report(programs, ingest, *command, flags=["--traces-sample-rate", "1"], **options)
    assert supervised.code == code
    (event,) = events_of(ingest, signal_name)
    return event


def assert_of_the_run(ingest, event):
    (transaction,) = ingest.wait_for("transaction")
    assert event["contexts"]["trace"]["trace_id"] == transaction["contexts"]["trace"]["trace_id"]


def test_a_forked_child_that_crashes_is_an_event_though_its_parent_succeeds(programs, ingest, crashes):
    event = child_event(programs, ingest, crashes.variant("O0"), "child")
    assert_chain(frames_of(event), ("main", "child", "crash_in_child", "write_nowhere"))
    assert_of_the_run(ingest, event)
    ingest.wait_quiet()
    assert len(ingest.items("event")) == 1, "the run itself did not fail"


def test_a_program_in_a_shell_script_that_goes_on_is_an_event(programs, ingest, crashes):
    script = f"{crashes.variant('O0')} null-read; echo and on; exit 0"
    event = child_event(programs, ingest, "sh", "-c", script)
    assert_chain(frames_of(event), BY_NAME["null-read"].chain)
    assert_of_the_run(ingest, event)
    ingest.wait_quiet()
    assert len(ingest.items("event")) == 1


def test_a_grandchild_of_a_shell_is_an_event(programs, ingest, crashes):
    script = f"sh -c 'sh -c \"{crashes.variant('O0')} null-read; true\"; true'; true"
    event = child_event(programs, ingest, "sh", "-c", script)
    assert_chain(frames_of(event), BY_NAME["null-read"].chain)
    assert_of_the_run(ingest, event)


def test_a_program_in_a_pipeline_is_an_event(programs, ingest, crashes):
    event = child_event(programs, ingest, "sh", "-c", f"{crashes.variant('O0')} null-read | cat; true")
    assert_chain(frames_of(event), BY_NAME["null-read"].chain)


def test_the_script_that_fails_for_its_child_has_an_event_too(programs, ingest, crashes):
    script = f"{crashes.variant('O0')} null-read; exit $?"
    event = child_event(programs, ingest, "sh", "-c", script, code=139)
    assert_chain(frames_of(event), BY_NAME["null-read"].chain)


def test_a_vforked_child_neither_hangs_nor_goes_unseen(programs, ingest, crashes):
    event = child_event(programs, ingest, crashes.variant("O0"), "vfork-child")
    assert_chain(frames_of(event), ("main", "vfork_child"))


def test_fifty_processes_that_crash_at_once_are_fifty_events(programs, ingest, crashes):
    script = f"for i in $(seq 50); do {crashes.variant('O0')} null-read & done; wait; exit 0"
    # Time for all of them on a busy machine; those that there is no time for are told without their stacks.
    flags = ["--symbolication-timeout", "30s"]
    result = report(programs, ingest, "sh", "-c", script, flags=flags, timeout=120)
    assert result.code == 0
    events = events_of(ingest, "SIGSEGV", 50, timeout=60)
    assert len({event["event_id"] for event in events}) == 50
    assert len({crash_of(event)["thread_id"] for event in events}) == 50
    named = [event for event in events if "read_through" in names_of(frames_of(event))]
    assert len(named) == 50


# Who sent it


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGQUIT])
def test_a_signal_from_elsewhere_names_its_sender(programs, ingest, crashes, number):
    command = [str(crashes.variant("O0")), "wait-for-signal"]
    flags = ["--quiet", "--dsn", ingest.dsn]
    process = programs.start(programs.sentry_run, *flags, "--", *command, stdout=-1)
    pid = int(process.stdout.readline())
    os.kill(pid, number)
    assert process.wait(30) == -number
    (event,) = events_of(ingest, number.name)
    assert crash_of(event)["mechanism"]["meta"]["signal"]["code_name"] == "SI_USER"
    assert str(os.getpid()) in json.dumps(event["exception"]) + json.dumps(event["contexts"])
    assert_chain(frames_of(event), ("main", "wait_for_signal"))


# Signals that are no crash


@pytest.mark.parametrize(
    "verb, code",
    [("recover", 0), ("receive-value", 0), ("handled-signals", 0)],
)
def test_signals_that_the_job_handles_are_no_event(programs, ingest, crashes, verb, code):
    arguments = ["1000"] if verb == "handled-signals" else []
    command = [str(crashes.variant("O2")), verb, *arguments]
    bare = programs.run(*command)
    assert bare.code == code
    supervised = report(programs, ingest, *command)
    assert (supervised.code, supervised.stdout) == (bare.code, bare.stdout)
    assert session_of(ingest)["status"] == "exited"
    ingest.wait_quiet()
    assert ingest.items("event") == []


def test_exiting_in_a_handler_is_an_exit(programs, ingest, crashes):
    assert report(programs, ingest, crashes.variant("O2"), "exit-in-handler").code == 7
    (event,) = ingest.wait_for("event")
    assert signal_name(event) != "SIGSEGV" and "7" in json.dumps(event["exception"])


def test_a_death_that_no_tracer_is_told_of_says_why_it_has_no_stack(programs, ingest, crashes):
    case = Case("killed-by-seccomp", (), signal="SIGSYS")
    event = crash(programs, ingest, crashes.variant("O0"), case)
    assert crash_of(event)["mechanism"]["meta"]["signal"]["number"] == signal.SIGSYS
    assert event["level"] == "fatal"


# Code that is not the program's own


def test_a_library_that_was_loaded_later_has_names_and_an_image(programs, ingest, crashes):
    library = crashes.plugin()
    command = [crashes.variant("O0"), "dlopen", library]
    assert report(programs, ingest, *command).code == -signal.SIGSEGV
    (event,) = events_of(ingest, "SIGSEGV")
    frames = frames_of(event)
    assert_chain(frames, ("main", "in_loaded_library", "plugin_entry", "plugin_crash"))
    assert frames[-1]["package"] == str(library)
    assert frames[-1]["lineno"] == line_of("plugin.c", "plugin")
    assert str(library) in [image["code_file"] for image in event["debug_meta"]["images"]]


@pytest.mark.parametrize("name, library", [("in-math-library", "libm."), ("in-c-library", "libc."), ("in-vdso", "vdso")])
def test_the_innermost_frame_is_in_the_library(programs, ingest, crashes, name, library):
    event = crash(programs, ingest, crashes.variant("O0"), BY_NAME[name])
    frame = frames_of(event)[-1]
    assert library in frame["package"] and frame["in_app"] is False, frame


# Files that are not what was started


def copy_of(programs, path, name):
    return shutil.copy(path, programs.directory / name)


def test_a_deleted_program_has_its_names(programs, ingest, crashes):
    program = copy_of(programs, crashes.variant("O0"), "deleted")
    assert report(programs, ingest, program, "deleted").code == -signal.SIGSEGV
    (event,) = events_of(ingest, "SIGSEGV")
    assert_chain(frames_of(event), ("main", "deleted", "write_nowhere"))
    assert frames_of(event)[-1]["lineno"] == line_of(*NOWHERE)


def test_a_replaced_program_has_no_wrong_names(programs, ingest, crashes):
    """The file of its name is another build, in which every function is elsewhere."""
    program = copy_of(programs, crashes.variant("O0"), "replaced")
    other = copy_of(programs, crashes.variant("O2"), "other")
    assert report(programs, ingest, program, "replaced", other).code == -signal.SIGSEGV
    (event,) = events_of(ingest, "SIGSEGV")
    assert_chain(frames_of(event), ("main", "replaced", "write_nowhere"))
    assert frames_of(event)[-1]["lineno"] == line_of(*NOWHERE)


@pytest.mark.parametrize("layout", ["by name", "by build-id"])
def test_symbols_are_looked_for_where_the_user_says(programs, ingest, crashes, layout):
    program = copy_of(programs, crashes.variant("split"), "crash_job")
    symbols, build_id = programs.directory / "symbols", build_id_of(program)
    by_id = symbols / ".build-id" / build_id[:2] / f"{build_id[2:]}.debug"
    place = by_id if layout == "by build-id" else symbols / "crash_job.debug"
    place.parent.mkdir(parents=True)
    shutil.copy(crashes.variant("split").with_name("crash_job.debug"), place)
    event = crash(programs, ingest, program, BY_NAME["null-read"], flags=["--symbol-path", str(symbols)])
    assert_names(event, BY_NAME["null-read"])


def test_a_debug_file_of_another_build_is_not_believed(programs, ingest, crashes):
    program = copy_of(programs, crashes.variant("split"), "crash_job")
    shutil.copy(crashes.variant("O0"), programs.directory / "crash_job.debug")
    event = crash(programs, ingest, program, BY_NAME["null-read"])
    own = [frame for frame in frames_of(event) if frame.get("package") == str(program)]
    assert own and not any(frame.get("lineno") for frame in own)


# What counts as the application's own


def test_prefixes_decide_what_is_in_app(programs, ingest, crashes):
    program = crashes.variant("O0")
    event = crash(programs, ingest, program, BY_NAME["null-read"], flags=["--in-app-exclude", str(program.parent)])
    own = [frame for frame in frames_of(event) if frame.get("package") == str(program)]
    assert own and all(frame["in_app"] is False for frame in own)


# Modes


def test_without_tracing_the_death_is_reported_without_a_stack(programs, ingest, crashes):
    event = crash(programs, ingest, crashes.variant("O0"), BY_NAME["null-read"], flags=["--trace", "off"])
    assert "stacktrace" not in crash_of(event)
    assert crash_of(event)["mechanism"]["meta"]["signal"]["number"] == signal.SIGSEGV


def test_main_traces_the_jobs_own_process_only(programs, ingest, crashes):
    program = crashes.variant("O0")
    event = crash(programs, ingest, program, BY_NAME["threads-8"], flags=["--trace", "main"])
    assert_chain(frames_of(event), BY_NAME["threads-8"].chain)
    assert report(programs, ingest, program, "child", flags=["--trace", "main"]).code == 0
    ingest.wait_quiet()
    assert len(ingest.items("event")) == 1


@needs_root
def test_an_unprivileged_users_undumpable_process_has_its_stack(programs, ingest, crashes):
    user = pwd.getpwnam("nobody")
    options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}
    state = programs.directory / "nobody"
    state.mkdir()
    os.chown(state, user.pw_uid, user.pw_gid)
    for parent in [programs.directory, *programs.directory.parents]:
        if str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    if programs.run("test", "-x", programs.sentry_run, **options).code != 0:
        pytest.skip("nobody cannot reach the build directory")
    environment = {"SENTRY_RUN_STATE_DIR": str(state), "HOME": str(state)}
    command = [crashes.variant("O0"), "undumpable"]
    assert report(programs, ingest, *command, env=environment, **options).code == -signal.SIGSEGV
    (event,) = events_of(ingest, "SIGSEGV")
    assert_chain(frames_of(event), BY_NAME["undumpable"].chain)


# Startup and loading


def test_an_early_death_is_a_startup_crash(programs, ingest, crashes):
    event = crash(programs, ingest, crashes.variant("O0"), BY_NAME["null-read"])
    assert event["tags"]["startup_crash"] == "true"


def test_a_death_after_the_window_is_none(programs, ingest, crashes):
    flags = ["--startup-window", "1ms"]
    event = crash(programs, ingest, crashes.variant("O0"), BY_NAME["threads"], flags=flags)
    assert "startup_crash" not in event["tags"]


@pytest.mark.parametrize(
    "kind, names",
    [
        ("library", ["libstub.so"]),
        ("version", ["STUB_2", "libstub.so"]),
        ("symbol", ["stub_value"]),
        ("interpreter", ["/nonexistent/ld-linux.so.9"]),
        ("architecture", ["x86_64" if os.uname().machine == "aarch64" else "aarch64"]),
    ],
)
def test_a_program_that_cannot_be_loaded_names_what_is_missing(programs, ingest, crashes, kind, names):
    program = crashes.loader_failure(kind)
    bare = programs.run("bash", "-c", f"exec {program}")
    supervised = report(programs, ingest, program)
    assert supervised.code == bare.code, (bare, supervised)
    (event,) = ingest.wait_for("event")
    exception = event["exception"]["values"][-1]
    assert event["level"] == "fatal" and event["tags"]["startup_crash"] == "true"
    assert exception["type"] not in ("ProcessExit", "ProcessStart"), "typed"
    said = json.dumps([exception["value"], exception["mechanism"]])
    assert all(name in said for name in names), said


def test_a_program_that_crashes_at_each_start_is_a_crash_loop(programs, ingest, crashes):
    for _ in range(4):
        report(programs, ingest, crashes.variant("O0"), "null-read")
    events = events_of(ingest, "SIGSEGV", 4)
    told = ["crash_loop" in json.dumps(event) or "crash loop" in json.dumps(event).lower() for event in events]
    assert not told[0] and told[-1], told
