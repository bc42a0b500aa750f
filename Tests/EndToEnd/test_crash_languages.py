"""Crashes of programs in other languages than C and C++, as far as the machine has their compilers."""

import json
import os
import shutil
import signal

import pytest

from crash_cases import QUIET_RUNTIME, RUST_CASES, SWIFT_CASES
from crash_programs import SOURCES, line_of
from crash_reports import assert_chain, assert_signal, assert_threads, crash, events_of, frames_of, names_of, report
from frame_agreement import base_name


@pytest.mark.parametrize("mangling", ["legacy", "v0"])
@pytest.mark.parametrize("case", RUST_CASES, ids=str)
def test_rust(programs, ingest, crashes, case, mangling):
    program = crashes.rust(mangling)
    event = crash(programs, ingest, program, case)
    assert_signal(event, case)
    assert_threads(event, case.threads)
    assert_chain(frames_of(event), case.chain)
    own = [frame["function"] for frame in frames_of(event) if frame.get("package") == str(program) and frame.get("function")]
    assert not any(name.startswith(("_R", "_ZN")) for name in own), own
    if case.name in ("null-read", "closure", "thread"):
        frame = frames_of(event)[-1]
        found = [frame for frame in frames_of(event) if base_name(frame.get("function")) == "null_read"][-1]
        assert found["lineno"] == line_of("crash.rs", "null-read"), frame


@pytest.mark.parametrize("optimisation", ["-O", "-Onone"])
@pytest.mark.parametrize("case", SWIFT_CASES, ids=str)
def test_swift(programs, ingest, crashes, case, optimisation):
    program = crashes.swift(optimisation)
    event = crash(programs, ingest, program, case, env=QUIET_RUNTIME)
    assert_signal(event, case)
    names = names_of(frames_of(event))
    missing = [name for name in case.chain if not any(name == (other or "").split("(")[0] for other in names)]
    assert not missing, names
    raw = [frame["function"] for frame in frames_of(event) if frame.get("function")]
    assert not any(name.startswith(("$s", "_$s")) for name in raw), raw
    if case.mark:
        assert line_of(*case.mark) in [frame.get("lineno") for frame in frames_of(event)]


def test_swift_that_prints_its_own_crash_is_reported_once(programs, ingest, crashes):
    """Its runtime's handler reads the process while it waits, then lets it die of the same signal."""
    program, environment = str(crashes.swift()), {"SWIFT_BACKTRACE": "enable=yes,color=no,output-to=stderr"}
    bare = programs.run(program, "unwrap", env=environment)
    supervised = report(programs, ingest, program, "unwrap", env=environment)
    assert supervised.code == bare.code
    assert ("unwrap" in supervised.err) == ("unwrap" in bare.err)
    assert len(events_of(ingest, "SIGILL")) == 1


def test_go_that_dies_of_its_panic(programs, ingest, crashes):
    """Its runtime handles SIGSEGV, prints its own trace and, asked to, aborts."""
    program, environment = str(crashes.go()), {"GOTRACEBACK": "crash"}
    bare = programs.run(program, "nil-read", env=environment)
    supervised = report(programs, ingest, program, "nil-read", env=environment)
    assert supervised.code == bare.code == -signal.SIGABRT
    (event,) = events_of(ingest, "SIGABRT")
    assert "nil pointer dereference" in json.dumps(event["breadcrumbs"]) + json.dumps(event["exception"])
    assert any((frame.get("function") or "").startswith("runtime.") for frame in frames_of(event))


def test_go_that_recovers_is_no_event(programs, ingest, crashes):
    result = report(programs, ingest, crashes.go(), "recover")
    assert result.code == 0 and result.out.startswith("recovered: ")
    ingest.wait_quiet()
    assert ingest.items("event") == []


def interpreter(programs, name):
    path = shutil.which(name, path=programs.environment["PATH"])
    if not path:
        pytest.skip(f"{name} is not installed")
    return os.path.realpath(path)


@pytest.mark.parametrize(
    "name, source, number",
    [("python3", "crash.py", signal.SIGSEGV), ("node", "crash.js", signal.SIGABRT)],
)
def test_an_interpreter_that_dies(programs, ingest, name, source, number):
    command = [interpreter(programs, name), str(SOURCES / source)]
    bare = programs.run(*command)
    assert bare.code == -number
    assert report(programs, ingest, *command).code == bare.code
    (event,) = events_of(ingest, number.name, timeout=30)
    assert len(frames_of(event)) >= 8
    assert frames_of(event)[-1]["instruction_addr"]
    assert any(path in json.dumps(event["debug_meta"]["images"]) for path in ("libc.so", command[0]))
