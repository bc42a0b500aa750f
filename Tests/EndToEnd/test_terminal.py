"""The job's terminal: under sentry-run everything at a terminal is as it is bare.

Each test types at an interactive shell and is run twice: with the job's command bare, which shows that the test
describes how terminals behave, and behind sentry-run.
"""

import hashlib
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import termios
import threading
import time

import pexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("SENTRY_RUN_PROGRAMS") or ROOT / ".build/release").absolute()
PROGRAM = pathlib.Path(os.environ.get("SENTRY_RUN") or PROGRAMS / "sentry-run")
PROMPT = "ready> "
CTRL_C, CTRL_D, CTRL_Z, CTRL_BACKSLASH = "\x03", "\x04", "\x1a", "\x1c"

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} was not built")


class Shell:
    """An interactive bash at a terminal of its own."""

    def __init__(self, state, prefix):
        self.prefix = prefix
        self.state = state
        self.programs = 0
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SENTRY_")}
        environment |= {
            "SENTRY_RUN_STATE_DIR": str(state),
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "LESS": "",
            "HOME": str(state),
        }
        self.terminal = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile", "-i"],
            env=environment,
            cwd=str(state),
            timeout=float(os.environ.get("TERMINAL_TEST_PATIENCE", 15)),
            dimensions=(30, 500),
            encoding="utf-8",
            codec_errors="replace",
        )
        self.terminal.delaybeforesend = None
        # In two pieces, so that the echo of the command is not taken for the prompt.
        self.type("bind 'set enable-bracketed-paste off'; PS1='rea''dy> '; HISTFILE=")
        self.prompt()

    def close(self):
        if self.terminal.ptyproc.closed:
            self.terminal.ptyproc.terminate(force=True)
        else:
            self.terminal.close(force=True)

    def press(self, key):
        self.terminal.send(key)

    def paste(self, text):
        """Sends more than a terminal holds: that waits until somebody reads."""
        threading.Thread(target=self.terminal.send, args=[text], daemon=True).start()

    def type(self, line):
        """Types a line to whatever reads."""
        self.press(line + "\r")

    def enter(self, line):
        """Types a command line at the shell's prompt, and waits until it was echoed."""
        self.type(line)
        self.terminal.expect_exact("\r\n")

    def expect(self, pattern):
        self.terminal.expect(pattern)
        return self.terminal.match

    def prompt(self):
        """Waits for the shell and returns what was written before its prompt."""
        self.terminal.expect_exact(PROMPT)
        return self.terminal.before

    def output(self, line):
        """Enters a command line of the shell's own, and returns what it wrote."""
        self.enter(line)
        return self.prompt()

    def job(self, command):
        """The job's command line, bare or behind sentry-run."""
        return f"{self.prefix}{command}"

    def start(self, command):
        self.enter(self.job(command))

    def run(self, command):
        return self.output(self.job(command))

    def foreground(self):
        """Brings the job back: the shell shows its command line, and then gives it the terminal."""
        self.enter("fg")
        self.terminal.expect_exact("\r\n")
        status = pathlib.Path(f"/proc/{self.terminal.pid}/stat")
        wait_for(
            lambda: int(status.read_text().rpartition(")")[2].split()[5]) != self.terminal.pid, "the terminal's change")

    def status(self):
        return int(re.search(r"status=(\d+)", self.output("echo status=$?"))[1])

    def modes(self):
        return self.output("stty -a")

    def jobs_say(self, text):
        return wait_for(lambda: text in self.output("jobs -l"), f"jobs to say {text}")

    def python(self, program):
        """The command that runs a Python program, which is kept in a file so that no echo shows it."""
        self.programs += 1
        path = self.state / f"program{self.programs}.py"
        path.write_text(program)
        return f"{shlex.quote(sys.executable)} {shlex.quote(str(path))}"

    def child(self):
        """The process that the shell has started last: the job, or its supervisor."""
        children = pathlib.Path(f"/proc/{self.terminal.pid}/task/{self.terminal.pid}/children")
        return int(wait_for(lambda: children.read_text().split(), "the shell's child")[-1])


def wait_for(condition, what):
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError(f"still waiting for {what}")


@pytest.fixture(params=["bare", "wrapped"])
def shell(request, tmp_path):
    prefix = "" if request.param == "bare" else f"{shlex.quote(str(PROGRAM))} --quiet -- "
    with_terminal = Shell(tmp_path, prefix)
    yield with_terminal
    with_terminal.close()


@pytest.fixture
def wrapped(tmp_path):
    with_terminal = Shell(tmp_path, f"{shlex.quote(str(PROGRAM))} --quiet -- ")
    yield with_terminal
    with_terminal.close()


@pytest.fixture
def bare(tmp_path):
    with_terminal = Shell(tmp_path, "")
    yield with_terminal
    with_terminal.close()


# What the job finds


def test_standard_streams_are_terminals_of_the_same_size(shell):
    assert "0 1 2" in shell.run("""sh -c 'for fd in 0 1 2; do test -t $fd && printf "$fd "; done; echo'""")
    assert "30 500" in shell.run("stty size")


def test_the_job_finds_the_modes_of_the_terminal(bare, tmp_path):
    wrapped = Shell(tmp_path, f"{shlex.quote(str(PROGRAM))} --quiet -- ")
    for each in (bare, wrapped):
        each.output("stty erase ^H -ixon iutf8 tostop")
    try:
        assert wrapped.run("stty -a") == bare.run("stty -a")
    finally:
        wrapped.close()


def test_programs_colour_their_output(shell, tmp_path):
    (tmp_path / "folder").mkdir()
    assert "\x1b[" in shell.run("ls --color=auto")


def test_the_job_has_a_controlling_terminal(shell, tmp_path):
    shell.start("""sh -c 'printf "name? " >/dev/tty; read name </dev/tty; echo "hello $name"' </dev/null""")
    shell.expect("name\\? ")
    shell.type("you")
    shell.expect("hello you")
    shell.prompt()


def test_the_job_is_in_the_foreground_of_its_terminal(shell):
    check = shell.python("import os; print('foreground', os.tcgetpgrp(1) == os.getpgrp())")
    assert "foreground True" in shell.run(check)


def test_the_terminal_shows_the_same_bytes(bare, tmp_path):
    wrapped = Shell(tmp_path, f"{shlex.quote(str(PROGRAM))} --quiet -- ")
    try:
        for command in (r"printf 'a\nb\r\nc\td\033[31m\n\n'", r"sh -c 'echo out; echo err >&2; printf unterminated'"):
            assert wrapped.run(command) == bare.run(command)
            # Two streams that take two ways to the terminal have no order.
            piped = command + " 2>&1 | cat"
            assert wrapped.run(piped) == bare.run(piped)
            script = "bash -c {}"
            in_background = [
                shell.output(script.format(shlex.quote(shell.job(command) + " & wait"))) for shell in (wrapped, bare)
            ]
            assert in_background[0] == in_background[1]
    finally:
        wrapped.close()


def test_all_output_arrives_before_the_prompt(shell):
    numbers = shell.run("seq 1 60000").split()
    assert numbers == [str(number) for number in range(1, 60001)]


# How it ends


@pytest.mark.parametrize("command, status", [
    ("true", 0),
    ("sh -c 'exit 7'", 7),
    ("sh -c 'kill -TERM $$'", 143),
    ("sh -c 'kill -SEGV $$'", 139),
    ("sh -c 'kill -KILL $$'", 137),
    ("/no/such/program", 127),
    ("/etc/passwd", 126),
])
def test_the_shell_sees_the_exit_status(shell, command, status):
    before = shell.modes()
    shell.run(command)
    assert shell.status() == status
    assert shell.modes() == before


def test_a_parent_sees_the_signal_that_ended_the_job(shell):
    parent = shell.python("import subprocess, sys; print('returned', subprocess.call(sys.argv[1:]))")
    command = f"{parent} " + shell.job("sh -c 'echo on; exec sleep 1000'")
    shell.enter(command)
    shell.expect("on\r\n")
    os.kill(descendant(shell.child(), "sleep", "sh"), signal.SIGTERM)
    shell.expect("returned -15")
    shell.prompt()


def descendant(process, *names):
    """The pid of the process of such a name among the process's descendants."""
    def find():
        queue = [process]
        while queue:
            current = queue.pop()
            try:
                if pathlib.Path(f"/proc/{current}/comm").read_text().strip() in names:
                    return current
                for task in pathlib.Path(f"/proc/{current}/task").iterdir():
                    queue += [int(child) for child in (task / "children").read_text().split()]
            except OSError:
                continue
        return None
    return wait_for(find, names)


# Keys that are signals


COUNTER = """
import signal, sys
count = 0
def note(number, frame):
    global count
    count += 1
    print('signal', number, 'count', count)
for each in (signal.SIGINT, signal.SIGQUIT):
    signal.signal(each, note)
print('counting')
for line in sys.stdin:
    print('total', count)
"""


@pytest.mark.parametrize("key, number", [(CTRL_C, signal.SIGINT), (CTRL_BACKSLASH, signal.SIGQUIT)])
def test_a_typed_signal_arrives_once(shell, key, number):
    shell.start(shell.python(COUNTER))
    shell.expect("counting")
    for count in (1, 2, 3):
        shell.press(key)
        shell.expect(f"signal {int(number)} count {count}\r\n")
    shell.type("")
    shell.expect("total 3\r\n")
    shell.press(CTRL_D)
    shell.prompt()


@pytest.mark.parametrize("key, status", [(CTRL_C, 130), (CTRL_BACKSLASH, 131)])
def test_a_typed_signal_ends_the_job_and_the_shell_sees_it(shell, key, status):
    before = shell.modes()
    shell.output("ulimit -c 0")
    shell.start("sh -c 'echo on; exec sleep 1000'")
    shell.expect("on\r\n")
    shell.press(key)
    shell.prompt()
    assert shell.status() == status
    assert shell.modes() == before


def test_an_interrupted_script_does_not_go_on(shell):
    script = shell.job("sh -c 'echo on; exec sleep 1000'") + "; echo next"
    shell.enter(f"bash -c {shlex.quote(script)}")
    shell.expect("on\r\n")
    shell.press(CTRL_C)
    assert "next" not in shell.prompt()
    assert shell.status() == 130


def test_a_job_in_raw_mode_reads_control_keys(shell):
    program = "import tty, os; tty.setraw(0); os.write(1, b'raw'); print(os.read(0, 1) == b'\\3', '\\r')"
    shell.start(shell.python(program))
    shell.expect("raw")
    shell.press(CTRL_C)
    shell.expect("True")
    shell.prompt()


# Stopping


def test_a_stopped_job_goes_on_in_the_foreground(shell):
    before = shell.modes()
    shell.start("sh -c 'echo on; read line; echo got $line'")
    shell.expect("on\r\n")
    shell.press(CTRL_Z)
    assert "Stopped" in shell.prompt()
    assert shell.modes() == before
    shell.foreground()
    shell.type("hello")
    shell.expect("got hello")
    shell.prompt()
    assert shell.modes() == before


def test_a_job_stops_again_and_again(shell):
    shell.start("sh -c 'echo on; exec cat'")
    shell.expect("on\r\n")
    for round in range(5):
        shell.press(CTRL_Z)
        assert "Stopped" in shell.prompt()
        shell.foreground()
        shell.type(f"line {round}")
        shell.expect(f"line {round}\r\nline {round}\r\n")
    shell.press(CTRL_D)
    shell.prompt()
    assert shell.status() == 0


def test_a_stopped_job_goes_on_in_the_background_until_it_reads(shell, tmp_path):
    go = tmp_path / "go"
    os.mkfifo(go)
    shell.start(shell.python(f"print('on'); open({str(go)!r}).read(); print('still'); print('got', input())"))
    shell.expect("on\r\n")
    shell.press(CTRL_Z)
    shell.prompt()
    shell.enter("bg")
    go.write_text("")
    shell.expect("still\r\n")
    shell.jobs_say("Stopped")
    shell.foreground()
    shell.type("hello")
    shell.expect("got hello")
    shell.prompt()


def test_a_script_stops_with_its_job(shell):
    script = shell.job("sh -c 'echo on; read line; echo got $line'") + "; echo next"
    shell.enter(f"bash -c {shlex.quote(script)}")
    shell.expect("on\r\n")
    shell.press(CTRL_Z)
    assert "Stopped" in shell.prompt()
    shell.foreground()
    shell.type("hello")
    shell.expect("got hello\r\n")
    shell.expect("next\r\n")
    shell.prompt()


def test_a_job_that_stops_itself_stops_for_the_shell(shell):
    shell.start("sh -c 'echo on; kill -STOP $$; echo back'")
    shell.expect("on\r\n")
    assert "Stopped" in shell.prompt()
    shell.enter("fg")
    shell.expect("back\r\n")
    shell.prompt()


def test_a_stopped_job_that_is_killed_ends_for_the_shell(shell):
    shell.start("sh -c 'echo on; exec sleep 1000'")
    shell.expect("on\r\n")
    shell.press(CTRL_Z)
    shell.prompt()
    os.kill(descendant(shell.terminal.pid, "sleep", "sh"), signal.SIGKILL)
    shell.jobs_say("Killed")


def test_a_stopped_job_that_is_continued_by_others_goes_on(shell):
    shell.start("sh -c 'echo on; kill -STOP $$; echo back'")
    shell.expect("on\r\n")
    shell.prompt()
    job = descendant(shell.terminal.pid, "sh")
    os.kill(job, signal.SIGCONT)
    shell.expect("back\r\n")


def test_a_process_that_is_stopped_from_outside_goes_on(shell):
    before = shell.modes()
    shell.start("sh -c 'echo on; read line; echo got $line'")
    shell.expect("on\r\n")
    os.kill(shell.child(), signal.SIGSTOP)
    assert "Stopped" in shell.prompt()
    assert shell.modes() == before
    shell.foreground()
    shell.type("hello")
    shell.expect("got hello\r\n")
    shell.prompt()
    assert shell.modes() == before


# In the background


def test_output_of_a_background_job_flows(shell):
    shell.start("sh -c 'echo one; sleep 0.05; echo two' &")
    shell.expect("one\r\n")
    shell.expect("two\r\n")


def test_a_background_job_stops_when_it_reads_and_goes_on_in_the_foreground(shell):
    shell.start("sh -c 'read line; echo got $line' &")
    shell.prompt()
    shell.jobs_say("Stopped (tty input)")
    before = shell.modes()
    shell.foreground()
    shell.type("hello")
    shell.expect("got hello")
    shell.prompt()
    assert shell.modes() == before


def test_a_running_background_job_can_be_brought_to_the_foreground(shell):
    shell.start("sh -c 'trap \"echo usr1\" USR1; echo on; while :; do read line && echo got $line; done' &")
    shell.expect("on\r\n")
    shell.jobs_say("Stopped")
    shell.foreground()
    shell.type("hello")
    shell.expect("got hello")
    shell.press(CTRL_C)
    shell.prompt()
    assert shell.status() == 130


def test_a_silent_background_job_in_the_foreground_gets_the_interrupt(shell):
    shell.start("sh -c 'echo on; exec sleep 1000' &")
    shell.expect("on\r\n")
    shell.foreground()
    shell.press(CTRL_C)
    shell.prompt()
    assert shell.status() == 130


def test_a_background_job_stops_at_output_where_the_terminal_says_so(shell):
    shell.output("stty tostop")
    shell.start("sh -c 'echo hello' &")
    shell.prompt()
    shell.jobs_say("Stopped (tty output)")
    shell.enter("fg")
    shell.expect("hello\r\n")
    shell.prompt()


# Typing


def test_end_of_file_is_typed(shell):
    shell.start("cat")
    shell.type("hello")
    shell.expect("hello\r\nhello\r\n")
    shell.press(CTRL_D)
    shell.prompt()
    assert shell.status() == 0


def test_a_password_is_not_shown(shell):
    shell.start(shell.python("import getpass; print('length', len(getpass.getpass('secret? ')))"))
    shell.expect("secret\\? ")
    shell.type("hunter2")
    assert "hunter2" not in shell.expect("(.*)length 7")[1]
    shell.prompt()


def test_a_long_paste_is_not_lost(shell):
    lines = [f"{number:063d}" for number in range(1024)]
    program = """
import hashlib, sys, termios
modes = termios.tcgetattr(0)
modes[3] &= ~termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, modes)
print('paste')
digest = hashlib.sha256()
for number in range(1024):
    digest.update(sys.stdin.readline().encode())
print('digest', digest.hexdigest())
modes[3] |= termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, modes)
"""
    expected = hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()
    shell.start(shell.python(program))
    shell.expect("paste\r\n")
    shell.paste("".join(line + "\r" for line in lines))
    shell.expect(f"digest {expected}")
    shell.prompt()


def test_a_paste_waits_for_a_job_that_does_not_read_yet(shell, tmp_path):
    go = tmp_path / "go"
    os.mkfifo(go)
    program = f"""
import termios, os
modes = termios.tcgetattr(0)
modes[3] &= ~(termios.ECHO | termios.ICANON)
termios.tcsetattr(0, termios.TCSANOW, modes)
print('paste')
open({str(go)!r}).read()
count = 0
while count < 40000:
    count += len(os.read(0, 65536))
print('count', count)
modes[3] |= termios.ECHO | termios.ICANON
termios.tcsetattr(0, termios.TCSANOW, modes)
"""
    shell.start(shell.python(program))
    shell.expect("paste\r\n")
    shell.paste("x" * 40000)
    go.write_text("")
    shell.expect("count 40000")
    shell.prompt()


def test_what_the_job_did_not_read_is_there_for_the_shell(shell):
    setting = pathlib.Path("/proc/sys/dev/tty/legacy_tiocsti")
    if shell.prefix and setting.exists() and setting.read_text().strip() == "0":
        pytest.skip("the kernel does not allow TIOCSTI")
    shell.start("sh -c 'echo on; sleep 0.3'")
    shell.expect("on\r\n")
    shell.type("echo typed''-ahead")
    shell.expect("\ntyped-ahead\r\n")
    shell.prompt()


# The window


def test_a_new_window_size_reaches_the_job(shell):
    program = """
import os, signal
def note(number, frame):
    size = os.get_terminal_size(0)
    print('size', size.lines, size.columns)
signal.signal(signal.SIGWINCH, note)
print('watching')
while True:
    signal.pause()
"""
    shell.start(shell.python(program))
    shell.expect("watching")
    shell.terminal.setwinsize(40, 120)
    shell.expect("size 40 120")
    shell.terminal.setwinsize(24, 80)
    shell.expect("size 24 80")
    shell.press(CTRL_C)
    shell.prompt()


def test_a_window_size_that_changed_while_the_job_was_stopped_is_known(shell):
    shell.start("sh -c 'echo on; read line; stty size'")
    shell.expect("on\r\n")
    shell.press(CTRL_Z)
    shell.prompt()
    shell.terminal.setwinsize(33, 77)
    shell.foreground()
    shell.type("")
    shell.expect("33 77")
    shell.prompt()


# Leaving the terminal as it was


RAW_AND_DIE = "import tty, os, signal; tty.setraw(0); os.write(1, b'raw'); os.read(0, 1); os.kill(os.getpid(), signal.SIG{})"


@pytest.mark.parametrize("name", ["SEGV", "KILL", "TERM"])
def test_the_terminal_is_restored_after_a_job_that_died_in_raw_mode(shell, name):
    before = shell.modes()
    shell.output("ulimit -c 0")
    shell.start(shell.python(RAW_AND_DIE.format(name)))
    shell.expect("raw")
    shell.press("x")
    shell.prompt()
    assert shell.modes() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_terminal_is_restored_when_the_supervisor_gets_a_signal(shell, number):
    before = shell.modes()
    shell.start(shell.python("import tty, os, signal; tty.setraw(0); os.write(1, b'raw'); signal.pause()"))
    shell.expect("raw")
    os.kill(shell.child(), number)
    shell.prompt()
    assert shell.status() in (128 + number, 1)
    assert shell.modes() == before


def test_the_terminal_is_restored_when_the_supervisor_is_killed(wrapped):
    before = wrapped.modes()
    # The shell restores its own modes; the program in between does not.
    parent = wrapped.python("import subprocess, sys; print('returned', subprocess.call(sys.argv[1:])); sys.stdin.read(1)")
    wrapped.enter(f"{parent} " + wrapped.job("sh -c 'echo on; exec sleep 1000'"))
    wrapped.expect("on\r\n")
    supervisor = descendant(wrapped.terminal.pid, "sentry-run")
    job = descendant(supervisor, "sleep", "sh")
    os.kill(supervisor, signal.SIGKILL)
    # Its line may come before the terminal is cooked again: then the line feed has no carriage return.
    wrapped.expect("returned -9\r?\n")
    terminal = os.open(f"/proc/{wrapped.terminal.pid}/fd/0", os.O_RDONLY | os.O_NOCTTY)
    wait_for(lambda: termios.tcgetattr(terminal)[3] & termios.ICANON, "the terminal's modes")
    os.close(terminal)
    wrapped.type("")
    wrapped.prompt()
    assert wrapped.modes() == before
    kill_if_there(job)


def test_the_job_goes_on_at_the_terminal_when_the_supervisor_is_killed(wrapped, tmp_path):
    go = tmp_path / "go"
    os.mkfifo(go)
    program = f"print('on'); open({str(go)!r}).read(); print('still here'); open('done', 'w').close()"
    wrapped.start(wrapped.python(program))
    wrapped.expect("on\r\n")
    os.kill(wrapped.child(), signal.SIGKILL)
    assert "Killed" in wrapped.prompt()
    go.write_text("")
    wrapped.expect("still here\r+\n")
    wait_for((tmp_path / "done").exists, "the job's end")


def kill_if_there(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


def test_the_job_is_hung_up_on_when_the_terminal_is_closed(shell, tmp_path):
    program = f"""
import os, signal, time
def note(number, frame):
    open({str(tmp_path / 'signal')!r}, 'w').write(str(number))
    os._exit(0)
signal.signal(signal.SIGHUP, note)
print('on')
while True:
    time.sleep(1)
"""
    shell.start(shell.python(program))
    shell.expect("on\r\n")
    shell.terminal.ptyproc.fileobj.close()
    shell.terminal.ptyproc.closed = True
    wait_for(lambda: (tmp_path / "signal").exists() and (tmp_path / "signal").read_text() == "1", "the job's SIGHUP")


def test_killing_the_monitor_is_a_hang_up(wrapped):
    before = wrapped.modes()
    wrapped.start("sh -c 'echo on; exec sleep 1000'")
    wrapped.expect("on\r\n")
    os.kill(descendant(wrapped.terminal.pid, "sentry-run-pty"), signal.SIGKILL)
    wrapped.prompt()
    assert wrapped.status() == 129
    assert wrapped.modes() == before


def test_modes_that_the_job_changes_for_good_stay_changed(shell):
    shell.run("stty erase ^H -ixon")
    assert "erase = ^H" in (modes := shell.modes())
    assert "-ixon" in modes


# Redirections


@pytest.mark.parametrize("redirection, terminals", [
    ("", "012"),
    ("> file", "02"),
    ("2> file", "01"),
    ("< /dev/null", "12"),
    ("> file 2>&1", "0"),
    ("> file < /dev/null", "2"),
    ("< /dev/null 2> file", "1"),
])
def test_only_the_streams_that_were_terminals_are(shell, tmp_path, redirection, terminals):
    program = f"""
import os, sys
found = ''.join(str(each) for each in range(3) if os.isatty(each))
open({str(tmp_path / 'found')!r}, 'w').write(found)
sys.stdout.write('to stdout\\n')
sys.stderr.write('to stderr\\n')
"""
    shown = shell.run(f"{shell.python(program)} {redirection}")
    assert (tmp_path / "found").read_text() == terminals
    written = (tmp_path / "file").read_bytes().decode() if "file" in redirection else ""
    for stream, number in (("stdout", "1"), ("stderr", "2")):
        assert (f"to {stream}\r\n" in shown) == (number in terminals)
        assert (f"to {stream}\n" in written) == (number not in terminals)
    assert "\r" not in written


def test_input_from_a_file_is_read_to_its_end(shell, tmp_path):
    (tmp_path / "input").write_text("one\ntwo\n")
    assert "2" in shell.run("wc -l < input")


# Pipelines


def test_keystrokes_go_to_the_end_of_the_pipeline_that_reads_them(shell):
    reader = "sh -c 'read line; echo piped $line; read key </dev/tty; echo typed $key; cat >/dev/null'"
    shell.enter(shell.job("sh -c 'echo hi; exec sleep 1000'") + " | " + reader)
    shell.expect("piped hi\r\n")
    shell.type("secret")
    shell.expect("typed secret\r\n")
    shell.press(CTRL_C)
    shell.prompt()


def test_a_pager_at_the_end_of_a_pipeline_works(shell):
    shell.enter(shell.job("seq 1 500") + " | less")
    shell.expect("29\r\n")
    shell.press(" ")
    shell.expect("58\r\n")
    shell.press("q")
    shell.prompt()


def test_a_pager_works_as_the_job(shell, tmp_path):
    (tmp_path / "file").write_text("".join(f"line {number}\n" for number in range(500)))
    before = shell.modes()
    shell.start("less file")
    shell.expect("line 28\r\n")
    shell.press(" ")
    shell.expect("line 57\r\n")
    shell.press("q")
    shell.prompt()
    assert shell.modes() == before


def test_a_pager_works_as_the_job_at_the_end_of_a_pipeline(shell):
    shell.enter("seq 1 500 | " + shell.job("less"))
    shell.expect("29\r\n")
    shell.press(" ")
    shell.expect("58\r\n")
    shell.press("q")
    shell.prompt()


def test_a_job_in_a_pipeline_asks_for_a_password(shell):
    ask = shell.python("import getpass; print('length', len(getpass.getpass('secret? ')))")
    shell.enter(shell.job(ask) + " | cat")
    shell.expect("secret\\? ")
    shell.type("hunter2")
    assert "hunter2" not in shell.expect("(.*)length 7")[1]
    shell.prompt()


def test_a_pipeline_is_interrupted_as_one(shell):
    shell.enter(shell.job("sh -c 'echo on; exec sleep 1000'") + " | cat")
    shell.expect("on\r\n")
    shell.press(CTRL_C)
    shell.prompt()
    assert "130" in shell.output("echo ${PIPESTATUS[*]}") or shell.status() == 0


def test_a_pipeline_stops_and_goes_on_as_one(shell, tmp_path):
    go = tmp_path / "go"
    os.mkfifo(go)
    job = shell.python(f"print('on'); open({str(go)!r}).read(); print('off')")
    shell.enter(shell.job(job) + " | cat")
    shell.expect("on\r\n")
    shell.press(CTRL_Z)
    assert "Stopped" in shell.prompt()
    shell.foreground()
    go.write_text("")
    shell.expect("off\r\n")
    shell.prompt()


# Whole programs


def test_an_interactive_shell_works(shell):
    shell.start("env PS1='inner> ' bash --norc --noprofile -i")
    shell.expect("inner> ")
    shell.enter("sh -c 'echo on; exec sleep 1000'")
    shell.expect("on\r\n")
    shell.press(CTRL_Z)
    shell.expect("Stopped")
    shell.expect("inner> ")
    shell.foreground()
    shell.press(CTRL_C)
    shell.expect("inner> ")
    shell.enter("echo inner $?")
    shell.expect("inner 130\r\n")
    shell.enter("exit 5")
    shell.prompt()
    assert shell.status() == 5


def test_a_python_prompt_works(shell):
    shell.start(f"{shlex.quote(sys.executable)} -q")
    shell.expect(">>> ")
    shell.type("6 * 7")
    shell.expect("42\r\n")
    shell.press(CTRL_C)
    shell.expect("KeyboardInterrupt")
    shell.expect(">>> ")
    shell.press(CTRL_D)
    shell.prompt()
    assert shell.status() == 0


def test_an_editor_stops_and_saves(shell, tmp_path):
    before = shell.modes()
    shell.start("vim -u NONE --noplugin -i NONE file")
    shell.expect("file")
    shell.press("ihello\x1b")
    shell.expect("hello")
    shell.press(CTRL_Z)
    assert "Stopped" in shell.prompt()
    assert shell.modes() == before
    shell.foreground()
    shell.expect("hello")
    shell.press(":wq\r")
    shell.prompt()
    assert (tmp_path / "file").read_text() == "hello\n"
    assert shell.modes() == before


# Around the job


def test_processes_that_the_job_leaves_behind_are_not_hung_up(shell, tmp_path):
    shell.run("sh -c '(sleep 0.2; echo late > late) & echo on'")
    wait_for(lambda: (tmp_path / "late").exists(), "the process left behind")


def test_leaving_the_terminal_alone_on_request(wrapped):
    wrapped.prefix = wrapped.prefix.replace("--quiet", "--quiet --pty never")
    name = wrapped.output("tty").strip()
    assert wrapped.run("tty").strip() == name
    wrapped.start(wrapped.python(COUNTER))
    wrapped.expect("counting")
    wrapped.press(CTRL_C)
    wrapped.expect("signal 2 count 1\r\n")
    wrapped.type("")
    wrapped.expect("total 1\r\n")
    wrapped.press(CTRL_Z)
    assert "Stopped" in wrapped.prompt()
    wrapped.foreground()
    wrapped.press(CTRL_D)
    wrapped.prompt()


def test_a_terminal_that_is_not_ours_to_control_is_only_written_to(tmp_path):
    """As where a service's stdout is a console: a session without a controlling terminal."""
    primary, secondary = os.openpty()
    job = [str(PROGRAM), "--quiet", "--", "sh", "-c", "test -t 1 && echo terminal; exit 3"]
    environment = os.environ | {"SENTRY_RUN_STATE_DIR": str(tmp_path)}
    process = subprocess.Popen(
        job, stdin=subprocess.DEVNULL, stdout=secondary, stderr=secondary, start_new_session=True, env=environment)
    os.close(secondary)
    shown = b""
    while b"\n" not in shown:
        shown += os.read(primary, 1024)
    assert process.wait(15) == 3
    assert shown == b"terminal\r\n"
    os.close(primary)
