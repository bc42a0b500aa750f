"""A job is profiled and does not notice; Sentry gets the profile in the form that it shows, people get a file."""

import json
import os
import pty
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from conftest import PROGRAMS, eventually, needs_root
from refusing import refuse

PROFILER, REPORTER = "sentry-run-profiler", "sentry-run-reporter"
FLAGS = ["--quiet", "--release", "job@1", "--profile"]


def perf_works():
    probe = subprocess.run([PROGRAMS / "sentry-run", "doctor"], capture_output=True, text=True, env={"HOME": "/nonexistent"})
    return "by perf: " in probe.stdout


needs_perf = pytest.mark.skipif(not perf_works(), reason="perf events are not permitted here")


def leaf_functions(profile):
    """The function that each sample was in, None for an idle one."""
    inside = profile["profile"]
    stacks = [inside["stacks"][sample["stack_id"]] for sample in inside["samples"]]
    return [inside["frames"][stack[0]]["function"] if stack else None for stack in stacks]


# What arrives


@pytest.mark.parametrize("source", [pytest.param("perf", marks=needs_perf), "ptrace"])
def test_a_profile_goes_with_the_transaction(programs, ingest, source):
    result = programs.supervise("spin", "0.5", flags=[*FLAGS, "--profile-source", source, "--dsn", ingest.dsn])
    assert (result.code, result.out, result.err) == (0, "", "")
    (profile,) = ingest.wait_for("profile")
    (transaction,) = ingest.items("transaction")
    assert profile["transaction"]["id"] == transaction["event_id"]
    assert profile["release"] == "job@1"
    data = transaction["contexts"]["trace"]["data"]
    assert data["thread.id"] == profile["transaction"]["active_thread_id"] == str(data["process.pid"])
    functions = [function for function in leaf_functions(profile) if function]
    assert functions.count("spin") > len(functions) / 2, functions
    assert programs.show()["profile"]["source"] == source


def test_names_of_users_and_secrets_are_in_no_profile(programs, ingest, tmp_path):
    program = tmp_path / "home" / "bob" / "password=hunter2" / "job"
    program.parent.mkdir(parents=True)
    shutil.copy(programs.fixture, program)
    programs.run(programs.sentry_run, *FLAGS, "--dsn", ingest.dsn, "--", program, "spin", "0.4")
    (profile,) = ingest.wait_for("profile")
    text = json.dumps(profile)
    assert "/home/[Filtered]/" in text and "spin" in text
    assert "bob" not in text and "hunter2" not in text


@needs_perf
def test_a_long_run_sends_chunks(programs, ingest):
    """Long is what the server's limits say; here they are smaller."""
    limits = {"SENTRY_RUN_TEST_PROFILE_LIMITS": "300,300"}
    programs.supervise("spin", "1.2", flags=[*FLAGS, "--dsn", ingest.dsn], env=limits)
    chunks = ingest.wait_for("profile_chunk", 3)
    (transaction,) = ingest.wait_for("transaction")
    assert ingest.items("profile") == []
    assert {chunk["profiler_id"] for chunk in chunks} == {transaction["contexts"]["profile"]["profiler_id"]}
    assert len({chunk["chunk_id"] for chunk in chunks}) == len(chunks)
    times = [sample["timestamp"] for chunk in chunks for sample in chunk["profile"]["samples"]]
    assert transaction["start_timestamp"] - 0.01 <= min(times) and max(times) <= transaction["timestamp"] + 0.1
    assert max(times) - min(times) > 0.6


@pytest.mark.parametrize(
    "flags", [["--profiles-sample-rate", "0"], ["--traces-sample-rate", "0"], ["--no-profile"]], ids=lambda flags: flags[0]
)
def test_a_run_that_was_not_drawn_is_not_profiled(programs, ingest, flags):
    programs.supervise("spin", "0.2", flags=[*FLAGS, *flags, "--dsn", ingest.dsn])
    ingest.wait_for("session")
    ingest.wait_quiet()
    assert ingest.items("profile") == []
    assert "profile" not in programs.show() or programs.show()["profile"] is None


@needs_perf
def test_a_file_is_written_beside(programs, ingest):
    programs.supervise("spin", "0.3", flags=[*FLAGS, "-o", "out.collapsed", "--dsn", ingest.dsn])
    lines = (programs.directory / "out.collapsed").read_text().splitlines()
    assert any("spin" in line.rpartition(" ")[0].split(";")[-1] for line in lines), lines
    assert programs.show()["profile"]["output"] == str(programs.directory / "out.collapsed")


@needs_perf
def test_the_profiles_of_children_are_in_it(programs, ingest):
    script = f"{programs.fixture} spin 0.3 & {programs.fixture} spin 0.3; wait"
    programs.run(programs.sentry_run, *FLAGS, "--dsn", ingest.dsn, "--", "sh", "-c", script)
    (profile,) = ingest.wait_for("profile")
    spinning = {
        sample["thread_id"] for sample, function in zip(profile["profile"]["samples"], leaf_functions(profile))
        if function == "spin"
    }
    assert len(spinning) == 2


@needs_perf
def test_wall_mode_sees_threads_that_wait(programs):
    flags = ["-o", "out.collapsed", "--profile-mode"]
    for mode in ("cpu", "wall"):
        result = programs.run(programs.sentry_run, "profile", *flags, mode, "--", programs.fixture, "sleep", "1")
        assert result.code == 0
        seen = "sleep" in (programs.directory / "out.collapsed").read_text()
        assert seen == (mode == "wall"), result.err


# What the job notices


SOURCES = [
    [], ["--trace", "off"], ["--trace", "main"], ["--profile-source", "ptrace"], ["--profile-source", "ptrace", "--trace", "off"],
    ["--profile-mode", "wall"],
]


@pytest.mark.parametrize("flags", SOURCES, ids=" ".join)
@pytest.mark.parametrize("verb", [(), ("profile",)], ids=["run", "verb"])
def test_the_job_is_what_it_is_without_us(programs, verb, flags):
    if verb and "--trace" in flags:
        pytest.skip("the verb has no such option")
    command = [programs.sentry_run, *verb, "-q", *([] if verb else ["--profile"]), *flags, "--"]
    copied = programs.run(*command, "sh", "-c", "cat; echo err >&2; exit 7", input=b"in\0put")
    assert (copied.code, copied.stdout, copied.stderr) == (7, b"in\0put", b"err\n")
    assert programs.run(*command, "sh", "-c", "kill -SEGV $$").code == -signal.SIGSEGV
    assert programs.run(*command, "true").code == 0
    missing = programs.run(*command, "nosuchprogram")
    assert missing.code == 127 and "there is no profile" not in missing.err


@pytest.mark.parametrize("verb", [(), ("profile",)], ids=["run", "verb"])
def test_a_job_at_a_terminal_is_held_and_let_go(programs, verb):
    ours, theirs = pty.openpty()
    process = programs.start(
        programs.sentry_run, *verb, *([] if verb else ["--profile"]), "--", "sh", "-c", "test -t 0 && test -t 1; exit 4$?",
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )
    os.close(theirs)
    assert process.wait(20) == 40
    os.close(ours)


def test_a_signal_ends_the_job_and_its_profile_is_written(programs):
    process = programs.start(
        programs.sentry_run, "profile", "-o", "out.html", "--", "sh", "-c", "echo on; exec sleep 30",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )
    assert process.stdout.readline() == b"on\n"
    # As the terminal does: to the whole group, of which all of us are.
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT
    assert (programs.directory / "out.html").exists(), err


# What is refused


def spin(programs, ingest, *flags, **options):
    command = [programs.sentry_run, *FLAGS, *flags, "--dsn", ingest.dsn, "--", programs.fixture, "spin", "0.4"]
    result = programs.run(*command, **options)
    assert (result.code, result.out, result.err) == (0, "", "")
    ingest.wait_for("transaction")
    return programs.show()


def test_where_perf_is_refused_the_tracer_samples(programs, ingest):
    record = spin(programs, ingest, preexec_fn=refuse("perf_event_open"))
    (profile,) = ingest.wait_for("profile")
    assert "spin" in leaf_functions(profile)
    assert record["profile"]["source"] == "ptrace"
    assert any("perf is not permitted" in note for note in record["notes"]), record["notes"]


@pytest.mark.parametrize(
    "refused, flags, reasons",
    [
        (["perf_event_open", "ptrace"], [], ["perf is not permitted", "ptrace is not permitted"]),
        (["perf_event_open"], ["--profile-source", "perf"], ["perf is not permitted"]),
        (["perf_event_open"], ["--trace", "off"], ["perf is not permitted", "not traced (--trace off)"]),
        (["ptrace"], ["--profile-source", "ptrace"], ["ptrace is not permitted"]),
    ],
)
def test_where_nothing_is_permitted_the_report_says_why(programs, ingest, refused, flags, reasons):
    record = spin(programs, ingest, *flags, preexec_fn=refuse(*refused))
    (said,) = [note for note in record["notes"] if note.startswith("there is no profile: ")]
    assert all(reason in said for reason in reasons), said
    ingest.wait_quiet()
    assert ingest.items("profile") == []


@pytest.mark.parametrize(
    "refused, flags, status, words",
    [
        ([], [], 0, "by perf"),
        (["perf_event_open"], ["--profile"], 0, "by ptrace; not by perf"),
        (["perf_event_open"], ["--profile", "--profile-source", "perf"], 1, "no samples by perf"),
        (["perf_event_open", "ptrace"], ["--profile"], 1, "no samples by perf"),
        (["perf_event_open", "ptrace"], [], 0, "no samples by perf"),
    ],
)
def test_doctor_names_what_can_take_samples(programs, refused, flags, status, words):
    if not refused and not perf_works():
        pytest.skip("perf events are not permitted here")
    result = programs.run(programs.sentry_run, "doctor", *flags, preexec_fn=refuse(*refused) if refused else None)
    (line,) = [line for line in result.out.splitlines() if "  profile " in line]
    assert result.code == status and words in line, line


# What becomes of parts of us


def with_programs(programs, *missing):
    directory = programs.directory / "programs"
    directory.mkdir()
    for name in ("sentry-run", REPORTER, "sentry-run-courier", PROFILER):
        if name not in missing:
            shutil.copy2(PROGRAMS / name, directory / name)
    programs.programs = directory
    programs.environment["PATH"] = f"{directory}:/usr/bin:/bin"


def notes(programs):
    return " ".join(programs.show()["notes"])


def test_without_the_profiler_the_report_says_so(programs, ingest):
    with_programs(programs, PROFILER)
    result = programs.supervise("fail", flags=[*FLAGS, "--dsn", ingest.dsn])
    assert (result.code, result.out) == (3, "working\n")
    ingest.wait_for("transaction")
    assert "there is no profile: the profiler could not be started" in notes(programs)
    alone = programs.run(programs.sentry_run, "profile", "--", "true")
    assert alone.code == 0 and "there is no profile" in alone.err


def start_spinning(programs, *flags):
    """A job that is sampled until a line comes."""
    process = programs.start(
        programs.sentry_run, *FLAGS, *flags, "--", "sh", "-c", "echo on; read line; echo $line; exit 6",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"on\n"
    (profiler,) = eventually(lambda: programs.processes(PROFILER), 10)
    return process, profiler


def finish(process):
    begin = time.monotonic()
    out, err = process.communicate(b"off\n", timeout=30)
    assert (process.returncode, out, err) == (6, b"off\n", b"")
    return time.monotonic() - begin


def test_a_profiler_that_is_killed_is_missed_by_nobody_but_the_report(programs, ingest):
    process, profiler = start_spinning(programs, "--dsn", ingest.dsn)
    os.kill(profiler, signal.SIGKILL)
    assert eventually(lambda: programs.processes(PROFILER) == [], 5)
    finish(process)
    ingest.wait_for("transaction")
    assert "there is no profile: the profiler was ended by SIGKILL" in notes(programs)


def test_a_profiler_that_hangs_delays_nothing_but_a_bounded_end(programs, ingest):
    process, profiler = start_spinning(programs, "--dsn", ingest.dsn, "--symbolication-timeout", "500ms")
    os.kill(profiler, signal.SIGSTOP)
    assert finish(process) < 8
    ingest.wait_for("transaction")
    assert "there is no profile: the profiler did not answer in time" in notes(programs)
    assert eventually(lambda: programs.processes(PROFILER) == [], 5)


def test_a_reporter_that_is_killed_has_the_samples_read_on(programs, ingest):
    process, profiler = start_spinning(programs, "--dsn", ingest.dsn)
    parent = int(Path(f"/proc/{profiler}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    other = eventually(lambda: [pid for pid in programs.processes(PROFILER) if pid != profiler], 10)
    assert other, "another reporter starts another profiler"
    assert eventually(lambda: profiler not in programs.processes(PROFILER), 10), "one without its reporter ends"
    finish(process)
    ingest.wait_for("transaction")
    assert "samples from before the reporter was started anew" in notes(programs)


def test_the_profiler_ends_with_a_supervisor_that_is_killed(programs):
    process, _ = start_spinning(programs)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(b"off\n", timeout=30)
    assert eventually(lambda: programs.processes() == [], 20), programs.processes()


# The verb


@needs_perf
def test_the_verb_needs_no_sentry_and_leaves_a_file(programs):
    result = programs.run(programs.sentry_run, "profile", "--", programs.fixture, "spin", "0.5")
    assert result.code == 0 and result.out == ""
    (page,) = programs.directory.glob("FixtureJob-*-*.html")
    assert f"sentry-run: the profile is in {page}" in result.err.splitlines()
    assert "spin" in result.err and "<html" in page.read_text()[:1000]
    assert not programs.state.exists(), "nothing is kept"


@needs_perf
def test_the_verb_sends_nothing_whatever_the_variables_say(programs, ingest):
    environment = {"SENTRY_DSN": ingest.dsn, "SENTRY_TRACES_SAMPLE_RATE": "1"}
    result = programs.run(
        programs.sentry_run, "profile", "-o", "x.svg", "--", "sh", "-c", "echo $SENTRY_TRACE", env=environment
    )
    assert (result.code, result.out) == (0, "\n")
    assert (programs.directory / "x.svg").exists()
    ingest.wait_quiet()
    assert ingest.requests == 0


def test_a_file_that_cannot_be_written_is_said_and_harms_nobody(programs):
    result = programs.run(programs.sentry_run, "profile", "-o", "/nonexistent/x.html", "--", "sh", "-c", "exit 5")
    assert result.code == 5
    assert "/nonexistent/x.html could not be written" in result.err


def test_quiet_is_quiet(programs):
    result = programs.run(programs.sentry_run, "profile", "-q", "-o", "x.html", "--", "sh", "-c", "exit 5")
    assert (result.code, result.err) == (5, "")
    assert (programs.directory / "x.html").exists()


# Users without privileges

NOBODY = 65534
IDS = f"setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups env".split()


@pytest.fixture
def place():
    """A directory that everybody can reach, with our programs and one that is set-id."""
    directory = Path(tempfile.mkdtemp(prefix="profiling-"))
    directory.chmod(0o777)
    for program in PROGRAMS.glob("sentry-run*"):
        if os.access(program, os.X_OK) and program.is_file():
            shutil.copy(program, directory)
    shutil.copy(PROGRAMS / "FixtureJob", directory)
    shutil.copy("/usr/bin/id", directory / "set-id")
    (directory / "set-id").chmod(0o4755)
    yield directory
    shutil.rmtree(directory)


@needs_root
@pytest.mark.parametrize("source", [pytest.param("perf", marks=needs_perf), "ptrace"])
def test_a_user_without_privileges_can_profile(programs, place, source):
    result = programs.run(
        *IDS, str(place / "sentry-run"), "profile", "--profile-source", source, "-o", "out.collapsed", "--",
        str(place / "FixtureJob"), "spin", "0.4",
        env={"HOME": str(place), "SENTRY_RUN_STATE_DIR": None}, cwd=place,
    )
    assert result.code == 0, result.err
    assert "spin" in (place / "out.collapsed").read_text(), result.err


@needs_root
@pytest.mark.parametrize("flags", [["--trace", "off"], []], ids=["untraced", "traced"])
def test_a_set_id_program_keeps_its_privileges(programs, place, flags):
    result = programs.run(
        *IDS, str(place / "sentry-run"), "--quiet", "--profile", *flags, "--", str(place / "set-id"), "-u",
        env={"HOME": str(place), "SENTRY_RUN_STATE_DIR": str(place / "state")}, cwd=place,
    )
    if os.statvfs(place).f_flag & os.ST_NOSUID:
        pytest.skip("set-id programs have no effect here")
    assert (result.code, result.out) == (0, "0\n"), result.err
