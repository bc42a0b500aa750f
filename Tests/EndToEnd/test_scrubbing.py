"""No secret that a job prints, is given or leaves in its files reaches the server or the disk: every byte is looked at."""

import json
import os
import signal
from subprocess import DEVNULL, PIPE

import pytest

import secrets_planted as planted
from conftest import eventually


def everything(programs, ingest):
    """What arrived and what is on disk, once all of it has arrived."""
    ingest.wait_quiet()
    return planted.bytes_received(ingest) | planted.bytes_at_rest(programs.state)


def print_secrets(programs, ending):
    script = programs.directory / "job.py"
    script.write_text(
        "import json, os, signal, sys\n"
        f"lines = {planted.lines()!r}\n"
        "for line in lines:\n    print(line, flush=True)\n    print('app: ' + line, file=sys.stderr, flush=True)\n"
        f"{ending}\n"
    )
    return ["python3", str(script)]


def test_nothing_that_a_failing_job_prints_leaves_with_its_secret(programs, ingest):
    (programs.directory / "app.log").write_text("\n".join(planted.lines()))
    flags = ["--traces-sample-rate", "1", "--monitor-slug", "m", "--attach", "app.log"]
    result = programs.run(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, *flags, "--", *print_secrets(programs, "sys.exit(3)")
    )
    assert result.code == 3
    assert result.out.splitlines() == planted.lines(), "the job's own output is never changed"
    ingest.wait_for("event")
    ingest.wait_for("transaction")
    ingest.wait_for("attachment")
    ingest.wait_until(lambda ingest: len(ingest.logs()) >= 2 * len(planted.lines()))
    assert planted.leaks(everything(programs, ingest)) == []
    bodies = [entry["body"] for entry in ingest.logs()]
    assert "connecting with password=[Filtered]" in bodies
    assert len(bodies) == 2 * len(planted.lines()), "records are scrubbed, not left out"


def test_what_was_removed_is_counted_by_kind(programs):
    programs.run(programs.sentry_run, "--quiet", "--", *print_secrets(programs, "sys.exit(3)"))
    removed = programs.show()["removed"]
    assert removed["named value"] >= 2 * 8
    assert removed["card number"] == removed["private key"] == removed["e-mail address"] == 2
    assert "removed" in programs.run(programs.sentry_run, "show").out


def test_personal_data_stays_where_the_user_asks_for_it(programs, ingest):
    programs.run(
        programs.sentry_run, "--quiet", "--send-default-pii", "--dsn", ingest.dsn, "--",
        "sh", "-c", "echo mail to planted.person@example.com; exit 1",
    )
    (event,) = ingest.wait_for("event")
    assert "planted.person@example.com" in json.dumps(event["breadcrumbs"])


def test_arguments_of_the_job_and_its_children_lose_their_secrets(programs, ingest):
    wanted = {"option": "argumentsecret1", "url": "argumentsecret2", "child": "argumentsecret3", "mysql": "argumentsecret4"}
    script = "/bin/true --password argumentsecret3; /bin/true postgres://u:argumentsecret2@h/d; exit 1"
    programs.run(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--traces-sample-rate", "1", "--trace", "tree", "--",
        "sh", "-c", script, "mysql", "-pargumentsecret4", "--password=argumentsecret1",
    )
    ingest.wait_for("transaction")
    assert planted.leaks(everything(programs, ingest), wanted) == []


def test_a_crashed_childs_command_line_loses_its_secrets(programs, ingest):
    wanted = {"option": "crashedsecret1"}
    programs.run(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--",
        "sh", "-c", 'python3 -c "import os; os.kill(os.getpid(), 11)" --password crashedsecret1; exit 0',
    )
    (event,) = ingest.wait_for("event")
    assert "SIGSEGV" in json.dumps(event)
    assert planted.leaks(everything(programs, ingest), wanted) == []


def test_what_the_user_says_of_the_run_loses_secrets_and_nothing_else(programs, ingest):
    wanted = {"tag": "usersecret11", "context": "usersecret12", "user": "ghp_" + "u" * 36}
    flags = [
        "--tag", "url=https://a:usersecret11@h/", "--context", "db.password=usersecret12", "--user", f"note={wanted['user']}",
        "--user", "email=somebody@example.com", "--tag", "team=data",
    ]
    programs.run(programs.sentry_run, "--quiet", "--dsn", ingest.dsn, *flags, "--", "false")
    (event,) = ingest.wait_for("event")
    assert planted.leaks(everything(programs, ingest), wanted) == []
    assert event["user"]["email"] == "somebody@example.com" and event["tags"]["team"] == "data"
    assert event["contexts"]["db"] == {"password": "[Filtered]"}


def test_the_journal_of_a_run_that_goes_on_has_no_secrets(programs, ingest):
    """Whoever kills everything at any moment finds none on disk, and what was begun and not ended is not there at all."""
    job = print_secrets(programs, "sys.stdout.write('password=unfinishedsecret1'); sys.stdout.flush(); signal.pause()")
    process = programs.start(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--tag", "k=https://a:usersecret11@h/", "--", *job,
        stdout=DEVNULL, stderr=DEVNULL,
    )
    wanted = planted.secrets() | {"unfinished": "unfinishedsecret1", "tag": "usersecret11"}
    assert eventually(lambda: [p for p in programs.state.glob("active/*/journal") if p.read_bytes().count(b"[Filtered]") > 30])
    assert planted.leaks(planted.bytes_at_rest(programs.state), wanted) == []
    programs.end_leftovers()
    process.wait()
    programs.run(programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--", "true")
    ingest.wait_for("event")
    assert planted.leaks(everything(programs, ingest), wanted) == []


def test_a_line_that_a_dead_reporter_had_begun_is_not_shown_by_the_next(programs, ingest):
    """`password=half` was read by one reporter and `secret` by another: neither may take the half for a line."""
    script = "printf 'first\\npassword=begunsecret'; read go; echo ended\"\"secret1; echo after; exit 1"
    process = programs.start(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--", "sh", "-c", script, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    journal = eventually(lambda: [p for p in programs.state.glob("active/*/journal") if b"first" in p.read_bytes()])
    assert journal
    (reporter,) = programs.processes("sentry-run-reporter")
    os.kill(reporter, signal.SIGKILL)
    assert eventually(lambda: programs.processes("sentry-run-reporter") not in ([], [reporter]))
    out, _ = process.communicate(b"go\n", timeout=20)
    assert out == b"first\npassword=begunsecretendedsecret1\nafter\n"
    ingest.wait_for("event")
    ingest.wait_until(lambda ingest: "after" in [entry["body"] for entry in ingest.logs()])
    assert planted.leaks(everything(programs, ingest), {"rest": "endedsecret1", "begin": "begunsecret"}) == []


def test_the_users_expression_removes_everywhere(programs, ingest):
    programs.run(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--scrub", r"ACME-\d{4,}", "--tag", "t=ACME-12345", "--",
        "sh", "-c", "echo order ACME-12345; exit 1", "ACME-12345",
    )
    ingest.wait_for("event")
    assert planted.leaks(everything(programs, ingest), {"scrub": "ACME-12345"}) == []


def test_the_users_exceptions_stay(programs, ingest):
    programs.run(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--scrub-allow", "session_id", "--scrub-allow", "/^test-/", "--",
        "sh", "-c", 'echo "{\\"session_id\\":\\"abc123abc123\\",\\"password\\":\\"test-1\\",\\"secret\\":\\"other\\"}"; exit 1',
    )
    (event,) = ingest.wait_for("event")
    (crumb,) = event["breadcrumbs"]["values"]
    assert json.loads(crumb["message"]) == {"session_id": "abc123abc123", "password": "test-1", "secret": "[Filtered]"}


@pytest.mark.parametrize("option", ["--scrub", "--ignore-errors", "--ignore-lines"])
@pytest.mark.parametrize("expression, reason", [("(", "not closed"), (r"(a)\1", "back references"), ("(?=a)", "look-around")])
def test_a_wrong_expression_is_a_usage_error(programs, option, expression, reason):
    result = programs.run(programs.sentry_run, option, expression, "--", "touch", "started")
    assert result.code == 125 and reason in result.err
    assert not (programs.directory / "started").exists()
