"""A process that runs already is profiled, and what becomes of it; what a profile shows of waiting and of Python."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from conftest import eventually, state_of
from crash_reports import events_of, frames_of, names_of
from test_profiling import leaf_functions, needs_perf

SOURCES = [pytest.param("perf", marks=needs_perf), "ptrace"]
TRACED = "TracerPid:\t"


def tracer_of(pid):
    """The pid of what traces it, 0 for none; of all its threads the first that is traced."""
    tracers = [
        int(line.removeprefix(TRACED))
        for status in Path(f"/proc/{pid}/task").glob("*/status")
        for line in status.read_text().splitlines() if line.startswith(TRACED)
    ]
    return max(tracers)


def processor_time(pid):
    """In clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@pytest.fixture
def target(programs):
    """Two processes that spin, one of which is the other's child."""
    script = f"{programs.fixture} spin 60 & echo on; while :; do :; done"
    process = programs.start("sh", "-c", script, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout.readline() == b"on\n"
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def attach(programs, pid, source, *flags):
    return programs.start(
        programs.sentry_run, "profile", "-p", str(pid), "--profile-source", source, "-o", "out.collapsed", *flags,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )


def wait_until_sampled(programs, pid, source):
    """Until it is traced, or until its events are open; then for some of its processor time."""
    def is_attached():
        if source == "ptrace":
            return tracer_of(pid) != 0
        links = [
            os.readlink(link) for profiler in programs.processes("sentry-run-profiler")
            for link in Path(f"/proc/{profiler}/fd").iterdir() if os.path.lexists(link)
        ]
        return any("perf_event" in link for link in links)

    assert eventually(is_attached, 10)
    begin = processor_time(pid)
    assert eventually(lambda: processor_time(pid) > begin + 25, 20)


def assert_unharmed(pid):
    assert tracer_of(pid) == 0
    assert state_of(pid) in ("R", "S")
    begin = processor_time(pid)
    assert eventually(lambda: processor_time(pid) > begin, 10), "it runs on"


def assert_written(programs, process, *functions):
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, b""), err
    text = (programs.directory / "out.collapsed").read_text()
    assert all(function in text for function in functions), (text, err)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=lambda end: end.name)
@pytest.mark.parametrize("source", SOURCES)
def test_a_signal_ends_the_profile_and_not_the_process(programs, target, source, end):
    process = attach(programs, target.pid, source)
    wait_until_sampled(programs, target.pid, source)
    os.killpg(process.pid, end)
    assert_written(programs, process, "spin", "sh")
    assert_unharmed(target.pid)


@pytest.mark.parametrize("source", SOURCES)
def test_the_duration_ends_the_profile_and_not_the_process(programs, target, source):
    process = attach(programs, target.pid, source, "--duration", "700ms")
    assert_written(programs, process, "sh")
    assert_unharmed(target.pid)


@pytest.mark.parametrize("source", SOURCES)
def test_the_end_of_the_process_ends_the_profile(programs, target, source):
    process = attach(programs, target.pid, source)
    wait_until_sampled(programs, target.pid, source)
    target.kill()
    assert target.wait(10) == -signal.SIGKILL
    assert_written(programs, process, "sh")


@pytest.mark.parametrize("source", SOURCES)
def test_a_profiler_that_is_killed_leaves_the_process_running(programs, target, source):
    process = attach(programs, target.pid, source)
    wait_until_sampled(programs, target.pid, source)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    assert eventually(lambda: tracer_of(target.pid) == 0, 10)
    assert_unharmed(target.pid)


@pytest.mark.parametrize("source", SOURCES)
def test_a_stopped_process_stays_stopped(programs, target, source):
    os.kill(target.pid, signal.SIGSTOP)
    assert eventually(lambda: state_of(target.pid) == "T", 10)
    process = attach(programs, target.pid, source, "--duration", "500ms")
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, b""), err
    assert state_of(target.pid) == "T" and tracer_of(target.pid) == 0
    os.kill(target.pid, signal.SIGCONT)
    assert_unharmed(target.pid)


def test_a_process_that_is_not_there_is_named(programs):
    gone = programs.start("true")
    gone.wait()
    result = programs.run(programs.sentry_run, "profile", "-p", str(gone.pid), "-o", "out.collapsed")
    assert result.code == 1 and str(gone.pid) in result.err
    assert not (programs.directory / "out.collapsed").exists()


# By the tracer, through the supervisor

CRASHING = """
#include <time.h>
volatile unsigned long sink;
__attribute__((noinline)) void work(void) { for (int i = 0; i < 100000; i++) sink += i; }
__attribute__((noinline)) void crash(void) { *(volatile int *)8 = 1; sink++; }
int main(void) { while (clock() < CLOCKS_PER_SEC / 2) work(); crash(); return sink == 42; }
"""


@pytest.mark.parametrize("source", SOURCES)
def test_a_crash_while_sampled_has_its_event_and_its_profile(programs, ingest, source):
    (programs.directory / "crashing.c").write_text(CRASHING)
    compiled = programs.run("gcc", "-O1", "-g", "-o", "crashing", "crashing.c")
    assert compiled.code == 0, compiled.err
    program = str(programs.directory / "crashing")
    bare = programs.run(program)
    flags = ["--quiet", "--release", "job@1", "--profile", "--profile-source", source, "--dsn", ingest.dsn]
    result = programs.run(programs.sentry_run, *flags, "--", program)
    assert result.code == bare.code == -signal.SIGSEGV
    (event,) = events_of(ingest, "SIGSEGV")
    assert names_of(frames_of(event))[-2:] == ["main", "crash"]
    (profile,) = ingest.wait_for("profile")
    functions = [function for function in leaf_functions(profile) if function]
    assert functions.count("work") > len(functions) / 2, functions
    assert programs.show()["profile"]["source"] == source


def test_the_tracer_samples_what_the_verb_starts(programs):
    script = f"{programs.fixture} spin 0.4; {programs.fixture} spin 0.2; exit 9"
    result = programs.run(
        programs.sentry_run, "profile", "--profile-source", "ptrace", "-o", "out.collapsed", "--", "sh", "-c", script
    )
    assert result.code == 9 and "ptrace" in result.err
    lines = (programs.directory / "out.collapsed").read_text().splitlines()
    assert any("spin" in line.rpartition(" ")[0].split(";")[-1] for line in lines), lines


# Waiting


def times(programs):
    """{stack, outermost first: seconds} of the file."""
    document = json.loads((programs.directory / "out.speedscope.json").read_text())
    frames = [frame["name"] for frame in document["shared"]["frames"]]
    sums = {}
    for profile in document["profiles"]:
        assert profile["unit"] == "nanoseconds"
        stack, since = [], 0
        for event in profile["events"]:
            if stack and event["at"] > since:
                sums[tuple(stack)] = sums.get(tuple(stack), 0) + (event["at"] - since) / 1e9
            since = event["at"]
            if event["type"] == "O":
                stack.append(frames[event["frame"]])
            else:
                assert stack.pop() == frames[event["frame"]]
    return sums


def seconds_in(programs, function):
    return sum(seconds for stack, seconds in times(programs).items() if any(function in name for name in stack))


@pytest.mark.parametrize("source", SOURCES)
def test_a_program_that_only_sleeps_is_seen_until_it_ends(programs, source):
    flags = ["--profile-mode", "wall", "--profile-source", source, "-o", "out.speedscope.json"]
    result = programs.run(programs.sentry_run, "profile", *flags, "--", "sleep", "1")
    assert result.code == 0
    assert 0.6 < seconds_in(programs, "nanosleep") < 1.1, (times(programs), result.err)


@pytest.mark.parametrize("source", SOURCES)
def test_programs_that_sleep_for_a_moment_are_seen(programs, source):
    script = "i=0; while [ $i -lt 20 ]; do sleep 0.1; i=$((i+1)); done"
    flags = ["--profile-mode", "wall", "--profile-source", source, "-o", "out.speedscope.json"]
    result = programs.run(programs.sentry_run, "profile", *flags, "--", "sh", "-c", script)
    assert result.code == 0
    # Of each the part after it was last looked at is missing.
    assert seconds_in(programs, "nanosleep") > 0.8, (times(programs), result.err)


def test_threads_without_a_processor_are_named(programs):
    """Two that spin on one processor: each waits half of the time, and did not choose to."""
    one = min(os.sched_getaffinity(0))
    script = f"{programs.fixture} spin 1 & {programs.fixture} spin 1; wait"
    result = programs.run(
        programs.sentry_run, "profile", "--profile-mode", "wall", "-o", "out.speedscope.json", "--",
        "taskset", "-c", str(one), "sh", "-c", script,
    )
    assert result.code == 0
    assert seconds_in(programs, "[waiting for a processor]") > 0.2, (times(programs), result.err)


# Python

PYTHON = """
import time
def inner(n):
    x = 0
    for i in range(n):
        x += i * i
    return x
def outer():
    end = time.process_time() + 0.6
    while time.process_time() < end:
        max([1, 2], key=lambda _: inner(20000))
outer()
"""


@needs_perf
@pytest.mark.skipif(not os.path.exists("/usr/bin/python3.11"), reason="needs Debian's python3.11")
def test_python_functions_stand_between_native_frames(programs):
    (programs.directory / "program.py").write_text(PYTHON)
    result = programs.run(
        programs.sentry_run, "profile", "-o", "out.speedscope.json", "--", "/usr/bin/python3.11", "program.py"
    )
    assert result.code == 0, result.err
    whole, everything = 0, 0
    for names, seconds in times(programs).items():
        everything += seconds
        wanted = ("outer", "outer.<locals>.<lambda>", "inner")
        if all(name in names for name in wanted):
            outer, key, inner = (names.index(name) for name in wanted)
            # What calls the lambda is C.
            whole += seconds if outer + 1 < key < inner else 0
    assert whole > everything / 2, (times(programs), result.err)
