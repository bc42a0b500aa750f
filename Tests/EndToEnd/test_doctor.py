"""`sentry-run doctor`: what will work here, and a status that says whether what was asked for will."""

import pytest

from ingest import Ingest


@pytest.fixture(autouse=True)
def empty_envelopes_are_doctors_question(request):
    """A server takes an envelope without items and forgets it; from anything but doctor it would be a waste."""
    server = request.getfixturevalue("ingest") if "ingest" in request.fixturenames else None
    yield
    if server:
        server.violations = [found for found in server.violations if found != "an envelope without items was sent"]


def test_doctor_without_a_DSN_is_content(programs):
    result = programs.run(programs.sentry_run, "doctor")
    assert result.code == 0, result.out + result.err
    assert "sentry-run 0." in result.out
    for subject in ("spool", "ptrace", "cgroup"):
        assert subject in result.out.lower(), result.out


def test_doctor_asks_the_server_once(programs, ingest):
    result = programs.run(programs.sentry_run, "doctor", "--dsn", ingest.dsn)
    assert result.code == 0, result.out + result.err
    assert ingest.requests == 1
    assert "127.0.0.1" in result.out


def test_doctor_fails_where_the_server_refuses_connections(programs):
    with Ingest(refusing=True) as gone:
        result = programs.run(programs.sentry_run, "doctor", "--dsn", gone.dsn)
    assert result.code != 0
    assert "127.0.0.1" in result.out + result.err


def test_doctor_fails_where_the_server_does_not_know_the_key(programs, ingest):
    wrong = ingest.dsn.replace(ingest.key, "f" * 32)
    result = programs.run(programs.sentry_run, "doctor", "--dsn", wrong)
    ingest.violations.clear()
    assert result.code != 0
    assert "403" in result.out + result.err or "key" in (result.out + result.err).lower()


@pytest.mark.plan("hang")
def test_doctor_does_not_wait_for_ever(programs, ingest):
    assert programs.run(programs.sentry_run, "doctor", "--dsn", ingest.dsn, timeout=25).code != 0


def test_doctor_fails_where_the_spool_is_not_writable(programs):
    (programs.directory / "file").write_text("")
    state = str(programs.directory / "file" / "state")
    result = programs.run(programs.sentry_run, "doctor", "--state-dir", state)
    assert result.code != 0
    assert state in result.out + result.err


def test_doctor_says_it_in_JSON_too(programs):
    assert isinstance(programs.run(programs.sentry_run, "doctor", "--json").json, (dict, list))


def test_doctor_refuses_a_bad_DSN(programs):
    result = programs.run(programs.sentry_run, "doctor", "--dsn", "nonsense")
    assert result.code != 0
    assert "--dsn" in result.out + result.err
