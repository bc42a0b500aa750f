"""The job is untouched: whatever it could notice is as without us. Each property is compared bare against supervised."""

import ctypes
import fcntl
import hashlib
import json
import os
import resource
import signal
import subprocess
import threading
import time
import zlib

import pytest

from conftest import ended, eventually, needs_pid_namespace, needs_root, state_of

libc = ctypes.CDLL(None, use_errno=True)

SIGNALS = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM XCPU XFSZ VTALRM PROF IO PWR SYS".split()
FORWARDED = "HUP INT QUIT ILL TRAP ABRT BUS FPE USR1 SEGV USR2 PIPE ALRM XCPU XFSZ VTALRM PROF WINCH IO PWR SYS URG".split()


def number(name):
    return getattr(signal, f"SIG{name}")


# How it ends


@pytest.mark.parametrize("status", [0, 1, 2, 3, 7, 42, 64, 100, 124, 125, 126, 127, 128, 137, 143, 254, 255])
def test_the_exit_status_is_the_jobs(programs, status):
    assert programs.supervise("exit", str(status)).code == status


@pytest.mark.parametrize("name", SIGNALS)
def test_a_death_by_signal_is_our_death_by_that_signal(programs, name):
    result = programs.supervise("signal", str(int(number(name))))
    assert result.code == programs.bare("signal", str(int(number(name)))).code == -number(name)


@pytest.mark.parametrize("offset", [0, 3, 30])
def test_a_death_by_real_time_signal_is_our_death_by_that_signal(programs, offset):
    assert programs.supervise("signal", str(signal.SIGRTMIN + offset)).code == -(signal.SIGRTMIN + offset)


@pytest.mark.parametrize("verb, died_of", [("abort", signal.SIGABRT), ("segv", signal.SIGSEGV)])
def test_a_crash_is_our_death_by_the_same_signal(programs, verb, died_of):
    assert programs.supervise(verb).code == -died_of


def test_a_signal_becomes_128_plus_n_on_request(programs):
    assert programs.supervise("signal", "11", flags=["--quiet", "--exit-code", "128+n"]).code == 139


def test_no_core_file_of_ours_is_left(programs):
    limits = lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert programs.supervise("segv", preexec_fn=limits).code == -signal.SIGSEGV
    assert list(programs.directory.glob("core*")) == []


def test_a_command_that_does_not_exist_is_127(programs):
    result = programs.run(programs.sentry_run, "--", "no-such-command")
    assert result.code == 127
    assert "no-such-command" in result.err


def test_a_command_that_may_not_be_executed_is_126(programs):
    file = programs.directory / "data.txt"
    file.write_text("not a program\n")
    result = programs.run(programs.sentry_run, "--", str(file))
    assert result.code == 126
    assert "data.txt" in result.err


def test_a_directory_as_command_is_126(programs):
    assert programs.run(programs.sentry_run, "--", str(programs.directory)).code == 126


def test_a_missing_interpreter_is_named(programs):
    script = programs.directory / "script"
    script.write_text("#!/no/such/interpreter -x\n")
    script.chmod(0o755)
    result = programs.run(programs.sentry_run, "--", str(script))
    assert result.code == 127
    assert "/no/such/interpreter" in result.err


def test_a_script_without_interpreter_line_runs_as_env_runs_it(programs):
    script = programs.directory / "script"
    script.write_text("exit 5\n")
    script.chmod(0o755)
    bare = programs.run("env", str(script))
    assert programs.run(programs.sentry_run, "--quiet", "--", str(script)).code == bare.code


def test_the_command_is_looked_up_in_PATH(programs):
    assert programs.run(programs.sentry_run, "--quiet", "--", "sh", "-c", "exit 6").code == 6


# What it inherits


def inherited(programs, supervised, **options):
    path = programs.directory / f"environment-{supervised}.json"
    run = programs.supervise if supervised else programs.bare
    result = run("report-environment", str(path), b"caf\xe9 \xff", "", "two words", "--quiet", **options)
    assert result.code == 0, result.err
    return json.loads(path.read_text())


def assert_inherits_the_same(programs, **options):
    bare, supervised = inherited(programs, False, **options), inherited(programs, True, **options)
    for report in (bare, supervised):
        del report["pid"], report["ppid"], report["arguments"][0]
        # A process can see that it is traced, and by whom; see test_tracing.py for what else it can tell.
        del report["status.TracerPid"]
        for captured in ("1", "2"):
            descriptor = report["descriptors"].get(captured)
            if descriptor and bytes.fromhex(descriptor["target"]).startswith(b"pipe:"):
                descriptor["target"] = "a pipe"
    added = [bytes.fromhex(text) for text in supervised["variables"] if text not in bare["variables"]]
    supervised["variables"] = [text for text in supervised["variables"] if text in bare["variables"]]
    assert supervised == bare
    assert all(text.startswith((b"SENTRY_", b"TRACEPARENT=")) for text in added), added


def test_arguments_environment_limits_identity_and_descriptors_are_the_callers(programs):
    assert_inherits_the_same(programs, env={"ODD": "caf\udce9 \udcff=", "EMPTY": ""})


def test_the_callers_working_directory_umask_nice_and_limits_reach_the_job(programs):
    def prepare():
        os.umask(0o137)
        os.nice(3)
        resource.setrlimit(resource.RLIMIT_NOFILE, (211, 333))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 4096))
        resource.setrlimit(resource.RLIMIT_STACK, (4 << 20, 16 << 20))

    directory = programs.directory / "elsewhere"
    directory.mkdir()
    assert_inherits_the_same(programs, cwd=directory, preexec_fn=prepare)


def test_the_callers_blocked_and_ignored_signals_reach_the_job(programs):
    def prepare():
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGCHLD, signal.SIGRTMIN + 1})
        for name in ("HUP", "INT", "QUIT", "PIPE", "TSTP", "USR2"):
            signal.signal(number(name), signal.SIG_IGN)

    assert_inherits_the_same(programs, preexec_fn=prepare, restore_signals=False)


def test_an_ignored_SIGCHLD_of_the_caller_does_not_hide_the_exit_status(programs):
    result = programs.supervise("exit", "9", preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert result.code == 9


def test_extra_descriptors_reach_the_job_and_only_those(programs):
    with open(programs.directory / "three", "wb") as three, open(programs.directory / "four", "wb") as four:
        high = fcntl.fcntl(four, fcntl.F_DUPFD, 200)
        assert_inherits_the_same(programs, pass_fds=(three.fileno(), high))
        result = programs.supervise("write-to", str(three.fileno()), "hello", pass_fds=(three.fileno(),))
        os.close(high)
    assert result.code == 0
    assert (programs.directory / "three").read_bytes() == b"hello"


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_stay_closed(programs, redirection):
    reports = []
    for wrapper in ("", '"$RUN" --quiet -- '):
        path = programs.directory / "report.json"
        path.unlink(missing_ok=True)
        assert programs.shell(f'{wrapper}"$JOB" report-environment "{path}" {redirection}').code == 0
        reports.append(json.loads(path.read_text()))
    standard = [{key for key in report["descriptors"] if int(key) < 3} for report in reports]
    assert standard[1] == standard[0]


def test_the_job_stays_in_the_callers_process_group_and_session(programs):
    report = inherited(programs, True)
    assert (report["pgrp"], report["sid"]) == (os.getpgrp(), os.getsid(0))


# Its input


@pytest.mark.parametrize("source", ["pipe", "file", "/dev/null"])
def test_stdin_reaches_the_job(programs, source):
    data = os.urandom(3_000_000) if source != "/dev/null" else b""
    expected = f"{len(data)} {zlib.crc32(data):08x}\n"
    if source == "pipe":
        result = programs.supervise("read-stdin", input=data)
    elif source == "file":
        (programs.directory / "input").write_bytes(data)
        with open(programs.directory / "input") as file:
            result = programs.supervise("read-stdin", stdin=file)
    else:
        result = programs.supervise("read-stdin")
    assert result.out == expected


def test_what_the_job_leaves_of_stdin_is_left_for_the_next_command(programs):
    result = programs.shell('printf "one\\ntwo\\n" | ("$RUN" --quiet -- sh -c "read line; echo got \\$line"; cat)')
    assert result.out == "got one\ntwo\n"


# Its output


def digest(stream):
    hasher = hashlib.sha256()
    while block := stream.read(1 << 20):
        hasher.update(block)
    return hasher.hexdigest()


def test_200_megabytes_of_binary_output_arrive_byte_for_byte(programs):
    digests = []
    for command in ([], [programs.sentry_run, "--quiet", "--"]):
        process = programs.start(*command, programs.fixture, "binary", "200000000", stdout=subprocess.PIPE)
        digests.append(digest(process.stdout))
        assert process.wait(30) == 0
    assert digests[1] == digests[0]


@pytest.mark.parametrize(
    "job",
    [
        ["binary", "3000001"],
        ["long-line", "10000000"],
        ["no-newline"],
        ["no-newline", "\r50%\r100%"],
        ["exit"],
        ["print", "5000"],
    ],
    ids=lambda job: " ".join(job).encode("unicode_escape").decode(),
)
@pytest.mark.parametrize("to", ["pipe", "file"])
def test_output_arrives_byte_for_byte(programs, job, to):
    outputs = []
    for run in (programs.bare, programs.supervise):
        if to == "pipe":
            outputs.append(run(*job).stdout)
        else:
            with open(programs.directory / "output", "wb") as file:
                assert run(*job, stdout=file).code == 0
            outputs.append((programs.directory / "output").read_bytes())
    assert outputs[1] == outputs[0]


def test_stdout_and_stderr_stay_apart(programs):
    result = programs.supervise("print", "1000", "both")
    assert set(line.split()[-1] for line in result.out.splitlines()) == {"stdout"}
    assert set(line.split()[-1] for line in result.err.splitlines()) == {"stderr"}
    assert len(result.out.splitlines()) == len(result.err.splitlines()) == 500


@pytest.mark.parametrize("redirection", ['>"log" 2>&1', '>>"log" 2>&1', "2>&1 | cat > log"])
def test_the_order_of_stdout_and_stderr_in_one_file_is_exact(programs, redirection):
    assert programs.shell(f'"$RUN" --quiet -- "$JOB" print 3000 both {redirection}').code == 0
    numbers = [int(line.split()[1]) for line in (programs.directory / "log").read_text().splitlines()]
    assert numbers == list(range(1, 3001))


def test_output_is_appended_to_a_file_opened_for_appending(programs):
    log = programs.directory / "log"
    log.write_text("before\n")
    assert programs.shell('"$RUN" --quiet -- sh -c "echo one; echo between >> log; echo two" >> log').code == 0
    lines = log.read_text().splitlines()
    assert lines[0] == "before"
    assert sorted(lines[1:]) == ["between", "one", "two"]


def test_two_supervised_jobs_share_an_appended_log(programs):
    script = 'for n in 1 2; do "$RUN" --quiet -- "$JOB" print 500 >> log & done; wait'
    assert programs.shell(script).code == 0
    lines = (programs.directory / "log").read_text().splitlines()
    assert sorted(lines) == sorted(f"line {n} on stdout" for n in range(1, 501) for _ in range(2))


def test_a_job_whose_reader_goes_away_gets_its_SIGPIPE(programs):
    result = programs.shell('"$RUN" --quiet -- "$JOB" until-broken ended | head -1', timeout=10)
    assert result.out == "y\n"
    assert (programs.directory / "ended").read_text() == "SIGPIPE\n"


@needs_root
def test_a_job_gets_its_SIGPIPE_where_the_reporter_starts_and_no_thread_does(programs):
    """A user who may have three processes: the reporter has a copy of the job's pipe, and nobody reads it."""
    user = 60_000 + os.getpid() % 5000
    state = programs.directory / "few"
    state.mkdir()
    os.chown(state, user, user)
    for parent in [programs.directory, *programs.directory.parents][:4]:
        if str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    identity = {"user": user, "group": user, "extra_groups": []}
    if programs.run("test", "-x", programs.sentry_run, **identity).code != 0:
        pytest.skip("another user cannot reach the build directory")

    def limit():
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_NPROC, (3, 3))

    process = subprocess.Popen(
        [programs.sentry_run, "--state-dir", str(state), "--", "yes"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        cwd="/", preexec_fn=limit, **identity)
    assert process.stdout.readline() == b"y\n"
    process.stdout.close()
    assert process.wait(timeout=10) == -signal.SIGPIPE
    error = process.stderr.read().decode()
    assert "not captured" in error and "not reported" not in error, error


def test_a_job_that_ignores_SIGPIPE_gets_EPIPE(programs):
    programs.shell('trap "" PIPE; "$RUN" --quiet -- "$JOB" until-broken ended | head -1 > /dev/null', timeout=10)
    assert (programs.directory / "ended").read_text() == "EPIPE\n"


def test_the_status_of_a_job_killed_by_SIGPIPE_is_that_of_the_bare_job(programs):
    script = 'set -o pipefail; {} yes | head -1; echo "${{PIPESTATUS[0]}}"'
    bare = programs.shell(script.format(""), preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
    supervised = programs.shell(script.format('"$RUN" --quiet --'), timeout=10)
    assert supervised.out == bare.out == "y\n141\n"


def test_a_job_that_closes_its_output_is_waited_for(programs):
    begin = time.monotonic()
    assert programs.supervise("close-stdout", "4").code == 4
    assert time.monotonic() - begin >= 0.1


def test_a_slow_reader_loses_nothing(programs):
    process = programs.start(
        programs.sentry_run, "--quiet", "--", programs.fixture, "binary", "5000000", stdout=subprocess.PIPE
    )
    time.sleep(0.5)
    expected = hashlib.sha256(programs.bare("binary", "5000000").stdout).hexdigest()
    assert digest(process.stdout) == expected
    assert process.wait(5) == 0


def test_a_nonblocking_stdout_gets_everything_and_keeps_its_flags(programs):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    flags = fcntl.fcntl(writer, fcntl.F_GETFL)
    process = programs.start(programs.sentry_run, "--quiet", "--", programs.fixture, "binary", "3000000", stdout=writer)
    time.sleep(0.3)
    during = fcntl.fcntl(writer, fcntl.F_GETFL)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        received = digest(stream)
    assert process.wait(5) == 0
    assert received == hashlib.sha256(programs.bare("binary", "3000000").stdout).hexdigest()
    assert during == flags


def test_a_daemon_that_the_job_leaves_behind_keeps_its_output(programs):
    process = programs.start(
        programs.sentry_run, "--quiet", "--", programs.fixture, "daemonise", "700", "lived", stdout=subprocess.PIPE
    )
    begin = time.monotonic()
    assert process.wait(10) == 0
    assert time.monotonic() - begin < 0.5, "the end of the job is our end, not the end of its daemon"
    assert process.stdout.read() == b"early\nlate\n"
    assert eventually((programs.directory / "lived").exists, 2), "the daemon died of its output"


# Its signals


class Catcher:
    """A supervised job that writes down every signal that it gets."""

    def __init__(self, programs, *how, **options):
        self.file = programs.directory / "signals"
        command = [programs.sentry_run, "--quiet", "--", programs.fixture, "catch-signals", str(self.file), *how]
        self.process = programs.start(*command, **options)
        assert eventually(lambda: self.file.exists() and self.file.read_text().startswith("ready"), 5)
        self.pid = self.process.pid
        self.job = int(self.file.read_text().split()[1])

    def received(self):
        """Of each: number, si_code, sender and value."""
        return [tuple(map(int, line.split())) for line in self.file.read_text().splitlines()[1:]]

    def wait_for(self, count):
        eventually(lambda: len(self.received()) >= count, 5)

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        assert self.process.wait(10) == 42
        return self.received()


@pytest.mark.parametrize("name", FORWARDED)
def test_a_signal_sent_to_us_reaches_the_job_once(programs, name):
    catcher = Catcher(programs)
    os.kill(catcher.pid, number(name))
    catcher.wait_for(1)
    assert [entry[0] for entry in catcher.stop()] == [number(name), signal.SIGTERM]


def test_real_time_signals_reach_the_job_in_order_with_their_values(programs):
    catcher = Catcher(programs)
    sent = [(signal.SIGRTMIN + offset, 1000 * offset + turn) for offset in (0, 1, 15, 30) for turn in range(3)]
    for count, (real_time, value) in enumerate(sent, 1):
        assert libc.sigqueue(catcher.pid, real_time, ctypes.c_void_p(value)) == 0
        catcher.wait_for(count)
    received = catcher.stop()
    assert [(entry[0], entry[3]) for entry in received[:-1]] == sent


def test_a_burst_of_one_real_time_signal_keeps_every_instance(programs):
    catcher = Catcher(programs)
    for value in range(50):
        assert libc.sigqueue(catcher.pid, signal.SIGRTMIN + 5, ctypes.c_void_p(value)) == 0
    catcher.wait_for(50)
    assert [entry[3] for entry in catcher.stop()[:-1]] == list(range(50))


@pytest.mark.parametrize("how", ["handler", "wait"])
@pytest.mark.parametrize("name", ["HUP", "INT", "USR1", "RTMIN"])
def test_a_signal_sent_to_the_whole_group_reaches_the_job_once(programs, name, how):
    """Whether it takes its signals with handlers or with sigwaitinfo(2), during which nothing shows as blocked."""
    catcher = Catcher(programs, how, start_new_session=True)
    for count in range(1, 11):
        os.killpg(catcher.pid, number(name))
        catcher.wait_for(count)
        # A second copy would come from us, later than the first.
        time.sleep(0.02)
    assert [entry[0] for entry in catcher.stop()] == [number(name)] * 10 + [signal.SIGTERM]


def test_TERM_ends_the_job_and_us_the_same_way(programs):
    pid_file = programs.directory / "pid"
    process = programs.start(programs.sentry_run, "--quiet", "--", programs.fixture, "announce", str(pid_file))
    assert eventually(pid_file.exists, 5)
    job = int(pid_file.read_text())
    process.terminate()
    assert process.wait(5) == -signal.SIGTERM
    assert eventually(lambda: ended(job), 2)


def test_a_job_that_handles_TERM_chooses_its_own_status(programs):
    process = programs.start(
        programs.sentry_run, "--quiet", "--", programs.fixture, "graceful", "17", stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"ready\n"
    process.terminate()
    assert process.stdout.read() == b"stopping\n"
    assert process.wait(5) == 17


def test_stopping_and_continuing_us_stops_and_continues_the_job(programs):
    pid_file = programs.directory / "pid"
    process = programs.start(
        programs.sentry_run, "--quiet", "--", programs.fixture, "announce", str(pid_file), "1", start_new_session=True
    )
    assert eventually(pid_file.exists, 5)
    job = int(pid_file.read_text())
    # A background child of a session leader that exists, so that the group is not orphaned and TSTP works.
    os.kill(process.pid, signal.SIGTSTP)
    stopped = eventually(lambda: state_of(job) == "T", 3) or True
    os.kill(process.pid, signal.SIGCONT)
    assert stopped
    assert process.wait(10) == 0
    assert ended(job)


def test_kill_group_reaches_the_jobs_children(programs):
    pid_file = programs.directory / "pid"
    script = '"$0" announce "$1" 30 & wait'
    process = programs.start(
        programs.sentry_run, "--quiet", "--kill-group", "--", "sh", "-c", script, programs.fixture, str(pid_file),
        start_new_session=True,
    )
    assert eventually(pid_file.exists, 5)
    child = int(pid_file.read_text())
    process.terminate()
    process.wait(5)
    assert eventually(lambda: ended(child), 2)


# As init


def test_a_subreaper_reaps_orphans(programs):
    result = programs.supervise("orphan", "orphan", flags=["--quiet", "--subreaper"])
    assert result.out == "reaped\n"


@needs_pid_namespace
def test_PID_1_reaps_orphans(programs):
    result = programs.run(
        "unshare", "-fp", "--mount-proc", programs.sentry_run, "--quiet", "--", programs.fixture, "orphan", "orphan"
    )
    assert result.out == "reaped\n"
    assert (programs.directory / "orphan").read_text().split()[1] == "1"


@needs_pid_namespace
@pytest.mark.parametrize("job, status", [(["exit", "7"], 7), (["signal", "9"], 137), (["segv"], 139)])
def test_PID_1_returns_128_plus_n(programs, job, status):
    command = ["unshare", "-fp", "--mount-proc", programs.sentry_run, "--quiet", "--", programs.fixture, *job]
    assert programs.run(*command).code == status


@needs_pid_namespace
def test_PID_1_passes_TERM_on(programs):
    script = '"$RUN" --quiet -- "$JOB" graceful 21'
    process = programs.start(
        "unshare", "-fp", "--mount-proc", programs.sentry_run, "--quiet", "--", programs.fixture, "graceful", "21",
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"ready\n", script
    init = int(open(f"/proc/{process.pid}/task/{process.pid}/children").read().split()[0])
    os.kill(init, signal.SIGTERM)
    assert process.wait(5) == 21


# Its pace


def test_output_is_passed_on_without_waiting_for_more(programs):
    process = programs.start(
        programs.sentry_run, "--quiet", "--", programs.fixture, "slow-write", "5", "200", stdout=subprocess.PIPE, bufsize=0
    )
    arrivals = []
    reader = threading.Thread(target=lambda: [arrivals.append(time.monotonic()) for _ in process.stdout])
    reader.start()
    assert process.wait(10) == 0
    reader.join()
    gaps = [later - earlier for earlier, later in zip(arrivals, arrivals[1:])]
    assert len(gaps) == 4 and min(gaps) > 0.05, gaps
