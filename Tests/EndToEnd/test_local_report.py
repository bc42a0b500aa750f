"""Without a DSN: the job runs as ever, a report is kept on this host, and one line says so."""

import json
import os
import re
import stat

import pytest

from conftest import needs_root

FAILING = ["sh", "-c", "echo working; echo oops >&2; exit 3"]


def notice_of(programs, *flags, job=FAILING, **options):
    """Our own words on stderr after a run of a job that writes only `oops` there."""
    result = programs.run(programs.sentry_run, *flags, "--", *job, **options)
    return [line for line in result.err.splitlines() if line != "oops"]


def test_a_failing_job_is_told_about_in_one_line_that_names_the_way_to_the_report(programs):
    result = programs.run(programs.sentry_run, "--", *FAILING)
    assert (result.code, result.out) == (3, "working\n")
    first, *ours = result.err.splitlines()
    assert first == "oops"
    assert len(ours) == 1, ours
    assert ours[0].startswith("sentry-run: ") and "sentry-run show" in ours[0]


def test_the_id_in_the_line_shows_the_report(programs):
    (line,) = notice_of(programs)
    match = re.search(r"sentry-run show ([0-9a-f-]+)", line)
    assert match, line
    assert programs.show(match[1])["exit"] == {"code": 3}


def test_quiet_says_nothing(programs):
    assert notice_of(programs, "--quiet") == []


def test_show_prints_command_exit_and_last_lines_for_people(programs):
    notice_of(programs)
    result = programs.run(programs.sentry_run, "show")
    assert result.code == 0
    for expected in ("echo working; echo oops", "3", "working", "oops"):
        assert expected in result.out
    assert "\x1b" not in result.out, "no colours where stdout is no terminal"


def test_show_prints_what_happened_as_JSON(programs):
    notice_of(programs)
    report = programs.show()
    assert report["command"] == FAILING
    assert report["exit"] == {"code": 3}
    assert report["verdict"]["kind"] and "3" in report["verdict"]["summary"]
    assert {(line["stream"], line["text"]) for line in report["lines"]} == {("stdout", "working"), ("stderr", "oops")}
    assert 0 <= report["duration_seconds"] < 10
    assert re.fullmatch(r"[0-9a-f]{32}", report["trace_id"])
    assert report["started"] < report["ended"]


def test_show_prints_a_signal_by_name(programs):
    programs.supervise("signal", "11")
    report = programs.show()
    assert "signal" in report["exit"] and "code" not in report["exit"]
    assert "SIGSEGV" in programs.run(programs.sentry_run, "show").out


def test_a_job_that_succeeds_is_kept_without_a_word(programs):
    assert notice_of(programs, job=["true"]) == []
    assert programs.show()["exit"] == {"code": 0}


def test_usage_is_what_the_kernel_counted(programs):
    programs.supervise("alloc", "64")
    usage = programs.show()["usage"]
    memory = [value for key, value in usage.items() if "rss" in key or "memory" in key or "resident" in key]
    assert memory and 64 << 10 <= max(memory) <= 200 << 20, usage


def test_runs_lists_the_newest_first(programs):
    for status in (1, 2, 3):
        programs.supervise("exit", str(status))
    runs = programs.run(programs.sentry_run, "runs", "--json").json
    assert [run["exit"]["code"] for run in runs] == [3, 2, 1]
    text = programs.run(programs.sentry_run, "runs").out
    assert len([line for line in text.splitlines() if "FixtureJob" in line]) == 3


def test_runs_lists_as_many_as_asked_for(programs):
    for status in (1, 2, 3):
        programs.supervise("exit", str(status))
    assert len(programs.run(programs.sentry_run, "runs", "--json", "--limit", "2").json) == 2


def test_show_without_any_run_says_so_and_fails(programs):
    result = programs.run(programs.sentry_run, "show")
    assert result.code != 0
    assert result.err.startswith("sentry-run: ")


def test_show_of_an_unknown_run_says_so_and_fails(programs):
    programs.supervise("exit", "1")
    result = programs.run(programs.sentry_run, "show", "ffffffffffff")
    assert result.code != 0
    assert "ffffffffffff" in result.err


def test_terminal_control_sequences_of_the_job_are_not_replayed(programs):
    programs.supervise("no-newline", "\x1b[31mred\x1b[0m \x1b]0;title\x07", "1")
    assert "\x1b" not in programs.run(programs.sentry_run, "show").out
    assert any("red" in line["text"] for line in programs.show()["lines"])


def test_binary_output_makes_a_report_that_is_valid_JSON(programs):
    programs.supervise("binary", "200000")
    assert isinstance(programs.show()["lines"], list)


def test_secrets_are_not_written_to_disk(programs):
    secret = "hunter2-" + os.urandom(8).hex()
    job = ["sh", "-c", f"echo password={secret}; echo Authorization: Bearer {secret} >&2; exit 1"]
    programs.run(programs.sentry_run, "--quiet", "--", *job, env={"DATABASE_URL": f"postgres://me:{secret}@db/x"})
    kept = b"".join(path.read_bytes() for path in programs.state.rglob("*") if path.is_file())
    assert b"password=" in kept
    assert secret.encode() not in kept


def test_the_state_directory_is_ours_alone(programs):
    programs.supervise("exit", "1")
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [programs.state, *programs.state.rglob("*")]}
    assert all(mode & 0o077 == 0 for mode in modes.values()), modes


# Where it is kept


def kept_in(directory):
    return directory.is_dir() and any(path.is_file() for path in directory.rglob("*"))


def test_the_flag_wins_over_the_variable(programs):
    flagged = programs.directory / "flagged"
    programs.supervise("exit", "1", flags=["--quiet", "--state-dir", str(flagged)])
    assert kept_in(flagged) and not kept_in(programs.state)


def test_XDG_STATE_HOME_is_used_where_nothing_else_is_said(programs):
    base = programs.directory / "xdg"
    programs.supervise("exit", "1", env={"SENTRY_RUN_STATE_DIR": None, "XDG_STATE_HOME": str(base)})
    assert kept_in(base / "sentry-run")


def test_a_user_without_XDG_STATE_HOME_keeps_reports_under_the_home_directory(programs):
    import pwd

    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        os.chown(programs.home, user.pw_uid, user.pw_gid)
        for parent in [programs.directory, *programs.directory.parents][:4]:
            if str(parent).startswith("/tmp/"):
                parent.chmod(0o755)
        probe = programs.run("test", "-x", programs.sentry_run, **options)
        if probe.code != 0 or programs.run("test", "-w", str(programs.home), **options).code != 0:
            pytest.skip("nobody cannot reach the build directory")
    else:
        options = {}
    programs.supervise("exit", "1", env={"SENTRY_RUN_STATE_DIR": None, "XDG_STATE_HOME": None}, cwd="/", **options)
    assert kept_in(programs.home / ".local" / "state" / "sentry-run")


def test_an_unwritable_state_directory_is_said_and_the_job_runs(programs):
    blocked = programs.directory / "blocked"
    blocked.write_text("a file where a directory should be\n")
    result = programs.run(programs.sentry_run, "--", *FAILING, env={"SENTRY_RUN_STATE_DIR": str(blocked / "state")})
    assert (result.code, result.out) == (3, "working\n")
    ours = [line for line in result.err.splitlines() if line != "oops"]
    assert ours and str(blocked) in ours[0], ours


@needs_root
def test_root_keeps_reports_in_var_lib(programs):
    """In a mount namespace of its own, so that the machine's /var/lib stays as it is."""
    script = (
        'mount -t tmpfs none /var/lib && unset SENTRY_RUN_STATE_DIR XDG_STATE_HOME'
        ' && "$RUN" --quiet -- sh -c "exit 1"; find /var/lib/sentry-run -type f | head -1'
    )
    if programs.run("unshare", "-m", "true").code != 0:
        pytest.skip("unshare -m is not permitted here")
    result = programs.run("unshare", "-m", "bash", "-c", script, env={"RUN": programs.sentry_run})
    assert result.out.startswith("/var/lib/sentry-run/"), result.err


def test_a_symlink_as_state_directory_of_another_kind_is_not_followed_into_files(programs):
    """The directory itself may be a link that the user made; what is inside it may not."""
    programs.supervise("exit", "1")
    victim = programs.directory / "victim"
    victim.write_text("precious\n")
    for path in list(programs.state.rglob("*")):
        if path.is_file():
            path.unlink()
            path.symlink_to(victim)
    assert programs.supervise("exit", "2").code == 2
    assert victim.read_text() == "precious\n"


def test_reports_are_bounded(programs):
    for _ in range(3):
        programs.supervise("flood", "0.2")
    size = sum(path.stat().st_size for path in programs.state.rglob("*") if path.is_file())
    assert size < 100 << 20


def test_send_delivers_what_was_kept(programs, ingest):
    for status in (3, 4):
        programs.supervise("fail", str(status))
    result = programs.run(programs.sentry_run, "send", "--dsn", ingest.dsn, timeout=60)
    assert result.code == 0, result.err
    events = ingest.wait_for("event", 2)
    assert len(events) == 2
    assert all("oops: the disk is on fire" in json.dumps(event["breadcrumbs"]) for event in events)
    again = programs.run(programs.sentry_run, "send", "--dsn", ingest.dsn, timeout=60)
    ingest.wait_quiet()
    assert again.code == 0 and len(ingest.items("event")) == 2, "nothing is sent twice"
