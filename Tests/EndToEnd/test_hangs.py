"""A job that stands still: its stacks are reported, of a hang without touching it, of a timeout before it is ended."""

import signal
import sys

from crash_reports import assert_chain, report

WAITING = ("main", "wait_for_signal")


def stacks_of(event):
    """The frames of every thread, and of the exception."""
    holders = [*event.get("threads", {}).get("values", []), *event.get("exception", {}).get("values", [])]
    return [holder["stacktrace"]["frames"] for holder in holders if "stacktrace" in holder]


def waiting_stacks(event):
    found = [frames for frames in stacks_of(event) if any(frame.get("function") == "wait_for_signal" for frame in frames)]
    for frames in found:
        assert_chain(frames, WAITING)
        assert frames[-1]["function"].endswith("pause")
    return found


def start(programs, ingest, *command, flags=()):
    flags = ["--quiet", "--dsn", ingest.dsn, *flags]
    return programs.start(programs.sentry_run, *flags, "--", *map(str, command), stdout=-1)


def test_a_hang_is_reported_once_and_the_job_goes_on(programs, ingest, crashes):
    process = start(programs, ingest, crashes.variant("O0"), "wait-for-signal", flags=["--hang-timeout", "1s"])
    pid = int(process.stdout.readline())
    (event,) = ingest.wait_for("event", timeout=15)
    assert waiting_stacks(event)
    assert any(thread["id"] == pid for thread in event["threads"]["values"])
    ingest.wait_quiet(3)
    assert process.poll() is None, "nobody touched the job"
    assert len(ingest.items("event")) == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM


def test_a_hang_of_a_child_shows_the_child(programs, ingest, crashes):
    script = f"{crashes.variant('O0')} wait-for-signal; true"
    process = start(programs, ingest, "sh", "-c", script, flags=["--hang-timeout", "1s"])
    process.stdout.readline()
    (event, *_) = ingest.wait_for("event", timeout=15)
    assert any(waiting_stacks(event) for event in ingest.items("event")), event
    process.kill()


def test_a_job_that_writes_is_not_hung(programs, ingest):
    script = "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.25; done"
    assert report(programs, ingest, "sh", "-c", script, flags=["--hang-timeout", "1s"]).code == 0
    ingest.wait_quiet()
    assert ingest.items("event") == []


def test_a_job_that_computes_is_not_hung(programs, ingest):
    script = "import time\nend = time.time() + 2.5\nwhile time.time() < end: pass"
    assert report(programs, ingest, sys.executable, "-c", script, flags=["--hang-timeout", "1s"]).code == 0
    ingest.wait_quiet()
    assert ingest.items("event") == []


def test_a_timeout_shows_what_the_job_was_waiting_for(programs, ingest, crashes):
    flags = ["--timeout", "700ms"]
    result = report(programs, ingest, crashes.variant("O0"), "wait-for-signal", flags=flags)
    assert result.code == -signal.SIGTERM
    (event,) = ingest.wait_for("event")
    assert "ProcessTimeout" in [value["type"] for value in event["exception"]["values"]]
    assert waiting_stacks(event)


def test_a_timeout_shows_every_process(programs, ingest, crashes):
    script = f"{crashes.variant('O0')} wait-for-signal & {crashes.variant('O2')} wait-for-signal & wait"
    report(programs, ingest, "sh", "-c", script, flags=["--timeout", "1s", "--kill-group"])
    events = ingest.wait_for("event")
    (event,) = events
    assert waiting_stacks(event), "the shell waits for them: they matter"
    (stacks,) = ingest.items("attachment")
    assert stacks.decode().count("wait_for_signal (") == 2
