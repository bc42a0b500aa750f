"""Any part of us may die, hang or be missing at any moment: the job goes on, and what was accepted is not lost.

The moments are random but seeded. SENTRY_RUN_KILL_TRIES=1000 makes many more of them.
"""

import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from conftest import ended, eventually, needs_root
from refusing import refuse

TRIES = int(os.environ.get("SENTRY_RUN_KILL_TRIES") or 12)
REPORTER, COURIER, SUPERVISOR = "sentry-run-reporter", "sentry-run-courier", "sentry-run"
LINES = b"".join(b"%d\n" % number for number in range(1, 26))
#: 25 lines with 5 ms between them, then status 7.
JOB = ["slow-write", "25", "5", "7"]
#: Lines of some 12 MB.
FLOOD = 1_500_000


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def start(programs, *flags, job=JOB, **options):
    command = [programs.sentry_run, "--quiet", *flags, "--", programs.fixture, *job]
    return programs.start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def kill_part_after(programs, process, name, delay):
    """Kills the first process of that program that is found once the delay is over, if any is while the job runs."""
    deadline = time.monotonic() + delay
    while time.monotonic() < deadline:
        time.sleep(max(0, min(0.002, deadline - time.monotonic())))
    while process.poll() is None:
        if found := programs.processes(name):
            kill(found[0])
            return True
    return False


@pytest.mark.parametrize("name", [REPORTER, COURIER])
def test_the_job_does_not_notice_the_death_of(programs, ingest, name):
    chance = random.Random(name)
    killed = 0
    for attempt in range(TRIES):
        process = start(programs, "--dsn", ingest.dsn, "--monitor-slug", "job")
        killed += kill_part_after(programs, process, name, chance.uniform(0, 0.2))
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (7, LINES, b""), f"attempt {attempt}"
    assert killed > TRIES // 3, "the test hardly ever found something to kill"


def test_the_job_outlives_the_supervisor(programs):
    chance = random.Random("supervisor")
    for attempt in range(TRIES):
        done = programs.directory / f"done-{attempt}"
        script = '"$0" slow-write 25 5; echo $? > "$1"; exit 7'
        process = programs.start(
            programs.sentry_run, "--quiet", "--", "sh", "-c", script, programs.fixture, str(done),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        # In the millisecond between the job's start and the reporter's nobody but the supervisor holds the job's pipes.
        assert eventually(lambda: programs.processes(REPORTER), 5, 0.001)
        time.sleep(chance.uniform(0, 0.12))
        kill(process.pid)
        out = process.stdout.read()
        assert eventually(done.exists, 5), f"attempt {attempt}: the job died with the supervisor"
        eventually(lambda: done.read_text(), 2)
        assert done.read_text() == "0\n", f"attempt {attempt}: the job could not write its output"
        received = out.split()
        # What was between reading and writing at that moment may be lost, nothing before and nothing after.
        assert len(received) >= 23 and received == sorted(set(received), key=int), f"attempt {attempt}: {received}"
        process.wait(5)
        process.stderr.close()


def test_a_flood_from_pipe_to_pipe_goes_on_when_the_supervisor_is_killed(programs):
    """Pages leave the job's pipe only into the next one. What was between reading and writing may be lost: one piece."""
    chance = random.Random("flood")
    written = b"".join(b"%d\n" % number for number in range(1, FLOOD + 1))
    for attempt in range(TRIES):
        process = programs.start(
            programs.sentry_run, "--quiet", "--", "sh", "-c", f"seq 1 {FLOOD}; sleep 0.2", stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        # By then pages are passed on: the job has filled its pipe.
        received = process.stdout.read(chance.randrange(1 << 20, 8 << 20))
        kill(process.pid)
        received += process.stdout.read()
        lost = len(written) - len(received)
        assert 0 <= lost <= 256 << 10, f"attempt {attempt}"
        if received != written:
            same = len(os.path.commonprefix([written, received]))
            assert received[same:] == written[same + lost:], f"attempt {attempt}: more than one piece is lost"
        process.wait(5)
        process.stderr.close()


def test_a_flood_from_pipe_to_pipe_does_not_wait_for_a_stopped_reporter(programs):
    script = f"sleep 0.3; seq 1 {FLOOD}; exit 3"
    process = programs.start(
        programs.sentry_run, "--quiet", "--", "sh", "-c", script, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    (reporter,) = eventually(lambda: programs.processes(REPORTER), 3)
    os.kill(reporter, signal.SIGSTOP)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 3
    assert out == b"".join(b"%d\n" % number for number in range(1, FLOOD + 1))


@pytest.mark.parametrize("calls", [["splice"], ["tee"], ["splice", "tee"]], ids="-".join)
def test_a_flood_passes_where_a_sandbox_forbids_to_move_pages(programs, calls):
    process = programs.start(
        programs.sentry_run, "--quiet", "--", "sh", "-c", f"seq 1 {FLOOD}; exit 3", stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, preexec_fn=refuse(*calls))
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (3, b"")
    assert out == b"".join(b"%d\n" % number for number in range(1, FLOOD + 1))


def test_the_report_of_a_run_whose_supervisor_was_killed_tells_its_end(programs, ingest):
    done = programs.directory / "done"
    process = programs.start(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--monitor-slug", "job", "--",
        "sh", "-c", 'sleep 0.6; echo last words; : > "$0"; exit 5', str(done),
    )
    ingest.wait_for("check_in")
    kill(process.pid)
    process.wait(5)
    assert eventually(done.exists, 5)
    (event,) = ingest.wait_for("event", timeout=20)
    assert "last words" in [crumb["message"] for crumb in event["breadcrumbs"]["values"]]
    assert ingest.wait_for("check_in", 2)[-1]["status"] == "error"


def test_what_a_killed_supervisor_leaves_to_the_reporter(programs, ingest):
    """A descendant of the job holds the pipe for longer than the job lives: its output still reaches the caller."""
    script = "sleep 0.3; echo job; (sleep 0.6; echo descendant) & exit 5"
    process = programs.start(
        programs.sentry_run, "--dsn", ingest.dsn, "--monitor-slug", "job", "--release", "a@1", "--", "sh", "-c", script,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    assert eventually(lambda: programs.processes(REPORTER), 5)
    time.sleep(0.1)
    kill(process.pid)
    assert process.stdout.read() == b"job\ndescendant\n"
    assert process.stderr.read() == b""
    process.wait(5)
    (event,) = ingest.wait_for("event", timeout=20)
    assert "status 5" in str(event["exception"]) and event["contexts"]["exit"]["code"] == 5
    assert event["tags"]["supervisor"] == "killed"
    opening, closing = ingest.wait_for("check_in", 2)
    assert (opening["status"], closing["status"]) == ("in_progress", "error")
    record = programs.show()
    assert record["exit"] == {"code": 5}
    assert any("the supervisor was killed" in note for note in record["notes"]), record["notes"]


def test_a_run_that_lost_all_of_us_is_closed_by_the_next(programs, ingest):
    secret = "hunter2-" + os.urandom(8).hex()
    flags = ["--quiet", "--dsn", ingest.dsn, "--release", "a@1"]
    lost = programs.start(
        programs.sentry_run, *flags, "--monitor-slug", "lost", "--tag", "team=data", "--",
        "sh", "-c", f"echo early words; : password={secret}; exec sleep 30", f"--password={secret}",
        stdout=subprocess.PIPE,
    )
    ingest.wait_for("check_in")
    lost.send_signal(signal.SIGSTOP)
    for pid in [*programs.processes(REPORTER), lost.pid]:
        kill(pid)
    lost.wait(5)
    lost.stdout.close()
    journals = list(programs.state.glob("active/*/journal"))
    assert len(journals) == 1 and secret.encode() not in journals[0].read_bytes()

    programs.supervise("exit", "0", flags=[*flags, "--monitor-slug", "next"])
    (event,) = ingest.wait_for("event", timeout=20)
    assert event["exception"]["values"][-1]["type"] == "SupervisionLost"
    assert event["tags"]["team"] == "data"
    assert "early words" in [crumb["message"] for crumb in event["breadcrumbs"]["values"]]
    ingest.wait_for("check_in", 4)
    entries = [entry for entry in ingest.items("check_in") if entry["monitor_slug"] == "lost"]
    assert [entry["status"] for entry in entries] == ["in_progress", "error"]
    assert len({entry["check_in_id"] for entry in entries}) == 1
    assert sorted(update["status"] for update in ingest.wait_for("session", 2)) == ["abnormal", "exited"]
    assert not list(programs.state.glob("active/*"))
    record = programs.show(journals[0].parent.name)
    assert (record["monitor"], record["verdict"]["kind"]) == ("lost", "supervision_lost")
    assert [line["text"] for line in record["lines"]] == ["early words"]
    assert secret not in str(record) and secret not in str(event)


def test_the_report_survives_the_death_of_the_reporter(programs, ingest):
    chance = random.Random("report")
    for attempt in range(max(3, TRIES // 4)):
        before = len(ingest.items("event"))
        process = start(programs, "--dsn", ingest.dsn)
        kill_part_after(programs, process, REPORTER, chance.uniform(0.01, 0.12))
        process.communicate(timeout=20)
        assert len(ingest.wait_for("event", before + 1, timeout=20)) == before + 1, f"attempt {attempt}"
        assert "7" in str(ingest.items("event")[-1]["exception"])


def test_a_report_survives_the_death_of_the_courier(programs, ingest):
    chance = random.Random("courier")
    ingest.set_plan("delay:0.05")
    attempts = max(3, TRIES // 4)
    for _ in range(attempts):
        process = start(programs, "--dsn", ingest.dsn)
        kill_part_after(programs, process, COURIER, chance.uniform(0.0, 0.3))
        process.communicate(timeout=20)
        for pid in programs.processes(COURIER):
            kill(pid)
    programs.supervise("exit", "0", flags=["--quiet", "--dsn", ingest.dsn])
    ingest.wait_until(lambda ingest: len({event["event_id"] for event in ingest.items("event")}) >= attempts, 30)
    assert len({event["event_id"] for event in ingest.items("event")}) == attempts


def test_the_reporter_is_started_again_at_most_three_times(programs):
    process = start(programs, job=["slow-write", "60", "20", "7"])
    killed = set()
    while process.poll() is None:
        for pid in programs.processes(REPORTER):
            kill(pid)
            killed.add(pid)
        time.sleep(0.01)
    out, _ = process.communicate(timeout=10)
    assert process.returncode == 7 and len(out.split()) == 60
    assert 2 <= len(killed) <= 4, killed


# Parts that are missing or broken


def with_programs(programs, **replacements):
    """A directory of the three programs in which some are replaced by a script, or missing (None)."""
    directory = programs.directory / "programs"
    directory.mkdir()
    for name in (SUPERVISOR, REPORTER, COURIER):
        replacement = replacements.get(name.replace("-", "_"), "")
        if replacement is None:
            continue
        if replacement:
            (directory / name).write_text(replacement)
            (directory / name).chmod(0o755)
        else:
            shutil.copy2(programs.programs / name, directory / name)
    programs.programs = directory
    programs.environment["PATH"] = f"{directory}:/usr/bin:/bin"


BROKEN = {
    "missing": None,
    "fails at once": "#!/bin/sh\nexit 1\n",
    "crashes at once": "#!/bin/sh\nkill -SEGV $$\n",
    "not a program": "garbage\n",
    "ends its input": "#!/bin/sh\nexec <&- >&- 2>&-\nsleep 0.05\n",
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("name", ["sentry_run_reporter", "sentry_run_courier"])
def test_the_job_runs_where_a_part_is_broken(programs, ingest, name, how):
    with_programs(programs, **{name: BROKEN[how]})
    result = programs.supervise(*JOB, flags=["--quiet", "--dsn", ingest.dsn, "--monitor-slug", "job"])
    assert (result.code, result.stdout, result.stderr) == (7, LINES, b"")
    assert result.seconds < 5


def test_a_missing_reporter_is_said(programs):
    with_programs(programs, sentry_run_reporter=None)
    result = programs.run(programs.sentry_run, "--", "true")
    assert result.code == 0
    assert REPORTER in result.err


@pytest.mark.parametrize("job", [JOB, ["binary", "20000000"], ["flood", "0.3"]], ids=lambda job: job[0])
def test_a_reporter_that_hangs_delays_nothing_but_a_bounded_end(programs, job):
    with_programs(programs, sentry_run_reporter="#!/bin/sh\nexec sleep 60\n")
    result = programs.supervise(*job, stdout=subprocess.DEVNULL if job[0] == "flood" else subprocess.PIPE)
    assert result.code == (7 if job is JOB else 0)
    if job[0] == "binary":
        assert result.stdout == programs.bare("binary", "20000000").stdout
    assert result.seconds < 8


def test_a_reporter_that_is_stopped_in_the_middle_delays_nothing_but_a_bounded_end(programs):
    process = start(programs, job=["slow-write", "50", "10", "7"])
    reporters = eventually(lambda: programs.processes(REPORTER), 3)
    assert reporters
    os.kill(reporters[0], signal.SIGSTOP)
    begin = time.monotonic()
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 7 and len(out.split()) == 50
    assert time.monotonic() - begin < 8


def test_a_verb_whose_program_is_missing_says_so(programs):
    with_programs(programs, sentry_run_reporter=None)
    result = programs.run(programs.sentry_run, "show")
    assert result.code != 0 and REPORTER in result.err


# Disks


@pytest.fixture
def small_disk(programs):
    """A file system of 256 KiB as state directory."""
    programs.state.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(programs.state)], capture_output=True, text=True
    )
    if mount.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {mount.stderr.strip()}")
    yield programs.state
    programs.end_leftovers()
    eventually(lambda: subprocess.run(["umount", str(programs.state)], capture_output=True).returncode == 0, 5)


def fill(directory):
    """Until nothing more fits."""
    ballast = os.open(directory / "ballast", os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(ballast, b"x" * 512):
            pass
    except OSError:
        pass
    finally:
        os.close(ballast)


@needs_root
def test_a_full_disk_does_not_harm_the_job(programs, small_disk):
    fill(small_disk)
    result = programs.run(programs.sentry_run, "--", programs.fixture, "fail")
    assert (result.code, result.out) == (3, "working\n")
    ours = [line for line in result.err.splitlines() if line.startswith("sentry-run: ")]
    assert ours, "what was at risk is said"
    assert "sentry-run show" not in result.err, "nothing was kept that could be shown"


@needs_root
def test_a_disk_that_fills_up_during_the_run_does_not_harm_the_job(programs, small_disk):
    result = programs.supervise("lines", "30000000")
    assert result.code == 0
    assert len(result.stdout) >= 30000000


@needs_root
def test_with_a_full_disk_the_event_is_sent_all_the_same(programs, small_disk, ingest):
    fill(small_disk)
    programs.supervise("fail", flags=["--quiet", "--dsn", ingest.dsn])
    ingest.wait_for("event", timeout=20)


@needs_root
def test_a_read_only_state_directory_does_not_harm_the_job(programs, small_disk, ingest):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    result = programs.run(programs.sentry_run, "--dsn", ingest.dsn, "--", programs.fixture, "fail")
    assert (result.code, result.out) == (3, "working\n")
    assert str(programs.state) in result.err
    ingest.wait_for("event", timeout=20)


# Many at once


def test_fifty_runs_at_once_do_not_disturb_each_other(programs, ingest):
    runs = [
        start(programs, "--dsn", ingest.dsn, "--logs", "off", job=["slow-write", "5", "20", str(number + 1)])
        for number in range(50)
    ]
    for number, run in enumerate(runs):
        out, err = run.communicate(timeout=60)
        assert (run.returncode, out, err) == (number + 1, b"1\n2\n3\n4\n5\n", b"")
    events = ingest.wait_for("event", 50, timeout=60)
    ingest.wait_quiet(1)
    assert len(ingest.items("event")) == len({event["event_id"] for event in events}) == 50


def test_fifty_runs_at_once_leave_fifty_local_reports(programs):
    runs = [start(programs, job=["exit", str(number)]) for number in range(50)]
    assert sorted(run.wait(60) for run in runs) == list(range(50))
    for run in runs:
        run.stdout.close()
        run.stderr.close()
    kept = programs.run(programs.sentry_run, "runs", "--json", "--limit", "0").json
    assert sorted(run["exit"]["code"] for run in kept) == list(range(50))


def test_no_process_of_ours_outlives_a_run_without_a_DSN(programs):
    assert programs.supervise("fail").code == 3
    assert eventually(lambda: programs.processes() == [], 5), programs.processes()


def test_killing_everything_of_ours_at_once_leaves_the_job_alone(programs, ingest):
    done = programs.directory / "done"
    process = start(programs, "--dsn", ingest.dsn, job=["announce", str(done), "1"])
    assert eventually(done.exists, 5)
    job = int(done.read_text())
    for name in (SUPERVISOR, REPORTER, COURIER):
        for pid in programs.processes(name):
            kill(pid)
    process.wait(5)
    assert not ended(job), "the job is not ours to end"
    assert eventually(lambda: ended(job), 5)
    process.stdout.close()
    process.stderr.close()
