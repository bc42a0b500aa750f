"""With a DSN: what arrives at a server that answers like Relay."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import envelopes
from conftest import eventually
from ingest import Ingest

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
KEY = "fedcba9876543210fedcba9876543210"


def report(programs, ingest, *job, flags=(), **options):
    return programs.supervise(*job, flags=["--quiet", "--dsn", ingest.dsn, *flags], **options)


def messages(event):
    return [crumb["message"] for crumb in event["breadcrumbs"]["values"]]


def exception(event):
    return event["exception"]["values"][-1]


# Failures


def test_a_failing_job_makes_an_error_event_with_its_last_lines(programs, ingest):
    report(programs, ingest, "fail", "3")
    (event,) = ingest.wait_for("event")
    assert event["level"] == "error"
    # Two pipes: which of two lines at almost the same time was first, nobody can say.
    crumbs = {(crumb["category"], crumb["message"]) for crumb in event["breadcrumbs"]["values"]}
    assert crumbs == {("stdout", "working"), ("stderr", "oops: the disk is on fire")}
    assert "3" in exception(event)["value"]
    assert exception(event)["mechanism"]["handled"] is False or exception(event)["mechanism"]["type"]


def test_the_title_names_the_program(programs, ingest):
    report(programs, ingest, "fail")
    (event,) = ingest.wait_for("event")
    assert "FixtureJob" in json.dumps([event["transaction"], event["exception"]])


def test_breadcrumbs_are_the_last_hundred_lines(programs, ingest):
    programs.run(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--logs", "off", "--",
        "sh", "-c", f"{programs.fixture} print 5000; exit 1",
    )
    (event,) = ingest.wait_for("event")
    assert messages(event) == [f"line {number} on stdout" for number in range(4901, 5001)]


@pytest.mark.parametrize(
    "name, level, mechanism",
    [("SEGV", "fatal", "signalhandler"), ("ABRT", "fatal", "signalhandler"), ("KILL", None, None), ("XCPU", None, None)],
)
def test_a_death_by_signal_is_an_event_of_that_signal(programs, ingest, name, level, mechanism):
    number = getattr(signal, f"SIG{name}")
    report(programs, ingest, "signal", str(int(number)))
    (event,) = ingest.wait_for("event")
    assert f"SIG{name}" in json.dumps(event["exception"])
    if mechanism:
        assert event["level"] == level
        assert exception(event)["mechanism"]["type"] == mechanism
        assert exception(event)["mechanism"]["meta"]["signal"]["number"] == number


def test_a_program_that_does_not_exist_is_an_event(programs, ingest):
    result = programs.run(programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--", "no-such-command")
    assert result.code == 127
    (event,) = ingest.wait_for("event")
    assert "no-such-command" in json.dumps(event["exception"])


def test_success_makes_no_event(programs, ingest):
    report(programs, ingest, "print", "3")
    ingest.wait_for("log")
    ingest.wait_quiet()
    assert ingest.items("event") == []


@pytest.mark.parametrize("status, events", [(24, 0), (102, 0), (25, 1)])
def test_ok_exit_codes_are_no_failure(programs, ingest, status, events):
    flags = ["--ok-exit-codes", "0,24,100-110", "--monitor-slug", "job"]
    assert report(programs, ingest, "exit", str(status), flags=flags).code == status
    check_ins = ingest.wait_for("check_in", 2)
    ingest.wait_quiet()
    assert len(ingest.items("event")) == events
    assert check_ins[-1]["status"] == ("error" if events else "ok")


def test_contexts_say_where_and_how_it_ran(programs, ingest):
    report(programs, ingest, "fail")
    (event,) = ingest.wait_for("event")
    contexts = event["contexts"]
    assert contexts["os"]["name"] == "Linux"
    assert contexts["os"]["kernel_version"] == os.uname().release or contexts["os"]["version"]
    assert contexts["device"]["arch"]
    assert event["server_name"] == socket.gethostname()
    assert contexts["exit"]["code"] == 3
    usage = json.dumps(contexts)
    for figure in ("user", "system", "switches"):
        assert figure in usage, usage


@pytest.mark.parametrize(
    "environment, expected",
    [
        ({"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "77123", "GITHUB_REPOSITORY": "me/it"}, "77123"),
        ({"GITLAB_CI": "true", "CI_JOB_ID": "88124", "CI_PIPELINE_ID": "5"}, "88124"),
        ({"SLURM_JOB_ID": "99125", "SLURM_JOB_NAME": "fit"}, "99125"),
        ({"AWS_BATCH_JOB_ID": "aws-61", "AWS_BATCH_JQ_NAME": "q"}, "aws-61"),
        ({"NOMAD_ALLOC_ID": "nomad-62", "NOMAD_JOB_NAME": "j"}, "nomad-62"),
        ({"PARALLEL_SEQ": "63", "PARALLEL_PID": "1"}, "63"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_the_scheduler_that_started_the_job_is_a_context(programs, ingest, environment, expected):
    report(programs, ingest, "fail", env=environment)
    (event,) = ingest.wait_for("event")
    assert expected in json.dumps(event["contexts"]), event["contexts"]


def test_tags_user_context_fingerprint_flags_release_and_environment(programs, ingest):
    flags = [
        "--tag", "team=data", "--tag", "region=eu", "--user", "id=42", "--user", "email=me@example.com",
        "--context", "import.file=customers.csv", "--fingerprint", "nightly", "--fingerprint", "{{ default }}",
        "--flag", "new-parser=true", "--release", "importer@2.3.1", "--environment", "staging", "--dist", "7",
        "--server-name", "host-1", "--name", "customers",
    ]
    report(programs, ingest, "fail", flags=flags)
    (event,) = ingest.wait_for("event")
    assert event["tags"]["team"] == "data" and event["tags"]["region"] == "eu"
    assert event["user"]["id"] == "42" and event["user"]["email"] == "me@example.com"
    assert event["contexts"]["import"]["file"] == "customers.csv"
    assert event["fingerprint"] == ["nightly", "{{ default }}"]
    assert event["contexts"]["flags"]["values"] == [{"flag": "new-parser", "result": True}]
    assert (event["release"], event["environment"], event["dist"]) == ("importer@2.3.1", "staging", "7")
    assert (event["server_name"], event["transaction"]) == ("host-1", "customers")


def test_variables_are_read_as_every_SDK_reads_them_and_flags_win(programs, ingest):
    environment = {
        "SENTRY_DSN": ingest.dsn, "SENTRY_ENVIRONMENT": "from-variable", "SENTRY_RELEASE": "variable@1",
        "SENTRY_RUN_TAG": "a=1,b=2",
    }
    programs.supervise("fail", flags=["--quiet", "--release", "flag@2", "--tag", "b=3"], env=environment)
    (event,) = ingest.wait_for("event")
    assert (event["environment"], event["release"]) == ("from-variable", "flag@2")
    assert event["tags"]["a"] == "1" and event["tags"]["b"] == "3"


def test_the_release_falls_back_to_the_commit(programs, ingest):
    script = "git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && git rev-parse HEAD"
    commit = programs.run("sh", "-c", script).out.strip()
    report(programs, ingest, "fail")
    (event,) = ingest.wait_for("event")
    assert event["release"] == commit or commit.startswith(event["release"])


def test_files_are_attached_on_failure(programs, ingest):
    (programs.directory / "trace.log").write_bytes(b"line\nbinary \x00\xff\n")
    (programs.directory / "other.txt").write_text("not asked for")
    (programs.directory / "big.log").write_bytes(b"x" * 5000)
    flags = ["--attach", "*.log", "--max-attachment-size", "4k"]
    report(programs, ingest, "fail", flags=flags)
    ingest.wait_for("event")
    (envelope,) = [envelope for envelope in ingest.accepted if envelope.of("event")]
    (attachment,) = envelope.of("attachment")
    assert attachment.headers["filename"] == "trace.log"
    assert attachment.payload == b"line\nbinary \x00\xff\n"


def test_nothing_is_attached_on_success(programs, ingest):
    (programs.directory / "trace.log").write_text("x")
    report(programs, ingest, "print", flags=["--attach", "*.log"])
    ingest.wait_for("log")
    ingest.wait_quiet()
    assert ingest.items("attachment") == []


def test_secrets_are_scrubbed_from_everything_that_is_sent(programs, ingest):
    secret = "hunter2-" + os.urandom(8).hex()
    script = f"echo password={secret}; echo url https://me:{secret}@example.com/ >&2; exit 1"
    programs.run(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--traces-sample-rate", "1", "--", "sh", "-c", script
    )
    ingest.wait_for("event")
    ingest.wait_quiet()
    sent = b"".join(item.payload for envelope in ingest.accepted for item in envelope.items)
    assert b"password=" in sent
    assert secret.encode() not in sent


# Logs


def test_each_line_is_a_log_in_order(programs, ingest):
    report(programs, ingest, "print", "250", "stdout")
    ingest.wait_until(lambda ingest: len(ingest.logs()) >= 250)
    logs = ingest.logs()
    assert [log["body"] for log in logs] == [f"line {number} on stdout" for number in range(1, 251)]
    assert all(len(container["items"]) <= 100 for container in ingest.items("log"))
    stamps = [log["timestamp"] for log in logs]
    assert stamps == sorted(stamps)
    assert len({log["trace_id"] for log in logs}) == 1


def test_levels_come_from_the_lines(programs, ingest):
    lines = ["plain", "WARN: low disk", "2026-11-21 04:12:09 ERROR broken", "DEBUG details", "level=fatal msg=gone"]
    script = "; ".join(f"echo '{line}'" for line in lines) + "; echo plain >&2"
    programs.run(programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--", "sh", "-c", script)
    ingest.wait_until(lambda ingest: len(ingest.logs()) >= 6)
    levels = {log["body"]: log["level"] for log in ingest.logs()}
    assert levels["plain"] == "info", "on stderr too"
    assert sorted(levels.values()) == ["debug", "error", "fatal", "info", "warn"]


@pytest.mark.parametrize("mode, expected", [("all", 3), ("warn", 1), ("off", 0)])
def test_logs_can_be_limited(programs, ingest, mode, expected):
    script = "echo one; echo two; echo 'ERROR three'; exit 1"
    programs.run(programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--logs", mode, "--", "sh", "-c", script)
    (event,) = ingest.wait_for("event")
    ingest.wait_quiet()
    assert len(ingest.logs()) == expected
    assert len(messages(event)) == 3, "breadcrumbs are not limited by --logs"


def test_logs_of_a_long_job_arrive_while_it_runs(programs, ingest):
    process = programs.start(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--", "sh", "-c", "echo early; exec sleep 30"
    )
    assert ingest.wait_until(lambda ingest: ingest.logs(), timeout=12), "batches go out after 5 seconds"
    assert process.poll() is None
    process.kill()


def test_a_flood_is_bounded_and_its_losses_are_counted(programs, ingest):
    counted = programs.directory / "bytes"
    result = report(programs, ingest, "flood", "1", str(counted), stdout=subprocess.DEVNULL, timeout=60)
    assert result.code == 0
    ingest.wait_until(lambda ingest: ingest.logs(), 20)
    ingest.wait_quiet(2, 40)
    produced = int(counted.read_text()) // 80
    reports = [loss for report in ingest.items("client_report") for loss in report["discarded_events"]]
    lost = sum(loss["quantity"] for loss in reports if loss["category"] == "log_item")
    assert produced > 10_000
    assert len(ingest.logs()) + lost >= produced * 0.5 or lost > 0, (produced, len(ingest.logs()), reports)


# Check-ins


def test_a_monitored_job_checks_in_and_out(programs, ingest):
    flags = [
        "--monitor-slug", "nightly-import", "--schedule", "0 3 * * *", "--check-in-margin", "5", "--max-runtime", "60",
        "--timezone", "Europe/Prague", "--failure-issue-threshold", "2", "--recovery-threshold", "3",
        "--owner", "team:data",
    ]
    report(programs, ingest, "sleep", "0.2", flags=flags)
    opening, closing = ingest.wait_for("check_in", 2)
    assert (opening["status"], closing["status"]) == ("in_progress", "ok")
    assert opening["check_in_id"] == closing["check_in_id"]
    assert opening["monitor_slug"] == closing["monitor_slug"] == "nightly-import"
    assert opening["monitor_config"] == {
        "schedule": {"type": "crontab", "value": "0 3 * * *"}, "checkin_margin": 5, "max_runtime": 60,
        "timezone": "Europe/Prague", "failure_issue_threshold": 2, "recovery_threshold": 3, "owner": "team:data",
    }
    assert 0.2 <= closing["duration"] < 5
    assert closing["environment"] == "production"


def test_the_opening_check_in_arrives_while_the_job_runs(programs, ingest):
    process = programs.start(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--monitor-slug", "long", "--", "sleep", "30"
    )
    (opening,) = ingest.wait_for("check_in", timeout=5)
    assert opening["status"] == "in_progress" and process.poll() is None
    process.terminate()
    closing = ingest.wait_for("check_in", 2)[-1]
    assert closing["status"] == "error", "stopped from outside is not ok"
    process.wait(5)


def test_an_interval_is_a_schedule(programs, ingest):
    report(programs, ingest, "exit", flags=["--monitor-slug", "poll", "--schedule", "every 10 minutes"])
    opening = ingest.wait_for("check_in", 2)[0]
    assert opening["monitor_config"]["schedule"] == {"type": "interval", "value": 10, "unit": "minute"}


def test_the_slug_is_normalised(programs, ingest):
    report(programs, ingest, "exit", flags=["--monitor-slug", "Nightly Import (EU)"])
    assert ingest.wait_for("check_in", 2)[0]["monitor_slug"] == "nightly-import-eu"


def test_the_job_knows_its_monitor(programs, ingest):
    command = [programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--monitor-slug", "nightly", "--"]
    result = programs.run(*command, "sh", "-c", "echo $SENTRY_MONITOR_SLUG")
    assert result.out == "nightly\n"


SENTRY_CLI = [
    "monitors", "run", "nightly", "-e", "staging", "-s", "0 3 * * *", "--check-in-margin", "5", "--max-runtime", "60",
    "--timezone", "Europe/Prague", "--failure-issue-threshold", "2", "--recovery-threshold", "3", "--",
]


def test_monitors_run_does_what_sentry_cli_does(programs, ingest):
    theirs = Path(sys.executable).parent / "sentry-cli"
    if not theirs.exists():
        pytest.skip("sentry-cli is not installed")
    job = ["sh", "-c", "echo $SENTRY_MONITOR_SLUG; exit 3"]
    seen = []
    for program in (str(theirs), programs.sentry_run):
        ingest.envelopes.clear()
        result = programs.run(program, *SENTRY_CLI, *job, env={"SENTRY_DSN": ingest.dsn, "SENTRY_RUN_QUIET": "1"})
        check_ins = ingest.wait_for("check_in", 2)
        # What their client sends in its headers is not ours to judge.
        if program != programs.sentry_run:
            ingest.violations.clear()
        kept = ("monitor_slug", "status", "environment", "monitor_config")
        seen.append((result.code, result.out, [{key: entry.get(key) for key in kept} for entry in check_ins]))
    theirs, ours = seen
    assert ours[:2] == theirs[:2]
    for key in ("monitor_slug", "status", "environment"):
        assert [entry[key] for entry in ours[2]] == [entry[key] for entry in theirs[2]]
    assert ours[2][0]["monitor_config"] == {key: value for key, value in theirs[2][0]["monitor_config"].items() if value}


# Traces


def traced(programs, ingest, *job, rate="1", flags=(), **options):
    return programs.run(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--traces-sample-rate", rate, *flags, "--", *job, **options
    )


def test_a_run_is_a_transaction(programs, ingest):
    traced(programs, ingest, "sh", "-c", "sleep 0.2; exit 3")
    (transaction,) = ingest.wait_for("transaction")
    trace = transaction["contexts"]["trace"]
    elapsed = envelopes.seconds(transaction["timestamp"]) - envelopes.seconds(transaction["start_timestamp"])
    assert 0.2 <= elapsed < 5
    assert transaction["transaction"] == "sh" and transaction["transaction_info"]["source"] in ("task", "custom")
    assert trace["status"] == "internal_error" and trace["op"]
    assert "parent_span_id" not in trace


@pytest.mark.parametrize("job, status", [("exit 0", "ok"), ("kill -TERM $$", "cancelled"), ("kill -SEGV $$", "aborted")])
def test_the_transactions_status_is_the_jobs(programs, ingest, job, status):
    traced(programs, ingest, "sh", "-c", job)
    (transaction,) = ingest.wait_for("transaction")
    assert transaction["contexts"]["trace"]["status"] == status


def test_the_jobs_child_programs_are_spans(programs, ingest):
    traced(programs, ingest, "sh", "-c", "sleep 0.1; env sleep 0.15; true")
    (transaction,) = ingest.wait_for("transaction")
    spans = transaction["spans"]
    checks = {check["check"]: check["result"] for check in programs.run(programs.sentry_run, "doctor", "--json").json}
    if checks["perf"] != "ok":
        pytest.skip("perf events are not permitted here: the root span alone")
    names = " ".join(span["description"] for span in spans)
    assert "sleep" in names
    longest = max(envelopes.seconds(span["timestamp"]) - envelopes.seconds(span["start_timestamp"]) for span in spans)
    assert 0.14 <= longest < 2


def test_everything_of_a_run_shares_one_trace(programs, ingest):
    traced(programs, ingest, "sh", "-c", "echo hello; exit 1", flags=["--monitor-slug", "job", "--release", "a@1"])
    (event,) = ingest.wait_for("event")
    (transaction,) = ingest.wait_for("transaction")
    ingest.wait_for("check_in", 2)
    ingest.wait_for("log")
    traces = {event["contexts"]["trace"]["trace_id"], transaction["contexts"]["trace"]["trace_id"]}
    traces |= {log["trace_id"] for log in ingest.logs()}
    traces |= {check_in["contexts"]["trace"]["trace_id"] for check_in in ingest.items("check_in")}
    traces |= {envelope.headers["trace"]["trace_id"] for envelope in ingest.accepted if "trace" in envelope.headers}
    assert len(traces) == 1
    assert event["contexts"]["trace"]["span_id"] == transaction["contexts"]["trace"]["span_id"]
    (envelope,) = [envelope for envelope in ingest.accepted if envelope.of("transaction")]
    assert envelope.headers["trace"]["public_key"] == ingest.key


def test_no_transaction_without_a_rate_but_a_trace(programs, ingest):
    result = programs.run(
        programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--", "sh", "-c", "echo $SENTRY_TRACE; exit 1"
    )
    (event,) = ingest.wait_for("event")
    ingest.wait_quiet()
    assert ingest.items("transaction") == []
    assert result.out.startswith(event["contexts"]["trace"]["trace_id"] + "-")


def test_rate_zero_sends_no_transaction_and_counts_it(programs, ingest):
    result = traced(programs, ingest, "sh", "-c", "echo $SENTRY_TRACE; exit 1", rate="0")
    ingest.wait_for("event")
    ingest.wait_quiet()
    assert result.out.strip().endswith("-0")
    assert ingest.items("transaction") == []
    losses = [loss for report in ingest.items("client_report") for loss in report["discarded_events"]]
    assert {"reason": "sample_rate", "category": "transaction", "quantity": 1} in losses


@pytest.mark.parametrize(
    "environment, rate",
    [
        ({"SENTRY_TRACE": f"{TRACE}-{SPAN}-1"}, "0"),
        ({"SENTRY_TRACE": f"{TRACE}-{SPAN}-1", "SENTRY_BAGGAGE": f"other=1,sentry-trace_id={TRACE},sentry-public_key={KEY}"}, "0"),
        # Its flag is the decision of another backend: ours counts.
        ({"TRACEPARENT": f"00-{TRACE}-{SPAN}-00"}, "1"),
    ],
    ids=["SENTRY_TRACE", "SENTRY_BAGGAGE", "TRACEPARENT"],
)
def test_the_callers_trace_is_continued_and_handed_on(programs, ingest, environment, rate):
    result = traced(
        programs, ingest, "sh", "-c", "echo $SENTRY_TRACE; echo $SENTRY_BAGGAGE; exit 1", rate=rate, env=environment
    )
    # The caller's decision wins over our rate of 0.
    (transaction,) = ingest.wait_for("transaction")
    trace = transaction["contexts"]["trace"]
    assert (trace["trace_id"], trace["parent_span_id"]) == (TRACE, SPAN)
    handed, baggage = result.out.splitlines()
    assert handed == f"{TRACE}-{trace['span_id']}-1"
    if "SENTRY_BAGGAGE" in environment:
        assert "other=1" in baggage and f"sentry-trace_id={TRACE}" in baggage


def test_a_callers_negative_decision_is_obeyed(programs, ingest):
    result = traced(programs, ingest, "sh", "-c", "echo $SENTRY_TRACE; exit 1", env={"SENTRY_TRACE": f"{TRACE}-{SPAN}-0"})
    (event,) = ingest.wait_for("event")
    ingest.wait_quiet()
    assert ingest.items("transaction") == []
    assert event["contexts"]["trace"]["trace_id"] == TRACE
    assert result.out.strip().endswith("-0")


def test_a_nested_run_is_part_of_the_outer_trace(programs, ingest):
    inner = [programs.sentry_run, "--quiet", "--name", "inner", "--", "sh", "-c", "exit 2"]
    environment = {"SENTRY_DSN": ingest.dsn, "SENTRY_TRACES_SAMPLE_RATE": "1"}
    programs.run(programs.sentry_run, "--quiet", "--name", "outer", "--", *inner, env=environment)
    transactions = {entry["transaction"]: entry["contexts"]["trace"] for entry in ingest.wait_for("transaction", 2)}
    assert transactions["inner"]["trace_id"] == transactions["outer"]["trace_id"]
    assert transactions["inner"]["parent_span_id"] == transactions["outer"]["span_id"]


# Sessions


@pytest.mark.parametrize(
    "job, status, errors",
    [(["exit", "0"], "exited", 0), (["exit", "3"], "exited", 1), (["segv"], "crashed", 1), (["signal", "9"], "abnormal", None)],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_run_of_a_release_is_a_session(programs, ingest, job, status, errors):
    report(programs, ingest, *job, flags=["--release", "importer@2.3.1"])
    session = ingest.wait_for("session")[-1]
    assert session["status"] == status
    assert errors is None or session["errors"] == errors
    assert session["attrs"] == {"release": "importer@2.3.1", "environment": "production"}
    assert sum(bool(entry.get("init")) for entry in ingest.items("session")) == 1


def test_a_crashed_session_travels_with_its_event(programs, ingest):
    report(programs, ingest, "segv", flags=["--release", "importer@2.3.1"])
    ingest.wait_for("session")
    (envelope,) = [envelope for envelope in ingest.accepted if envelope.of("event")]
    assert envelope.of("session")


def test_no_sessions_on_request(programs, ingest):
    report(programs, ingest, "fail", flags=["--release", "a@1", "--no-sessions"])
    ingest.wait_for("event")
    ingest.wait_quiet()
    assert ingest.items("session") == []


# Sampling, Spotlight, the courier


def test_a_sample_rate_of_zero_drops_events_and_counts_them(programs, ingest):
    report(programs, ingest, "fail", flags=["--sample-rate", "0"])
    ingest.wait_for("log")
    ingest.wait_quiet()
    assert ingest.items("event") == []
    losses = [loss for report in ingest.items("client_report") for loss in report["discarded_events"]]
    assert any((loss["reason"], loss["category"]) == ("sample_rate", "error") for loss in losses), losses


def test_spotlight_gets_a_copy(programs, ingest):
    with Ingest() as spotlight:
        report(programs, ingest, "fail", flags=[f"--spotlight={spotlight.url}/stream"])
        assert ingest.wait_for("event")[0]["event_id"] == spotlight.wait_for("event")[0]["event_id"]


def test_bodies_are_compressed(programs, ingest):
    report(programs, ingest, "print", "100")
    ingest.wait_for("log")
    (envelope,) = [envelope for envelope in ingest.accepted if envelope.of("log")]
    assert envelope.request_headers["Content-Encoding"] == "gzip"
    assert envelope.request_bytes < len(envelope.items[0].payload) / 2


def test_one_courier_with_one_connection_serves_many_runs(programs, ingest):
    runs = [
        programs.start(
            programs.sentry_run, "--quiet", "--dsn", ingest.dsn, "--monitor-slug", f"job-{number}", "--",
            programs.fixture, "sleep", "0.5",
        )
        for number in range(8)
    ]
    assert [run.wait(20) for run in runs] == [0] * 8
    ingest.wait_for("check_in", 16, timeout=20)
    assert ingest.connections <= 4, "a courier a run would need at least 8"
    for number in range(8):
        statuses = [entry["status"] for entry in ingest.items("check_in") if entry["monitor_slug"] == f"job-{number}"]
        assert statuses == ["in_progress", "ok"]


def test_the_courier_leaves_when_nothing_is_left(programs, ingest):
    report(programs, ingest, "fail")
    ingest.wait_for("event")
    assert eventually(lambda: programs.processes() == [], 30), programs.processes()


def test_what_was_delivered_leaves_no_envelope_behind(programs, ingest):
    report(programs, ingest, "fail")
    ingest.wait_for("event")
    eventually(lambda: programs.processes() == [], 30)
    # A spooled envelope's name begins with priority and time.
    kept = [path.name for path in programs.state.rglob("*") if re.match(r"\d-\d{12,}-", path.name)]
    assert kept == []


def test_a_job_with_a_DSN_says_nothing_on_stderr_when_all_is_well(programs, ingest):
    result = programs.run(programs.sentry_run, "--dsn", ingest.dsn, "--", "true")
    assert result.err == ""
    ingest.wait_quiet()


def test_the_event_id_in_our_line_is_the_events(programs, ingest):
    result = programs.run(programs.sentry_run, "--dsn", ingest.dsn, "--", "sh", "-c", "exit 3")
    (event,) = ingest.wait_for("event")
    assert re.findall(r"\b[0-9a-f]{32}\b", result.err) == [event["event_id"]], result.err
