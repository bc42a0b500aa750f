"""The job is traced: it cannot tell by anything it does, and its ends are told to the reporter."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from conftest import PROGRAMS, ended, eventually, needs_root, state_of

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def tracee(tmp_path_factory):
    program = tmp_path_factory.mktemp("tracee") / "tracee"
    subprocess.run(["gcc", "-O1", "-pthread", "-o", program, HERE / "tracee.c"], check=True)
    return str(program)


class Traced:
    """Runs commands with the reporter of the tests."""

    def __init__(self, programs):
        self.programs = programs
        self.log = programs.directory / "trace.log"
        libexec = programs.directory / "libexec"
        libexec.mkdir()
        shutil.copy(HERE / "tracing_reporter.py", libexec / "sentry-run-reporter")
        (libexec / "sentry-run-reporter").chmod(0o755)
        self.env = {"SENTRY_RUN_LIBEXEC": str(libexec), "TRACE_LOG": str(self.log)}

    def run(self, *command, flags=(), **options):
        return self.programs.run(
            self.programs.sentry_run, "--quiet", *flags, "--", *command, env=self.env | options.pop("env", {}), **options
        )

    def start(self, *command, flags=(), **options):
        return self.programs.start(self.programs.sentry_run, "--quiet", *flags, "--", *command, env=self.env, **options)

    def told(self, kind=None):
        if not self.log.exists():
            return []
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.endswith("}")]
        return [line for line in lines if kind in (None, line["kind"])]


@pytest.fixture
def traced(programs):
    return Traced(programs)


# The job is what it is without us


@pytest.mark.parametrize("mode", ["auto", "tree", "main", "off"])
@pytest.mark.parametrize(
    "verb",
    [
        ["signals", "2000"],
        ["queued", "500"],
        ["faults", "500"],
        ["job-control"],
        ["statuses", "300"],
        ["ignored-children", "50"],
        ["clones"],
        ["many-threads", "300"],
        ["crashes", "30", "6"],
        ["crashes", "30", "15"],
        ["vfork"],
        ["threads-crash", "8"],
        ["vfork-crash"],
        ["undumpable"],
        ["exec-in-thread", "echo executed; exit 9"],
        ["leader-ends", "echo executed; exit 9"],
    ],
    ids=" ".join,
)
def test_what_a_program_does_has_the_same_outcome(traced, tracee, verb, mode):
    bare = traced.programs.run(tracee, *verb)
    supervised = traced.run(tracee, *verb, flags=["--trace", mode])
    assert (supervised.code, supervised.out) == (bare.code, bare.out)
    assert supervised.seconds < 5


@pytest.mark.parametrize("name", ["strace", "gdb"])
def test_a_debugger_in_the_job_works(traced, name):
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    command = {
        "strace": 'strace -f -o trace sh -c "exec true; :" && grep -c execve trace | sed "s/.*/some/"',
        "gdb": "gdb -nx -batch -ex run -ex 'info program' --args true 2>&1 | grep -o 'exited normally'",
    }[name]
    for shell in (["sh", "-c", command], ["sh", "-c", f"({command})"]):
        assert traced.run(*shell).out == traced.programs.run(*shell).out != ""
    assert any("traces its own processes" in state["detail"] for state in traced.told("tracing"))


def test_a_program_that_checks_itself_for_leaks_can(traced, tmp_path):
    source = tmp_path / "leak.c"
    source.write_text("int main(void) { return 0; }")
    for kind in ("leak", "address"):
        if subprocess.run(["gcc", f"-fsanitize={kind}", "-o", tmp_path / kind, source], stderr=subprocess.DEVNULL).returncode:
            pytest.skip("this compiler has no sanitizers")
        assert traced.run(str(tmp_path / kind)).code == 0


def test_a_crash_handler_that_attaches_finds_the_job_untraced(traced):
    handler = traced.programs.directory / "crashpad_handler"
    shutil.copy(os.path.realpath("/bin/grep"), handler)
    result = traced.run("sh", "-c", f"sleep 5 & {handler} TracerPid /proc/$$/status /proc/$!/status; kill $!")
    assert [line.split()[-1] for line in result.out.splitlines()] == ["0", "0"]
    assert traced.told("tracing")[-1]["mode"] == "letGo"


def test_a_supervisor_in_the_job_traces_its_own(traced, tracee):
    assert traced.run(PROGRAMS / "sentry-run", "--quiet", "--", tracee, "threads-crash", "1").code == -signal.SIGSEGV
    own = [state["mode"] for state in traced.told("tracing")]
    assert "refused" not in own and own.count("tree") >= 2


def test_an_orphan_outlives_the_job_and_the_supervisor(traced, tracee):
    file = traced.programs.directory / "orphan"
    assert traced.run(tracee, "orphan", str(file)).seconds < 1
    assert eventually(lambda: file.exists() and file.read_text() == "done")


def test_the_core_file_is_the_kernels_own(traced, tracee):
    pattern = Path("/proc/sys/kernel/core_pattern").read_text()
    if pattern.startswith("|") or "/" in pattern:
        pytest.skip("core files go elsewhere")
    result = traced.run("sh", "-c", f"ulimit -c unlimited; exec {tracee} threads-crash 3")
    assert result.code == -signal.SIGSEGV
    assert list(traced.programs.directory.glob("core*"))
    assert [told["status"] for told in traced.told("exited")] == [signal.SIGSEGV | 0x80]


# Stopped and continued


def test_the_job_may_be_stopped_and_continued(traced, tracee):
    run = traced.start(tracee, "sleep", "3")
    job = eventually(lambda: traced.told("started"))[0]["pid"]
    for _ in range(3):
        os.kill(job, signal.SIGSTOP)
        assert eventually(lambda: state_of(job) in ("T", "t"))
        before = len(traced.told("continued"))
        assert eventually(lambda: len(traced.told("stopped")) == before + 1)
        os.kill(job, signal.SIGCONT)
        assert eventually(lambda: len(traced.told("continued")) == before + 1)
        assert eventually(lambda: state_of(job) == "S")
    os.kill(job, signal.SIGTERM)
    assert run.wait(5) == -signal.SIGTERM


def test_the_job_lives_on_when_the_supervisor_is_killed(traced, tracee):
    for pause in [0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1]:
        file = traced.programs.directory / f"alive-{pause}"
        run = traced.start("sh", "-c", f"i=0; while [ $i -lt 30 ]; do /bin/true; i=$((i+1)); done; echo done >{file}")
        mark = run.pid
        time.sleep(pause + 0.02)
        os.kill(mark, signal.SIGKILL)
        run.wait()
        assert eventually(lambda: file.exists() or not traced.programs.processes("dash")), pause
        # Killed before it had started anything, there is no job.
        assert file.exists() or pause < 0.05


def test_a_crash_dies_of_its_signal_though_the_supervisor_is_killed_in_the_middle(traced, tracee):
    # The shell's own word about the crash would go to a pipe that nobody reads any more, and end it.
    run = traced.start("sh", "-c", f"exec 2>/dev/null; {tracee} threads-crash 64; echo $? >ended")
    eventually(lambda: traced.told("started"))
    run.kill()
    assert eventually(lambda: (traced.programs.directory / "ended").exists())
    assert (traced.programs.directory / "ended").read_text().strip() in ("139", "")


# What is told


def test_a_crash_is_told_with_every_thread(traced, tracee):
    assert traced.run(tracee, "threads-crash", "16", flags=["--trace", "tree"]).code == -signal.SIGSEGV
    (told,) = traced.told("snapshot")
    assert (told["reason"], told["signal"], told["pid"]) == ("fatalSignal", signal.SIGSEGV, told["thread"])
    assert len(told["threads"]) == 17
    assert told["threads"][0]["id"] == told["thread"]
    assert all(thread["registers"] and not thread["trouble"] for thread in told["threads"])
    assert told["stopped"] < 0.5


def test_a_thread_that_cannot_be_stopped_holds_nothing_up(traced, tracee):
    result = traced.run(tracee, "vfork-crash")
    assert result.code == -signal.SIGSEGV
    told = [told for told in traced.told("snapshot") if len(told["threads"]) == 2]
    assert [bool(thread["trouble"]) for thread in told[0]["threads"]] == [False, True]
    assert "did not stop in time" in told[0]["threads"][1]["trouble"]
    assert told[0]["stopped"] < 0.2


def test_a_childs_crash_is_told_only_where_children_are_followed(traced, tracee):
    for mode, count in [("tree", 1), ("auto", 1), ("main", 0), ("off", 0)]:
        traced.log.unlink(missing_ok=True)
        assert traced.run("sh", "-c", f"{tracee} threads-crash 0; exit 0", flags=["--trace", mode]).code == 0
        assert len(traced.told("snapshot")) == count, mode
        assert traced.told("tracing")[0]["mode"] == {"auto": "tree"}.get(mode, mode)


def test_many_crashes_are_told_up_to_a_limit(traced, tracee):
    assert traced.run(tracee, "crashes", "80", "6", flags=["--trace", "tree"]).out == "80\n"
    assert len(traced.told("snapshot")) == 64
    assert "16 more crashes" in traced.told("tracing")[-1]["detail"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGKILL, signal.SIGALRM])
def test_an_orderly_stop_is_no_crash(traced, tracee, number):
    assert traced.run(tracee, "crashes", "1", str(int(number))).out == "1\n"
    assert traced.told("snapshot") == []


def test_processes_are_told_from_their_fork_to_their_end(traced):
    traced.run("sh", "-c", "/bin/true; (exit 3); exit 4", flags=["--trace", "tree", "--traces-sample-rate", "1"])
    job = traced.told("started")[0]["pid"]
    forked = traced.told("forked")
    assert [told["parent"] for told in forked] == [job, job]
    assert [told["pid"] for told in traced.told("executed")] == [job, forked[0]["pid"]]
    assert {told["pid"]: told["status"] >> 8 for told in traced.told("ended")} == {
        forked[0]["pid"]: 0, forked[1]["pid"]: 3, job: 4,
    }
    assert [told["kind"] for told in traced.told()][-2:] == ["tracing", "exited"]


# The budget


def test_a_job_that_lives_of_signals_is_let_go(traced, tracee):
    assert traced.run(tracee, "signals", "100000").out == "100000\n"
    assert traced.told("tracing")[-1]["mode"] == "letGo"
    assert 0.04 < traced.told("tracing")[-1]["stopped"] < 0.2
    assert len(traced.told("snapshot")) == 0


def test_a_job_that_lives_of_forks_is_followed_no_more(traced):
    script = "i=0; while [ $i -lt 1500 ]; do /bin/true; i=$((i+1)); done"
    assert traced.run("sh", "-c", script).code == 0
    assert traced.told("tracing")[-1]["mode"] in ("reduced", "letGo")
    assert traced.told("tracing")[-1]["stopped"] < 0.2


def test_tree_never_lets_go(traced, tracee):
    assert traced.run(tracee, "signals", "20000", flags=["--trace", "tree"]).out == "20000\n"
    assert [state["mode"] for state in traced.told("tracing")] == ["tree", "tree"]


# The living


def test_before_the_timeouts_signals_stacks_are_taken(traced, tracee):
    flags = ["--timeout", "300ms", "--kill-after", "200ms"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    assert traced.run("sh", "-c", f"trap '' TERM; {tracee} sleep 3; :", flags=flags, **quiet).code == -signal.SIGKILL
    told = traced.told("snapshot")
    job = traced.told("started")[0]["pid"]
    assert [(one["reason"], one["pid"] == job) for one in told] == [
        ("timeout", True), ("timeout", False), ("timeoutKill", True), ("timeoutKill", False),
    ]
    assert len(told[1]["threads"]) == 4
    assert all(thread["registers"] for one in told for thread in one["threads"])


def test_a_job_that_was_let_go_is_read_before_its_timeout(traced, tracee):
    flags = ["--timeout", "1s", "--trace-budget", "0"]
    traced.run("sh", "-c", f"{tracee} signals 30000 >&2; exec {tracee} sleep 2", flags=flags)
    traced.log.unlink()
    traced.run(tracee, "sleep", "2", flags=["--timeout", "400ms", "--trace-budget", "0"])
    assert [len(one["threads"]) for one in traced.told("snapshot")] == [3]


def test_a_job_that_neither_writes_nor_computes_hangs_once(traced, tracee):
    result = traced.run(tracee, "sleep", "2", flags=["--hang-timeout", "300ms", "--timeout", "1500ms"])
    assert result.code == -signal.SIGTERM
    assert [one["reason"] for one in traced.told("snapshot")] == ["hang", "timeout"]


@pytest.mark.parametrize("job", ["busy", "writing"])
def test_a_job_that_works_does_not_hang(traced, tracee, job):
    command = [tracee, "busy"] if job == "busy" else ["sh", "-c", "while :; do echo x; sleep 0.1; done"]
    traced.run(*command, flags=["--hang-timeout", "400ms", "--timeout", "1500ms"])
    assert [one["reason"] for one in traced.told("snapshot") if one["reason"] == "hang"] == []


# Unprivileged


@needs_root
def test_an_unprivileged_run_reads_crashes_too(traced, tracee):
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed")
    for directory in [traced.programs.directory, *traced.programs.directory.parents][:-1]:
        if directory.stat().st_uid == 0 and directory != Path("/tmp"):
            directory.chmod(0o777)
    Path(tracee).parent.chmod(0o755)
    Path(tracee).parent.parent.chmod(0o755)
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    for verb in ("threads-crash", "undumpable"):
        traced.log.unlink(missing_ok=True)
        result = traced.programs.run(*user, traced.programs.sentry_run, "--quiet", "--", tracee, verb, "4", env=traced.env)
        assert result.code == -signal.SIGSEGV
        assert all(thread["registers"] for thread in traced.told("snapshot")[0]["threads"]), verb
