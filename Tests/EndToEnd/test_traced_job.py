"""What the job may notice of being traced: nothing."""

import json
import os
import pwd
import shutil
import signal
import subprocess

import pytest

from conftest import needs_root
from crash_programs import tool
from crash_reports import crash_of, events_of, frames_of, report
from refusing import refuse

MODES = ["auto", "tree", "main", "off"]


# Privileges


@pytest.fixture
def as_nobody(programs):
    """Options of `run` for an unprivileged user with a state directory of its own."""
    user = pwd.getpwnam("nobody")
    state = programs.directory / "nobody"
    state.mkdir()
    os.chown(state, user.pw_uid, user.pw_gid)
    for parent in [programs.directory, *programs.directory.parents]:
        if str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}
    options["env"] = {"SENTRY_RUN_STATE_DIR": str(state), "HOME": str(state)}
    if programs.run("test", "-x", programs.sentry_run, **options).code != 0:
        pytest.skip("nobody cannot reach the build directory")
    return options


@needs_root
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("way", ["{}", "sh -c '{}; true'", "bash -c 'exec {}'", "sh -c \"sh -c '{}'; exit 0\""])
@pytest.mark.parametrize("permissions", [0o4755, 0o4711])
def test_a_set_id_program_keeps_its_privileges(programs, as_nobody, mode, way, permissions):
    """Also one that may not be read."""
    program = programs.directory / "id"
    shutil.copy(shutil.which("id"), program)
    program.chmod(permissions)
    line = way.format(f"{program} -u")
    bare = programs.run("bash", "-c", line, **as_nobody)
    if bare.out != "0\n":
        pytest.skip("this file system ignores set-id bits")
    supervised = programs.run("bash", "-c", f"{programs.sentry_run} --quiet --trace {mode} -- {line}", **as_nobody)
    assert (supervised.code, supervised.out) == (bare.code, bare.out)


@needs_root
@pytest.mark.parametrize("command", [["ping", "-c", "1", "127.0.0.1"], ["sudo", "-n", "true"], ["su", "-c", "true"]])
def test_privileged_tools_end_as_without_us(programs, as_nobody, command):
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    bare = programs.run(*command, **as_nobody)
    supervised = programs.run(programs.sentry_run, "--quiet", "--", *command, **as_nobody)
    assert (supervised.code, supervised.stderr) == (bare.code, bare.stderr)


# Debuggers


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "command",
    [["strace", "-f", "-o", "/dev/null", "sh", "-c", "exit 3"], ["gdb", "-nx", "-batch", "-ex", "run", "--args", "true"]],
    ids=["strace", "gdb"],
)
@pytest.mark.parametrize("shell", [False, True], ids=["as the job", "in a shell"])
def test_a_debugger_in_the_job_works(programs, mode, command, shell):
    tool(command[0])
    quoted = " ".join(f"'{word}'" for word in command)
    job = ["sh", "-c", f"{quoted}; exit $?"] if shell else command
    bare = programs.run(*job)
    supervised = programs.run(programs.sentry_run, "--quiet", "--trace", mode, "--", *job)
    assert supervised.code == bare.code
    assert ("not permitted" in supervised.err) == ("not permitted" in bare.err)
    assert ("exited" in supervised.out) == ("exited" in bare.out)


# Signals and stops


@pytest.mark.parametrize("mode", MODES)
def test_a_queued_signals_value_and_sender_arrive(programs, crashes, mode):
    job = [str(crashes.variant("O2")), "receive-value"]
    bare = programs.run(*job)
    supervised = programs.run(programs.sentry_run, "--quiet", "--trace", mode, "--", *job)
    assert bare.out == supervised.out == "value 4711, from myself: 1, code -1\n"


@pytest.mark.parametrize("mode", MODES)
def test_a_shell_sees_its_child_stop_and_continue(programs, mode):
    """Job control between processes of the job, with a tracer between them."""
    script = """
        import os, signal
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
            os._exit(5)
        _, status = os.waitpid(child, os.WUNTRACED)
        print("stopped", os.WIFSTOPPED(status), os.WSTOPSIG(status))
        os.kill(child, signal.SIGCONT)
        _, status = os.waitpid(child, os.WCONTINUED)
        print("continued", os.WIFCONTINUED(status))
        _, status = os.waitpid(child, 0)
        print("ended", os.WEXITSTATUS(status))
    """
    lines = script.splitlines()
    program = programs.directory / "stops.py"
    program.write_text("\n".join(line[8:] for line in lines))
    job = [shutil.which("python3"), str(program)]
    bare = programs.run(*job)
    supervised = programs.run(programs.sentry_run, "--quiet", "--trace", mode, "--", *job)
    assert bare.code == 0 and (supervised.code, supervised.out) == (bare.code, bare.out)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("arguments", [["handled-signals", "5000"], ["create-threads", "200"], ["recover"]])
def test_busy_programs_end_as_without_us(programs, crashes, mode, arguments):
    job = [str(crashes.variant("O2")), *arguments]
    bare = programs.run(*job)
    supervised = programs.run(programs.sentry_run, "--quiet", "--trace", mode, "--", *job, timeout=60)
    assert (supervised.code, supervised.out) == (bare.code, bare.out)


# Where it is refused


def says(event, *words):
    """Whether one of the words is in what the event tells people."""
    told = json.dumps([event["contexts"].get("tracing"), event["contexts"].get("crash")])
    return any(word in told.lower() for word in words)


def test_where_tracing_is_refused_the_report_says_so(programs, ingest, crashes):
    result = report(programs, ingest, crashes.variant("O0"), "null-read", preexec_fn=refuse("ptrace"))
    assert result.code == -signal.SIGSEGV and result.err == ""
    (event,) = events_of(ingest, "SIGSEGV")
    assert "stacktrace" not in crash_of(event)
    assert says(event, "ptrace", "tracing", "traced"), "why there is no stack"


@pytest.mark.parametrize("mode", ["auto", "tree", "main"])
def test_where_tracing_is_refused_the_job_is_what_it_is_without_us(programs, mode):
    """It is started a second time then: many times, as what goes wrong is a matter of microseconds."""
    for _ in range(20):
        result = programs.supervise("exit", "7", flags=["--quiet", "--trace", mode], preexec_fn=refuse("ptrace"))
        assert (result.code, result.out, result.err) == (7, "", "")


# Other processors' programs


def test_a_32_bit_program_dies_as_without_us(programs, ingest):
    if os.uname().machine != "x86_64":
        pytest.skip("there is no other kind here")
    source = programs.directory / "small.c"
    source.write_text("void _start(void) { *(volatile int *)0 = 1; }\n")
    flags = ["-m32", "-static", "-nostdlib", "-fno-pic", "-no-pie", "-fno-stack-protector"]
    built = subprocess.run([tool("gcc"), *flags, "-o", "small", "small.c"], cwd=programs.directory, capture_output=True)
    if built.returncode != 0:
        pytest.skip("gcc cannot compile for 32 bits here")
    job = str(programs.directory / "small")
    try:
        bare = programs.run(job)
    except OSError:
        pytest.skip("this kernel runs no 32-bit programs")
    assert bare.code == -signal.SIGSEGV
    assert report(programs, ingest, job).code == bare.code
    events_of(ingest, "SIGSEGV")


# The budget


def test_a_job_that_is_let_go_says_so_when_it_crashes(programs, ingest, crashes):
    """100 000 signals cost more than the budget; the crash after them is reported all the same."""
    script = f"{crashes.variant('O2')} handled-signals 100000; {crashes.variant('O0')} null-read; exit 139"
    result = report(programs, ingest, "sh", "-c", script, flags=["--trace-budget", "0"])
    assert result.code == 139
    (event, *_) = ingest.wait_for("event")
    assert says(event, "let go", "budget")


def test_a_tree_that_is_traced_whatever_it_costs_shows_the_crash_at_its_end(programs, ingest, crashes):
    script = f"{crashes.variant('O2')} handled-signals 20000; {crashes.variant('O0')} null-read; exit 0"
    assert report(programs, ingest, "sh", "-c", script, flags=["--trace", "tree", "--trace-budget", "0"]).code == 0
    (event,) = events_of(ingest, "SIGSEGV")
    assert frames_of(event)[-1]["function"] == "read_through"
