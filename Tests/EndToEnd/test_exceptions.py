"""Exceptions that a job prints: the failure's event, events of their own, grouping on a real server, and `show`."""

import json
import shutil
import subprocess
import sys
import textwrap

import pytest

from bugsink_server import Bugsink

PYTHON = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin") or sys.executable


def write(programs, name, text):
    path = programs.directory / name
    path.write_text(textwrap.dedent(text))
    return str(path)


def run(programs, ingest, *command, flags=(), **options):
    return programs.run(programs.sentry_run, "--quiet", "--dsn", ingest.dsn, *flags, "--", *command, **options)


FAILING = """
    import json

    class StartupError(Exception):
        pass

    def load(text):
        # a comment above
        return json.loads(text)["port"]

    try:
        load("{}")
    except KeyError as error:
        raise StartupError("bad configuration") from error
"""


def test_an_uncaught_exception_is_the_failures_event(programs, ingest):
    program = write(programs, "main.py", FAILING)
    assert run(programs, ingest, PYTHON, program).code == 1
    (event,) = ingest.wait_for("event")
    cause, raised = event["exception"]["values"]
    assert event["platform"] == "python"
    assert (raised["type"], raised["value"]) == ("StartupError", "bad configuration")
    assert (cause["type"], cause["value"]) == ("KeyError", "'port'")
    assert raised["mechanism"]["type"] == "auto.log.stderr_traceback"
    assert raised["mechanism"]["handled"] is False
    assert (cause["mechanism"]["source"], cause["mechanism"]["parent_id"]) == ("__cause__", 0)
    frame = cause["stacktrace"]["frames"][-1]
    assert (frame["function"], frame["abs_path"], frame["in_app"]) == ("load", program, True)
    assert frame["context_line"] == '    return json.loads(text)["port"]'
    assert frame["pre_context"][-1] == "    # a comment above"
    assert frame["post_context"][0] == ""
    # How the run ended is still told.
    assert event["tags"]["exit.code"] == "1"
    assert "fingerprint" not in event or event["fingerprint"] == []


def test_what_the_program_went_on_after_is_a_step_to_the_failure(programs, ingest):
    program = write(programs, "main.py", """
        import sys, traceback
        try:
            {}["port"]
        except KeyError:
            traceback.print_exc()
        for number in range(100):
            print("going on", number, file=sys.stderr)
        sys.exit(3)
    """)
    run(programs, ingest, PYTHON, program, flags=["--max-breadcrumbs", "200"])
    (event,) = ingest.wait_for("event")
    assert event["exception"]["values"][-1]["type"] == "ProcessExit"
    (crumb,) = [crumb for crumb in event["breadcrumbs"]["values"] if crumb["category"] == "exception"]
    assert (crumb["message"], crumb["level"], crumb["type"]) == ("KeyError: 'port'", "error", "error")
    logs = [item for batch in ingest.wait_for("log", 2) for item in batch["items"]]
    (log,) = [log for log in logs if "exception.type" in log["attributes"]]
    assert log["level"] == "error"
    assert log["body"].startswith("Traceback (most recent call last):\n") and log["body"].endswith("\nKeyError: 'port'")
    assert [log["body"] for log in logs if "KeyError" in log["body"] or "File" in log["body"]] == [log["body"]], "its lines are no logs of their own"


HANDLED = """
    import traceback
    for number in (1, 2, 3):
        try:
            int("x")
        except ValueError:
            traceback.print_exc()
    try:
        {}["a"]
    except KeyError:
        traceback.print_exc()
"""


def test_handled_exceptions_are_events_on_request_and_repeats_are_one(programs, ingest):
    program = write(programs, "main.py", HANDLED)
    assert run(programs, ingest, PYTHON, program, flags=["--capture-errors"]).code == 0
    events = ingest.wait_for("event", 2)
    assert {event["exception"]["values"][-1]["type"] for event in events} == {"ValueError", "KeyError"}
    assert all(event["exception"]["values"][-1]["mechanism"]["handled"] is True for event in events)
    times = {event["exception"]["values"][-1]["type"]: event["contexts"]["output"]["times"] for event in events}
    assert times == {"ValueError": 3, "KeyError": 1}


def test_the_number_of_captured_exceptions_is_limited(programs, ingest):
    program = write(programs, "main.py", HANDLED)
    run(programs, ingest, PYTHON, program, flags=["--capture-errors", "--max-captured-errors", "1"])
    assert len(ingest.wait_for("event")) == 1
    assert any("--max-captured-errors" in note for note in programs.show()["notes"])


def test_without_exceptions_an_event_is_as_before(programs, ingest):
    program = write(programs, "main.py", FAILING)
    run(programs, ingest, PYTHON, program, flags=["--no-exceptions"])
    (event,) = ingest.wait_for("event")
    assert event["exception"]["values"][-1]["type"] == "ProcessExit"


def test_show_prints_the_exception(programs):
    program = write(programs, "main.py", FAILING)
    result = programs.run(programs.sentry_run, "--", PYTHON, program)
    assert "after StartupError: bad configuration" in result.err
    text = programs.run(programs.sentry_run, "show").out
    assert "Exception: StartupError: bad configuration" in text
    assert "caused by (__cause__): KeyError: 'port'" in text
    assert f"load ({program}:9)" in text
    record = programs.show()
    assert record["exceptions"][-1]["cause"] is True


def test_a_made_up_traceback_cannot_send_a_file_that_is_no_source(programs, ingest):
    secret = programs.directory / "secrets"
    secret.write_text("one\ntwo\nthree\n")
    script = f"""
        cat >&2 <<'END'
        Traceback (most recent call last):
          File "{secret}", line 2, in f
        ValueError: x
        END
        exit 1
    """
    run(programs, ingest, "bash", write(programs, "job.sh", script.replace("        cat", "cat").replace("\n        ", "\n")))
    (event,) = ingest.wait_for("event")
    (frame,) = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frame["abs_path"] == str(secret)
    assert "context_line" not in frame and "pre_context" not in frame


def test_a_crash_with_a_python_stack_has_both(programs, ingest):
    program = write(programs, "main.py", """
        import ctypes, faulthandler
        faulthandler.enable()
        ctypes.string_at(0)
    """)
    run(programs, ingest, PYTHON, program)
    (event,) = ingest.wait_for("event")
    values = event["exception"]["values"]
    assert event["platform"] == "native"
    assert values[0]["mechanism"]["meta"]["signal"]["name"] == "SIGSEGV"
    assert values[-1]["type"] == "Segmentation fault"
    assert {frame["platform"] for frame in values[-1]["stacktrace"]["frames"]} == {"python"}


LANGUAGES = {
    "node": ("main.js", "function f() { throw new RangeError('too far'); }\nf();\n", "node", "RangeError", "f"),
    "perl": ("main.pl", "sub f { die \"too far\" }\nf();\n", "perl", "die", None),
    "ruby": ("main.rb", "def f\n  raise RangeError, 'too far'\nend\nf\n", "ruby", "RangeError", "f"),
    "php": ("main.php", "<?php\nfunction f() { throw new RangeException('too far'); }\nf();\n", "php", "RangeException", "f"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages(programs, ingest, language):
    program = shutil.which(language)
    if program is None:
        pytest.skip(f"{language} is not installed")
    name, text, platform, type_, function = LANGUAGES[language]
    flags = ["-d", "display_errors=stderr"] if language == "php" else []
    run(programs, ingest, program, *flags, write(programs, name, text))
    (event,) = ingest.wait_for("event")
    raised = event["exception"]["values"][-1]
    assert (event["platform"], raised["type"], raised["value"]) == (platform, type_, "too far")
    own = [frame for frame in raised["stacktrace"]["frames"] if frame["in_app"]]
    assert own[-1].get("function", "").endswith(function or "")
    assert "too far" in own[-1]["context_line"]


# Grouping, as a real server does it


@pytest.fixture(scope="module")
def bugsink(tmp_path_factory):
    pytest.importorskip("bugsink", reason="bugsink is not installed: scripts/install-deps test")
    server = Bugsink(tmp_path_factory.mktemp("bugsink"))
    yield server
    server.close()


GROUPED = {
    # What differs from run to run by chance.
    "address": "class Lock: pass\nraise RuntimeError(f'{Lock()!r} of pid {__import__(\"os\").getpid()} is gone')",
    "temporary": "import tempfile\nopen(tempfile.mkdtemp() + '/rows.csv')",
    "time": "import time, uuid\nraise TimeoutError(f'{uuid.uuid4()} took {time.time()}')",
    # What differs from one another by meaning.
    "other": "import tempfile\nopen(tempfile.mkdtemp() + '/columns.csv')",
    "type": "raise ValueError('no such table: orders')",
    "value": "raise ValueError('no such table: customers')",
}


def test_the_same_failure_is_one_issue_and_another_is_another(programs, bugsink):
    for _ in range(2):
        for name, text in GROUPED.items():
            program = write(programs, f"{name}.py", text)
            programs.run(programs.sentry_run, "--quiet", "--dsn", bugsink.dsn, "--name", name, "--", PYTHON, program)
    issues = {}
    for event in bugsink.events(2 * len(GROUPED)):
        issues.setdefault(event["transaction"], []).append(event["issue"])
    assert set(issues) == set(GROUPED)
    for name, found in issues.items():
        assert len(found) == 2 and len(set(found)) == 1, (name, found)
    assert len({found[0] for found in issues.values()}) == len(GROUPED)
