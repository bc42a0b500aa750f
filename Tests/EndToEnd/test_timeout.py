"""--timeout: TERM, then KILL after --kill-after, recorded as a timeout."""

import os
import signal
import subprocess
import time

import pytest

from conftest import ended, eventually


def test_a_job_that_takes_too_long_gets_TERM(programs):
    result = programs.supervise("sleep", "30", flags=["--quiet", "--timeout", "300ms"])
    assert result.code == -signal.SIGTERM
    assert 0.3 <= result.seconds < 3


def test_a_job_that_ignores_TERM_gets_KILL(programs):
    flags = ["--quiet", "--timeout", "200ms", "--kill-after", "300ms"]
    result = programs.supervise("ignore-term", "30", flags=flags)
    assert result.code == -signal.SIGKILL
    assert 0.5 <= result.seconds < 3


def test_a_job_that_ends_orderly_at_TERM_keeps_its_status(programs):
    assert programs.supervise("graceful", "5", flags=["--quiet", "--timeout", "300ms"]).code == 5


def test_a_job_in_time_is_not_touched(programs):
    assert programs.supervise("exit", "2", flags=["--quiet", "--timeout", "1h"]).code == 2


def test_the_report_says_that_it_was_a_timeout(programs):
    programs.supervise("sleep", "30", flags=["--quiet", "--timeout", "200ms"])
    assert programs.show()["verdict"]["kind"] == "timed_out"


def test_an_orderly_exit_after_the_timeout_is_still_a_timeout(programs):
    programs.supervise("graceful", "0", flags=["--quiet", "--timeout", "200ms"])
    assert programs.show()["verdict"]["kind"] == "timed_out"


def test_the_event_and_the_check_in_of_a_timeout_are_failures(programs, ingest):
    flags = ["--quiet", "--timeout", "200ms", "--dsn", ingest.dsn, "--monitor-slug", "slow"]
    programs.supervise("graceful", "0", flags=flags)
    (event,) = ingest.wait_for("event")
    assert "timeout" in str(event).lower()
    assert [check_in["status"] for check_in in ingest.wait_for("check_in", 2)] == ["in_progress", "error"]


def test_with_kill_group_the_jobs_children_end_too(programs):
    pid_file = programs.directory / "pid"
    process = programs.start(
        programs.sentry_run, "--quiet", "--kill-group", "--timeout", "500ms", "--",
        "sh", "-c", '"$0" announce "$1" 30 & wait', programs.fixture, str(pid_file), start_new_session=True,
    )
    assert eventually(pid_file.exists, 5)
    child = int(pid_file.read_text())
    process.wait(10)
    assert eventually(lambda: ended(child), 2)


def test_a_stopped_job_is_ended_all_the_same(programs):
    flags = ["--quiet", "--timeout", "400ms", "--kill-after", "300ms"]
    pid_file = programs.directory / "pid"
    process = programs.start(
        programs.sentry_run, *flags, "--", programs.fixture, "announce", str(pid_file), "60", stdout=subprocess.DEVNULL
    )
    assert eventually(pid_file.exists, 5)
    os.kill(int(pid_file.read_text()), signal.SIGSTOP)
    begin = time.monotonic()
    while process.poll() is None and time.monotonic() - begin < 8:
        # We stop with the job, as a shell would see it; whoever continues us gets the timeout.
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(0.05)
    assert process.poll() in (-signal.SIGKILL, -signal.SIGTERM)


@pytest.mark.parametrize("duration", ["90s", "5m", "1h", "1h30m", "500ms", "2"])
def test_durations_are_read(programs, duration):
    assert programs.supervise("exit", "0", flags=["--quiet", "--timeout", duration]).code == 0
