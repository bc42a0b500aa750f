"""The user's commands between a report and the spool: what they may do, and what they can't do to us or to the job."""

import json
import os
import signal
import subprocess
import time

import pytest

from conftest import ended, eventually

#: A copy of what the hook was given goes to a file; then it does what the test says.
KEEP = 'tee -a "$HOME/given"'


def given(programs):
    return (programs.home / "given").read_bytes()


def supervise(programs, ingest, *flags, job=("sh", "-c", "echo working; echo oops >&2; exit 3"), **options):
    return programs.run(programs.sentry_run, "--dsn", ingest.dsn, *flags, "--", *job, **options)


def discarded(ingest):
    """All client reports: (reason, category) → quantity."""
    counts = {}
    for report in ingest.items("client_report"):
        for entry in report["discarded_events"]:
            key = entry["reason"], entry["category"]
            counts[key] = counts.get(key, 0) + entry["quantity"]
    return counts


def wait_for_discard(ingest, reason, category, quantity=1):
    assert ingest.wait_until(lambda ingest: discarded(ingest).get((reason, category)) == quantity), discarded(ingest)


# Events


def test_an_event_is_sent_as_the_command_leaves_it(programs, ingest):
    change = """python3 -c 'import json,sys; e=json.load(sys.stdin); e["tags"]["hook"]="was here"; e["event_id"]="0"*32; print(json.dumps(e))'"""
    result = supervise(programs, ingest, "--before-send", change)
    assert result.code == 3
    (event,) = ingest.wait_for("event")
    assert event["tags"]["hook"] == "was here"
    assert event["event_id"] == programs.show()["event_id"]


def test_an_event_that_the_command_swallows_is_dropped_and_counted(programs, ingest):
    result = supervise(programs, ingest, "--before-send", "cat >/dev/null", "--release", "r@1")
    assert result.code == 3
    wait_for_discard(ingest, "before_send", "error")
    assert ingest.items("event") == []
    (session,) = ingest.items("session")
    assert (session["status"], session["errors"]) == ("exited", 0), "what the user drops is no error of the session"
    assert programs.show()["verdict"]["failure"], "the report on this host stays"


def test_the_command_sees_no_secret(programs, ingest):
    job = ["sh", "-c", "echo password=hookhookhook1; exit 1"]
    environment = {"MY_API_TOKEN": "environmentsecret1", "HARMLESS": "kept"}
    supervise(programs, ingest, "--before-send", f"env >> $HOME/given; {KEEP}", job=job, env=environment)
    ingest.wait_for("event")
    seen = given(programs)
    assert b"hookhookhook1" not in seen and b"password=[Filtered]" in seen
    assert b"environmentsecret1" not in seen and b"HARMLESS=kept" in seen
    assert f"SENTRY_RUN_ID={programs.show()['id']}".encode() in seen
    assert ingest.key.encode() not in seen


FAILURES = {
    "status": ("exit 7", "status 7"), "missing": ("/no/such/program", "status 127"), "no JSON": ("echo nonsense", "JSON"),
    "signal": ("kill -9 $$", "SIGKILL"), "gigabytes": ("yes", "4 MiB"), "deaf": ("exec <&-; exit 1", "status 1"),
}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("policy", ["drop", "keep"])
def test_a_command_that_fails_drops_or_keeps_as_configured(programs, ingest, name, policy):
    command, said = FAILURES[name]
    result = supervise(programs, ingest, "--before-send", command, "--before-send-failure", policy)
    assert result.code == 3
    assert said in result.err and "--before-send" in result.err
    assert any(said in note for note in programs.show()["notes"])
    if policy == "keep":
        ingest.wait_for("event")
    else:
        wait_for_discard(ingest, "before_send", "error")
        assert ingest.items("event") == []


@pytest.mark.parametrize("command", ["sleep 1000", "trap '' TERM INT; while :; do sleep 1; done", "sleep 1000 & sleep 1000 & wait"])
def test_a_command_that_hangs_is_killed_with_all_that_it_started(programs, ingest, command):
    result = supervise(programs, ingest, "--before-send", f"echo $$ > $HOME/pid; {command}", "--before-send-timeout", "300ms")
    assert result.code == 3 and "too long" in result.err
    wait_for_discard(ingest, "before_send", "error")
    assert eventually(lambda: programs.processes("sleep") == [])
    assert eventually(lambda: ended(int((programs.home / "pid").read_text())))


def test_what_a_command_leaves_running_does_not_hold_us(programs, ingest):
    """Neither a child that keeps its stdout open nor one that has left its group."""
    supervise(programs, ingest, "--before-send", "cat; sleep 1000 & setsid sleep 1000 &")
    ingest.wait_for("event")
    assert eventually(lambda: len(programs.processes("sleep")) <= 1)


def test_the_job_does_not_wait_for_a_command(programs, ingest):
    """Whatever its time is: when the job has ended, all commands together have less than the supervisor waits for a report."""
    result = supervise(
        programs, ingest, "--before-send", "sleep 30; cat", "--before-send-timeout", "30s", "--before-send-failure", "keep"
    )
    assert result.code == 3 and "too long" in result.err
    assert result.seconds < 20
    ingest.wait_for("event")


# Transactions


def test_a_transaction_is_changed_or_dropped(programs, ingest):
    change = """python3 -c 'import json,sys; e=json.load(sys.stdin); e["transaction"]="renamed"; print(json.dumps(e))'"""
    supervise(programs, ingest, "--traces-sample-rate", "1", "--before-send-transaction", change)
    (transaction,) = ingest.wait_for("transaction")
    assert transaction["transaction"] == "renamed"
    supervise(programs, ingest, "--traces-sample-rate", "1", "--before-send-transaction", "true")
    wait_for_discard(ingest, "before_send", "transaction")
    assert discarded(ingest)["before_send", "span"] >= 1
    assert len(ingest.items("transaction")) == 1


# Logs


def test_logs_pass_one_a_line(programs, ingest):
    job = ["sh", "-c", "for i in 1 2 3 4 5; do echo line $i; echo healthcheck $i; done"]
    supervise(programs, ingest, "--before-send-log", f"{KEEP} | grep -v healthcheck", job=job)
    ingest.wait_until(lambda ingest: len(ingest.logs()) == 5)
    assert [entry["body"] for entry in ingest.logs()] == [f"line {i}" for i in range(1, 6)]
    wait_for_discard(ingest, "before_send", "log_item", 5)
    assert discarded(ingest)["before_send", "log_byte"] > 0
    entries = [json.loads(line) for line in given(programs).splitlines()]
    assert len(entries) == 10 and all(entry["level"] == "info" for entry in entries)


@pytest.mark.parametrize("policy, arrived", [("drop", 0), ("keep", 250)])
def test_logs_of_a_failing_command(programs, ingest, policy, arrived):
    job = [programs.fixture, "print", "250"]
    result = supervise(programs, ingest, "--before-send-log", "exit 1", "--before-send-failure", policy, job=job)
    assert "--before-send-log" in result.err
    if arrived:
        ingest.wait_until(lambda ingest: len(ingest.logs()) == arrived)
    else:
        wait_for_discard(ingest, "before_send", "log_item", 250)
    assert len(ingest.logs()) == arrived


def test_a_hanging_command_of_logs_does_not_hold_the_job(programs, ingest):
    job = [programs.fixture, "print", "20000"]
    result = supervise(
        programs, ingest, "--before-send-log", "sleep 1000", "--before-send-timeout", "500ms", "--before-send-failure", "keep",
        "--max-log-rate", "none", job=job,
    )
    assert result.out.count("\n") == 20000
    assert ingest.wait_until(lambda ingest: len(ingest.logs()) == 20000, timeout=30), len(ingest.logs())
    assert eventually(lambda: programs.processes("sleep") == [])


def test_logs_that_wait_for_a_command_outlive_the_reporter(programs, ingest):
    """The reporter is killed while the command has a batch and another one waits: its successor asks once more."""
    hook = 'if mkdir "$HOME/hung" 2>/dev/null; then echo $$ >"$HOME/pid"; exec sleep 1000; fi; cat'
    job = 'i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; done; until [ -e "$HOME/go" ]; do sleep 0.05; done'
    process = programs.start(
        programs.sentry_run, "--dsn", ingest.dsn, "--before-send-log", hook, "--before-send-timeout", "60s", "--max-log-rate",
        "none", "--", "sh", "-c", job, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    (active,) = eventually(lambda: list((programs.state / "active").glob("*")))
    assert eventually(lambda: (programs.home / "pid").exists() and len(list(active.glob("waiting-*"))) == 2)
    (reporter,) = programs.processes("sentry-run-reporter")
    os.kill(reporter, signal.SIGKILL)
    assert ingest.wait_until(lambda ingest: len(ingest.logs()) >= 200, timeout=20), len(ingest.logs())
    (programs.home / "go").touch()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out.count(b"\n"), err) == (0, 200, b"")
    # A container may be sent twice: between its way to disk and the journal's word that it is there.
    assert list(dict.fromkeys(entry["body"] for entry in ingest.logs())) == [f"line {i}" for i in range(1, 201)]
    assert not list((programs.state / "runs").glob("*/waiting-*")), "nothing is left behind"
    os.kill(int((programs.home / "pid").read_text()), signal.SIGKILL)


def test_logs_that_wait_for_a_command_outlive_all_of_us(programs, ingest):
    """Supervisor and reporter are killed: the next run of this user asks the command for the lost one."""
    hook = 'if mkdir "$HOME/hung" 2>/dev/null; then echo $$ >"$HOME/pid"; exec sleep 1000; fi; cat'
    job = 'i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo line $i; done; exec sleep 30'
    flags = ["--dsn", ingest.dsn, "--before-send-log", hook, "--before-send-timeout", "60s"]
    process = programs.start(
        programs.sentry_run, *flags, "--", "sh", "-c", job, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    (active,) = eventually(lambda: list((programs.state / "active").glob("*")))
    assert eventually(lambda: (programs.home / "pid").exists() and list(active.glob("waiting-*")))
    for pid in programs.processes("sentry-run") + programs.processes("sentry-run-reporter"):
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert programs.run(programs.sentry_run, "--dsn", ingest.dsn, "--", "true").code == 0
    assert ingest.wait_until(lambda ingest: len(ingest.logs()) >= 100, timeout=20), len(ingest.logs())
    assert list(dict.fromkeys(entry["body"] for entry in ingest.logs())) == [f"line {i}" for i in range(1, 101)]
    os.kill(int((programs.home / "pid").read_text()), signal.SIGKILL)


# What is not sent at all


@pytest.mark.parametrize("expression", ["status 3", "^ProcessExit: ", "(?i)EXITED WITH"])
def test_ignored_errors_are_not_sent_and_counted(programs, ingest, expression):
    result = supervise(programs, ingest, "--ignore-errors", expression, "--monitor-slug", "m", "--release", "r@1")
    assert result.code == 3
    wait_for_discard(ingest, "ignored", "error")
    assert ingest.items("event") == []
    assert ingest.items("check_in")[-1]["status"] == "error"
    assert [session["errors"] for session in ingest.items("session")] == [0]


def test_other_errors_are_sent(programs, ingest):
    supervise(programs, ingest, "--ignore-errors", "status 4", "--ignore-errors", "^exited")
    ingest.wait_for("event")


def test_ignored_lines_are_neither_logs_nor_breadcrumbs(programs, ingest):
    job = ["sh", "-c", "echo GET /health 200; printf '\\033[31mGET /health 500\\033[0m\\n'; echo GET /orders; exit 1"]
    result = supervise(programs, ingest, "--ignore-lines", "^GET /health", job=job)
    assert result.out.count("/health") == 2
    (event,) = ingest.wait_for("event")
    assert [crumb["message"] for crumb in event["breadcrumbs"]["values"]] == ["GET /orders"]
    wait_for_discard(ingest, "ignored", "log_item", 2)
    assert [entry["body"] for entry in ingest.logs()] == ["GET /orders"]
    assert [line["text"] for line in programs.show()["lines"]] == ["GET /orders"]


def test_the_rate_of_logs_is_capped_and_the_rest_counted(programs, ingest):
    supervise(programs, ingest, "--max-log-rate", "10", job=[programs.fixture, "print", "1000"])
    assert ingest.wait_until(lambda ingest: ("buffer_overflow", "log_item") in discarded(ingest))
    assert len(ingest.logs()) + discarded(ingest)["buffer_overflow", "log_item"] == 1000
    assert 40 <= len(ingest.logs()) <= 100


def test_no_logs_at_all_at_a_rate_of_none(programs, ingest):
    supervise(programs, ingest, "--max-log-rate", "0", job=[programs.fixture, "print", "100"])
    wait_for_discard(ingest, "buffer_overflow", "log_item", 100)
    assert ingest.logs() == []


def test_a_hook_that_is_not_tried_again(programs, ingest):
    """Three times too late in a row: the fourth batch does not wait."""
    begin = time.monotonic()
    result = supervise(
        programs, ingest, "--before-send-log", "sleep 1000", "--before-send-timeout", "200ms", "--max-log-rate", "none",
        job=["sh", "-c", f"for i in 1 2 3 4 5 6; do {programs.fixture} print 100; sleep 0.3; done"],
    )
    assert "not tried again" in result.err
    assert time.monotonic() - begin < 20
    wait_for_discard(ingest, "before_send", "log_item", 600)
