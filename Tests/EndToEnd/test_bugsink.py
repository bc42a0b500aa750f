"""A real server: what its users see of a run that failed."""

import json

import pytest

from bugsink_server import Bugsink


@pytest.fixture(scope="module")
def bugsink(tmp_path_factory):
    pytest.importorskip("bugsink", reason="bugsink is not installed: scripts/install-deps test")
    server = Bugsink(tmp_path_factory.mktemp("bugsink"))
    yield server
    server.close()


def test_a_failed_jobs_event_is_found_with_title_tags_and_breadcrumbs(programs, bugsink):
    flags = [
        "--quiet", "--dsn", bugsink.dsn, "--tag", "team=data", "--release", "importer@2.3.1", "--environment", "staging",
        "--name", "customers", "--monitor-slug", "nightly", "--schedule", "0 3 * * *", "--traces-sample-rate", "1",
    ]
    assert programs.supervise("fail", "3", flags=flags).code == 3
    (event,) = bugsink.events()
    assert "3" in event["title"], event["title"]
    assert event["level"] == "error"
    assert (event["release"], event["environment"]) == ("importer@2.3.1", "staging")
    assert event["transaction"] == "customers"
    assert event["tags"]["team"] == "data"
    crumbs = event["data"]["breadcrumbs"]["values"]
    assert {crumb["message"] for crumb in crumbs} == {"working", "oops: the disk is on fire"}
    assert event["data"]["contexts"]["os"]["name"] == "Linux"


def test_repeated_failures_are_one_issue(programs, bugsink):
    before = len(bugsink.events(0))
    for _ in range(2):
        programs.supervise("fail", "5", flags=["--quiet", "--dsn", bugsink.dsn, "--name", "repeated"])
    events = [event for event in bugsink.events(before + 2) if event["transaction"] == "repeated"]
    assert len(events) == 2
    assert len({event["issue"] for event in events}) == 1


def test_the_limit_that_it_sets_on_transactions_is_obeyed(programs, bugsink):
    """Its answers carry a limit on transactions and spans; the next transaction of the courier is not sent."""
    before = bugsink.requests().count("POST /api/")
    flags = ["--quiet", "--dsn", bugsink.dsn, "--traces-sample-rate", "1", "--logs", "off", "--name", "limited"]
    programs.run(programs.sentry_run, *flags, "--", "sh", "-c", "exit 4")
    events = [event for event in bugsink.events(1) if event["transaction"] == "limited"]
    for _ in range(10):
        if events:
            break
        events = [event for event in bugsink.events(1) if event["transaction"] == "limited"]
    assert len(events) == 1, json.dumps(events)
    assert bugsink.requests().count("POST /api/") > before
    assert '" 4' not in bugsink.requests() and '" 5' not in bugsink.requests(), "every request was taken"
