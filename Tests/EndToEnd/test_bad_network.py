"""Nothing waits for the network, and nothing is lost because of it."""

import json
import os
import signal
import time

import pytest

from conftest import namespaces_work
from ingest import Ingest

#: What a run may take longer than one without a DSN in the same test: far above any noise on two cores, far below what
#: waiting for the network would cost.
EXTRA_SECONDS = 0.25


def job_starts_and_ends(programs, *flags, env=None):
    """Seconds from our start to the job's first instruction, and to our end."""
    file = programs.directory / "clock"
    file.unlink(missing_ok=True)
    begin = time.monotonic()
    result = programs.run(programs.sentry_run, "--quiet", *flags, "--", programs.fixture, "clock", str(file), env=env)
    end = time.monotonic()
    assert result.code == 0
    return int(file.read_text()) / 1e9 - begin, end - begin


def best(programs, *flags):
    starts, ends = zip(*(job_starts_and_ends(programs, *flags) for _ in range(5)))
    return min(starts), min(ends)


@pytest.mark.parametrize(
    "plan", ["refuse", "hang", "deaf", "500", "delay:0.3", "slow-loris", "reset", "close", "429", "413"]
)
def test_the_job_starts_and_we_return_as_fast_as_without_a_server(programs, plan):
    start_alone, end_alone = best(programs)
    with Ingest("ok" if plan == "refuse" else plan, refusing=plan == "refuse") as ingest:
        start, end = best(programs, "--dsn", ingest.dsn, "--monitor-slug", "job")
    assert start < start_alone + EXTRA_SECONDS
    assert end < end_alone + EXTRA_SECONDS


def test_a_host_that_does_not_resolve_delays_nothing(programs):
    _, end_alone = best(programs)
    _, end = best(programs, "--dsn", "http://0123456789abcdef0123456789abcdef@no-such-host.invalid/1")
    assert end < end_alone + EXTRA_SECONDS


def fail(programs, ingest, *flags, **options):
    return programs.supervise("fail", flags=["--quiet", "--dsn", ingest.dsn, *flags], **options)


@pytest.mark.plan("refuse")
def test_what_could_not_be_delivered_is_delivered_by_the_next_run(programs, ingest):
    assert fail(programs, ingest).code == 3
    # The courier would try again later; here a later run has to do it.
    programs.end_leftovers()
    ingest.listen()
    programs.supervise("exit", "0", flags=["--quiet", "--dsn", ingest.dsn])
    (event,) = ingest.wait_for("event", timeout=30)
    assert "oops: the disk is on fire" in json.dumps(event["breadcrumbs"])


@pytest.mark.plan("refuse")
def test_the_courier_tries_again_while_a_job_runs(programs, ingest):
    process = programs.start(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--monitor-slug", "long", "--", "sleep", "40"
    )
    time.sleep(0.5)
    ingest.listen()
    assert ingest.wait_for("check_in", timeout=30)[0]["status"] == "in_progress"
    process.kill()


@pytest.mark.plan("close*2,ok")
def test_a_network_error_is_retried(programs, ingest):
    fail(programs, ingest, "--logs", "off")
    ingest.wait_for("event", timeout=30)


@pytest.mark.parametrize("status", [400, 403, 413, 500, 503])
def test_an_answer_is_final_and_counted(programs, ingest, status):
    ingest.set_plan(f"{status},ok")
    fail(programs, ingest, "--logs", "off", "--no-sessions")
    ingest.wait_until(lambda ingest: ingest.envelopes)
    programs.supervise("fail", flags=["--quiet", "--dsn", ingest.dsn, "--logs", "off"])
    ingest.wait_for("client_report", timeout=20)
    sent = [envelope.headers["event_id"] for envelope in ingest.envelopes if envelope.of("event")]
    assert len(sent) == len(set(sent)), "what was answered is not sent again"
    losses = [loss for report in ingest.items("client_report") for loss in report["discarded_events"]]
    assert any((loss["reason"], loss["category"]) == ("send_error", "error") for loss in losses), losses


def test_a_limit_on_logs_stops_logs_and_not_events(programs, ingest):
    ingest.set_plan("limits:60:log_item;log_byte:organization,ok")
    fail(programs, ingest, "--monitor-slug", "first")
    ingest.wait_for("event")
    ingest.wait_quiet()
    before = len(ingest.items("log"))
    fail(programs, ingest)
    ingest.wait_for("event", 2)
    ingest.wait_quiet()
    assert len(ingest.items("log")) <= before + 1 and len(ingest.items("event")) == 2


@pytest.mark.parametrize("answer", ["429:30", "429", "429-limits:30::organization"])
def test_a_limit_on_everything_stops_everything(programs, ingest, answer):
    ingest.set_plan(f"{answer},ok")
    process = programs.start(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--monitor-slug", "job", "--",
        "sh", "-c", "echo hello; sleep 1; exit 3",
    )
    assert process.wait(10) == 3
    ingest.wait_quiet(1.5)
    assert ingest.requests == 1, [envelope.kinds for envelope in ingest.envelopes]


def test_a_limit_ends(programs, ingest):
    ingest.set_plan("429:1,ok")
    process = programs.start(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--monitor-slug", "job", "--", "sleep", "2"
    )
    assert process.wait(10) == 0
    assert ingest.wait_for("check_in", timeout=20)[-1]["status"] == "ok"


def test_what_a_limit_dropped_is_counted_but_not_what_the_server_refused_with_429(programs, ingest):
    ingest.set_plan("429-limits:2:log_item;log_byte:organization,ok")
    script = "echo one; sleep 6; echo two; exit 3"
    programs.run(programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--", "sh", "-c", script, timeout=40)
    ingest.wait_for("event", timeout=20)
    ingest.wait_quiet()
    losses = [loss for report in ingest.items("client_report") for loss in report["discarded_events"]]
    assert not any(loss["reason"] == "send_error" for loss in losses), losses


@pytest.mark.plan("hang")
def test_what_a_hanging_server_took_is_sent_again(programs, ingest):
    fail(programs, ingest)
    assert ingest.wait_until(lambda ingest: ingest.requests)
    for pid in programs.processes("sentry-run-courier"):
        os.kill(pid, signal.SIGKILL)
    ingest.set_plan("ok")
    programs.supervise("exit", "0", flags=["--quiet", "--dsn", ingest.dsn])
    ingest.wait_for("event", timeout=20)


@pytest.mark.plan("delay:0.3")
def test_a_slow_server_gets_everything(programs, ingest):
    fail(programs, ingest, "--monitor-slug", "job", "--release", "a@1")
    ingest.wait_for("event", timeout=20)
    ingest.wait_for("check_in", 2, timeout=20)
    ingest.wait_for("log", timeout=20)


@pytest.mark.plan("delay:0.3")
def test_as_PID_1_we_wait_for_delivery_within_the_limit(programs, ingest):
    if not namespaces_work():
        pytest.skip("unshare -fp --mount-proc is not permitted here")
    command = ["unshare", "-fp", "--mount-proc", programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--"]
    assert programs.run(*command, programs.fixture, "fail").code == 3
    assert len(ingest.items("event")) == 1, "delivered before PID 1 ended, since that ends everything"


@pytest.mark.plan("delay:0.3")
def test_as_PID_1_on_a_read_only_system_we_wait_for_what_is_in_memory(programs, ingest):
    """A container with a read-only root has no place for the spool, and everything ends with PID 1."""
    if not namespaces_work():
        pytest.skip("unshare -fp --mount-proc is not permitted here")
    (programs.directory / "file").write_text("")
    state = str(programs.directory / "file" / "state")
    flags = ["--quiet", "--dsn", ingest.dsn, "--state-dir", state, "--flush-timeout", "10s"]
    result = programs.run("unshare", "-fp", "--mount-proc", programs.sentry_run, *flags, "--", programs.fixture, "fail")
    assert result.code == 3 and result.seconds < 8
    assert len(ingest.items("event")) == 1, "delivered before PID 1 ended"


@pytest.mark.plan("hang")
def test_as_PID_1_we_do_not_wait_for_ever(programs, ingest):
    if not namespaces_work():
        pytest.skip("unshare -fp --mount-proc is not permitted here")
    flags = ["--quiet", "--flush-timeout", "500ms", "--dsn", ingest.dsn]
    result = programs.run("unshare", "-fp", "--mount-proc", programs.sentry_run, *flags, "--", programs.fixture, "fail")
    assert result.code == 3 and result.seconds < 3


def test_stale_check_ins_are_not_replayed(programs):
    """The time of a check-in is its arrival: one that waited for a week in the spool would say something wrong."""
    with Ingest(refusing=True) as ingest:
        programs.supervise("exit", "1", flags=["--quiet", "--dsn", ingest.dsn, "--monitor-slug", "old"])
        programs.end_leftovers()
        waiting = [path for path in programs.state.rglob("*.check_in")]
        assert waiting, list(programs.state.rglob("*"))
        for path in waiting:
            # The second part of a spooled file's name is the time in nanoseconds at which it was accepted.
            parts = path.name.split("-")
            parts[1] = str(int(parts[1]) - 7 * 86400 * 10**9)
            path.rename(path.with_name("-".join(parts)))
        ingest.listen()
        programs.supervise("exit", "0", flags=["--quiet", "--dsn", ingest.dsn, "--monitor-slug", "new"])
        ingest.wait_for("check_in", 2, timeout=20)
        ingest.wait_quiet(1)
        assert {entry["monitor_slug"] for entry in ingest.items("check_in")} == {"new"}
        assert ingest.violations == []
