"""`sentry-run logs`: what a run said, as it was kept."""

import json
import signal
import subprocess

from conftest import eventually

SCRIPT = """
echo starting
echo 'WARN: low on paint' >&2
echo '{"level":"error","msg":"no paint","table":"orders","password":"plantedplanted1"}'
echo done
"""


def logs(programs, *arguments):
    result = programs.run(programs.sentry_run, "logs", *arguments)
    assert result.code == 0, result.err
    return result


def make_run(programs, script=SCRIPT, *flags):
    programs.run(programs.sentry_run, "--quiet", *flags, "--", "sh", "-c", script)


def bodies(programs, *arguments):
    return [json.loads(line)["body"] for line in logs(programs, "--json", *arguments).out.splitlines()]


def test_the_last_runs_records_with_their_levels_and_without_secrets(programs):
    make_run(programs)
    lines = logs(programs).out.splitlines()
    assert len(lines) == 4
    assert " out info  starting" in lines[0] or " out info  starting" in lines[1]
    (warning,) = [line for line in lines if "paint" in line and "err" in line.split()]
    assert " warn " in warning
    (error,) = [line for line in lines if "no paint" in line]
    assert " out error no paint" in error and "table=orders" in error and "password=[Filtered]" in error


def test_records_are_json_for_programs(programs):
    make_run(programs)
    records = [json.loads(line) for line in logs(programs, "--json").out.splitlines()]
    (error,) = [record for record in records if record["level"] == "error"]
    assert error["stream"] == "stdout" and error["attributes"]["table"] == "orders"
    assert abs(error["time_ns"] / 1e9 - programs.show()["started_ns"] / 1e9) < 30


def test_levels_and_the_last_ones(programs):
    make_run(programs)
    assert sorted(bodies(programs, "--level", "warn")) == ["low on paint", "no paint"]
    assert bodies(programs, "--level", "error") == ["no paint"]
    assert bodies(programs, "-n", "1") == bodies(programs)[-1:]
    assert programs.run(programs.sentry_run, "logs", "--level", "loud").code == 125


def test_a_run_is_found_by_its_id(programs):
    make_run(programs, "echo one")
    first = programs.show()["id"]
    make_run(programs, "echo two")
    assert bodies(programs, first) == ["one"] and bodies(programs) == ["two"]
    assert programs.run(programs.sentry_run, "logs", "19990101").code == 1


def test_nothing_is_kept_where_logs_are_off(programs):
    make_run(programs, SCRIPT, "--logs", "off")
    result = logs(programs)
    assert result.out == "" and "nothing was kept" in result.err
    assert [path.name for path in programs.state.glob("runs/*/*") if path.name.startswith("log-")] == []


def test_no_secret_is_in_what_is_kept(programs):
    make_run(programs)
    kept = b"".join(path.read_bytes() for path in programs.state.glob("runs/*/log-*"))
    assert b"no paint" in kept and b"plantedplanted1" not in kept


def test_colours_are_for_terminals_and_the_jobs_bytes_drive_none(programs):
    make_run(programs, r"printf 'ERROR: a\033]0;title\007b \200\n'")
    assert "\x1b" not in logs(programs).out
    result = programs.run("script", "-qec", f"{programs.sentry_run} logs", "/dev/null", env={"TERM": "xterm"})
    assert b"\x1b[31m" in result.stdout and b"title" not in result.stdout


def test_following_ends_with_the_run_and_misses_nothing(programs):
    job = programs.start(
        programs.sentry_run, "--quiet", "--", "sh", "-c", "echo first; read go; for i in $(seq 300); do echo line $i; done; echo last",
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    )
    assert eventually(lambda: list(programs.state.glob("active/*/log-*")))
    follower = programs.start(programs.sentry_run, "logs", "-f", "--json", stdout=subprocess.PIPE)
    first = json.loads(follower.stdout.readline())
    assert first["body"] == "first"
    assert follower.poll() is None
    job.communicate(b"go\n", timeout=20)
    rest, _ = follower.communicate(timeout=20)
    found = [json.loads(line)["body"] for line in rest.splitlines()]
    assert found == [f"line {i}" for i in range(1, 301)] + ["last"]
    assert follower.returncode == 0


def test_following_a_finished_run_prints_it(programs):
    make_run(programs, "echo one")
    assert bodies(programs, "-f") == ["one"]


def test_following_ends_when_everything_was_killed(programs):
    job = programs.start(
        programs.sentry_run, "--quiet", "--", "sh", "-c", "echo first; exec sleep 1000", stdout=subprocess.DEVNULL
    )
    assert eventually(lambda: list(programs.state.glob("active/*/log-*")))
    follower = programs.start(programs.sentry_run, "logs", "-f", stdout=subprocess.PIPE)
    assert b"first" in follower.stdout.readline()
    for name in ("sleep", "sentry-run"):
        for pid in programs.processes(name):
            subprocess.run(["kill", "-9", str(pid)])
    for pid in programs.processes("sentry-run-reporter"):
        if pid != follower.pid:
            subprocess.run(["kill", "-9", str(pid)])
    job.wait()
    follower.communicate(timeout=20)
    assert follower.returncode == 0


def test_a_reader_that_goes_away_is_no_trouble(programs):
    make_run(programs, "seq 3000")
    assert programs.shell('"$RUN" logs | head -n 1').code == 0


def test_the_oldest_records_go_and_are_counted(programs):
    """10 MiB a run: 40 000 records of 500 bytes are twice as much."""
    script = "import time\nfor i in range(1, 40001):\n  print(i, 'x' * 450)\n  if i % 100 == 0: time.sleep(0.02)"
    programs.run(programs.sentry_run, "--quiet", "--max-log-rate", "none", "--", "python3", "-uc", script, timeout=60)
    sizes = [path.stat().st_size for path in programs.state.glob("runs/*/log-*")]
    assert 8 << 20 < sum(sizes) <= 11 << 20
    result = logs(programs, "--json")
    records = [json.loads(line)["body"] for line in result.out.splitlines()]
    numbers = [int(body.split()[0]) for body in records]
    assert numbers[-1] == 40000 and numbers == sorted(numbers)
    assert programs.show()["output"]["unseen_bytes"] > 0 or f"{40000 - len(records)} earlier records" in result.err


def test_a_reporter_started_anew_goes_on_where_the_other_was(programs):
    job = programs.start(
        programs.sentry_run, "--quiet", "--", "sh", "-c", "echo first; read go; echo second", stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    assert eventually(lambda: list(programs.state.glob("active/*/log-*")))
    (reporter,) = programs.processes("sentry-run-reporter")
    subprocess.run(["kill", f"-{int(signal.SIGKILL)}", str(reporter)])
    assert eventually(lambda: programs.processes("sentry-run-reporter") not in ([], [reporter]))
    job.communicate(b"go\n", timeout=20)
    assert bodies(programs) == ["first", "second"]
