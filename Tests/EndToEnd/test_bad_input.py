"""What bad input gets: status 125 before the job starts and a sentence that names source and remedy; with --lenient, or
from the environment, the job runs without the feature and we say so."""

import pytest

BAD_FLAGS = [
    (["--dsn", "not a dsn"], "--dsn"),
    (["--dsn", "https://example.com/1"], "--dsn"),
    (["--dsn", "ftp://0123456789abcdef0123456789abcdef@localhost/1"], "--dsn"),
    (["--dsn", "https://0123456789abcdef0123456789abcdef@localhost/"], "--dsn"),
    (["--monitor-slug", "nightly", "--schedule", "now and then"], "--schedule"),
    (["--monitor-slug", "nightly", "--schedule", "0 0 * * * *"], "--schedule"),
    (["--monitor-slug", "nightly", "--schedule", "61 * * * *"], "--schedule"),
    (["--monitor-slug", "!!!"], "--monitor-slug"),
    (["--schedule", "@daily"], "--monitor-slug"),
    (["--monitor-slug", "nightly", "--schedule", "@daily", "--check-in-margin", "0"], "--check-in-margin"),
    (["--monitor-slug", "nightly", "--schedule", "@daily", "--max-runtime", "-5"], "--max-runtime"),
    (["--monitor-slug", "nightly", "--schedule", "@daily", "--timezone", "Mars/Olympus Mons"], "--timezone"),
    (["--monitor-slug", "nightly", "--schedule", "@daily", "--owner", "me"], "--owner"),
    (["--traces-sample-rate", "1.5"], "--traces-sample-rate"),
    (["--traces-sample-rate", "often"], "--traces-sample-rate"),
    (["--sample-rate", "-0.1"], "--sample-rate"),
    (["--timeout", "soon"], "--timeout"),
    (["--timeout", "-5s"], "--timeout"),
    (["--timeout", "5s5m"], "--timeout"),
    (["--tag", "no-equals-sign"], "--tag"),
    (["--tag", "bad key=1"], "--tag"),
    (["--context", "flat=1"], "--context"),
    (["--ok-exit-codes", "256"], "--ok-exit-codes"),
    (["--ok-exit-codes", "1,,x"], "--ok-exit-codes"),
    (["--logs", "some"], "--logs"),
    (["--environment", "has/slash"], "--environment"),
    (["--release", "a\nb"], "--release"),
    (["--no-such-flag"], "--no-such-flag"),
]


def identify(value):
    return " ".join(value).encode("unicode_escape").decode() if isinstance(value, list) else None


@pytest.mark.parametrize("flags, source", BAD_FLAGS, ids=identify)
def test_a_bad_flag_is_125_before_the_job_starts(programs, flags, source):
    result = programs.run(programs.sentry_run, *flags, "--", "touch", "started")
    assert result.code == 125
    assert not (programs.directory / "started").exists()
    assert result.err.startswith("sentry-run: ") and source in result.err, result.err
    assert len(result.err.strip().splitlines()) <= 3, result.err


@pytest.mark.parametrize("flags, source", BAD_FLAGS, ids=identify)
def test_with_lenient_the_job_runs_and_we_say_what_was_left_out(programs, flags, source):
    result = programs.run(programs.sentry_run, "--lenient", *flags, "--", "sh", "-c", "echo ran; exit 4")
    assert (result.code, result.out) == (4, "ran\n")
    assert source in result.err, result.err


@pytest.mark.parametrize(
    "variable, value",
    [
        ("SENTRY_DSN", "nonsense"),
        ("SENTRY_TRACES_SAMPLE_RATE", "lots"),
        ("SENTRY_ENVIRONMENT", "a/b"),
        ("SENTRY_RUN_TIMEOUT", "soon"),
        ("SENTRY_RUN_LOGS", "some"),
        ("SENTRY_RUN_TAG", "novalue"),
    ],
)
def test_a_bad_variable_does_not_stop_the_job_and_is_named(programs, variable, value):
    result = programs.run(programs.sentry_run, "--", "sh", "-c", "echo ran; exit 4", env={variable: value})
    assert (result.code, result.out) == (4, "ran\n")
    assert variable in result.err, result.err


def test_quiet_silences_what_we_say_about_variables(programs):
    result = programs.run(programs.sentry_run, "--quiet", "--", "true", env={"SENTRY_RUN_TIMEOUT": "soon"})
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("variable", ["SENTRY_TRACE", "SENTRY_BAGGAGE", "TRACEPARENT"])
@pytest.mark.parametrize("value", ["", "garbage", "00-0-0-0", "é" * 5000, "=,;=" * 100])
def test_an_unreadable_trace_is_ignored(programs, ingest, variable, value):
    result = programs.supervise("fail", env={variable: value}, flags=["--quiet", "--dsn", ingest.dsn])
    assert result.code == 3
    ingest.wait_for("event")


def test_a_secret_in_a_bad_DSN_is_not_printed(programs):
    result = programs.run(programs.sentry_run, "--dsn", "https://topsecretkey@localhost", "--", "true")
    assert result.code == 125
    assert "topsecretkey" not in result.err


@pytest.mark.parametrize("words", [[], ["--"], ["--quiet"], ["--quiet", "--"], ["monitors", "run"], ["monitors", "run", "x"]])
def test_a_missing_command_is_125(programs, words):
    result = programs.run(programs.sentry_run, *words)
    assert result.code == 125
    assert result.err.startswith("sentry-run: ")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"], ["show", "--help"], ["help", "doctor"]])
def test_help_goes_to_stdout(programs, words):
    result = programs.run(programs.sentry_run, *words)
    assert (result.code, result.err) == (0, "")
    assert "Usage" in result.out
    assert max(map(len, result.out.splitlines())) <= 80


def test_version_goes_to_stdout(programs):
    result = programs.run(programs.sentry_run, "--version")
    assert result.code == 0 and result.out.startswith("sentry-run ")


def test_a_near_miss_gets_a_suggestion(programs):
    assert "--timeout" in programs.run(programs.sentry_run, "--timout", "5s", "--", "true").err


def test_options_after_the_command_are_the_commands(programs):
    assert programs.run(programs.sentry_run, "--quiet", "echo", "--quiet", "-n", "--").out == "--quiet -n --\n"
