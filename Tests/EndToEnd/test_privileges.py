"""An unprivileged user's set-id programs, and those with file capabilities, have under us what they have without us: the
kernel withholds it from a program that such a user traces."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from conftest import PROGRAMS, needs_root

pytestmark = needs_root

NOBODY = 65534
# setpriv itself executes with capabilities still, which let it read anything: `env` has none.
IDS = f"setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups env".split()


def honours_set_id(directory):
    return not os.statvfs(directory).f_flag & os.ST_NOSUID


@pytest.fixture(scope="module")
def place():
    """A directory that everybody can reach, with our programs and programs that have privileges."""
    directory = Path(tempfile.mkdtemp(prefix="privileges-"))
    directory.chmod(0o755)
    if not honours_set_id(directory) or not shutil.which("setpriv"):
        pytest.skip("set-id programs have no effect here")
    for name in ("sentry-run", "sentry-run-reporter", "sentry-run-courier", "sentry-run-backtracer"):
        if (PROGRAMS / name).exists():
            shutil.copy(PROGRAMS / name, directory)
    for name in ("id", "cat", "echo", "env"):
        shutil.copy(f"/usr/bin/{name}", directory / f"set-{name}")
        (directory / f"set-{name}").chmod(0o4755)
    shutil.copy("/usr/bin/id", directory / "group-id")
    os.chown(directory / "group-id", 0, 1)
    (directory / "group-id").chmod(0o2755)
    for name in ("unreadable-id", "unreadable-cat", "unreadable-plain-id", "unreadable-plain-stat"):
        shutil.copy(f"/usr/bin/{name.rpartition('-')[2]}", directory / name)
        (directory / name).chmod(0o711 if "plain" in name else 0o4711)
    (directory / "script").write_text(f"#!{directory}/set-echo -n\n")
    (directory / "script").chmod(0o755)
    (directory / "state").mkdir()
    (directory / "state").chmod(0o777)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def nobody(programs, place):
    environment = {
        "PATH": f"{place}:{os.environ['PATH']}:/usr/sbin:/sbin",
        "HOME": str(place / "state"),
        "SENTRY_RUN_STATE_DIR": str(place / "state"),
    }

    def run(*command, **options):
        return programs.run(*IDS, *command, env=environment, cwd=place, **options)

    return run


def both(nobody, *command, flags=("--trace", "tree")):
    """The command with and without us: what it prints and how it ends."""
    bare = nobody(*command)
    ours = nobody("sentry-run", "--quiet", *flags, "--", *command)
    return (bare.code, bare.out, bare.err), (ours.code, ours.out, ours.err)


def test_what_this_user_runs_is_traced(nobody):
    """Otherwise all the others would say nothing."""
    for flags in ([], ["--trace", "tree"]):
        result = nobody("sentry-run", "--quiet", *flags, "--", "grep", "TracerPid", "/proc/self/status")
        assert int(result.out.split()[1]) > 0


@pytest.mark.parametrize("flags", [(), ("--trace", "tree"), ("--trace", "main")], ids=["auto", "tree", "main"])
@pytest.mark.parametrize(
    "command",
    [
        ["./set-id", "-u"],
        ["set-id", "-u"],
        ["sh", "-c", "./set-id -u; true"],
        ["bash", "-c", "exec ./set-id -u"],
        ["bash", "-c", "./set-id -u"],
        ["dash", "-c", "./set-id -u"],
        ["sh", "-c", "echo | ./set-id -u | cat"],
        ["sh", "-c", "cd state && ../set-id -u"],
        ["setpriv", "--inh-caps=-all", "./set-id", "-u"],
    ],
    ids=" ".join,
)
def test_a_set_user_id_program_is_its_owner(nobody, command, flags):
    bare, ours = both(nobody, *command, flags=flags)
    assert bare == (0, "0\n", "")
    assert ours == bare


def test_a_set_group_id_program_has_its_group(nobody):
    bare, ours = both(nobody, "./group-id", "-g")
    assert bare == (0, "1\n", "")
    assert ours == bare


def test_all_words_and_the_environment_arrive(nobody):
    words = [str(number) for number in range(20000)] + ["", "a b", "\n", "ü"]
    bare, ours = both(nobody, "./set-echo", *words)
    assert ours == bare
    bare, ours = both(nobody, "env", "-i", "A=", "B=b c", f"C={'x' * 100_000}", "./set-env")
    assert bare[1].startswith("A=\nB=b c\nC=xxx")
    # What we add to the environment is taken away by `env -i`.
    assert ours == bare


def test_the_process_has_its_name_and_its_command_line(nobody):
    bare, ours = both(nobody, "./set-cat", "/proc/self/comm", "/proc/self/cmdline")
    assert bare[1] == "set-cat\n./set-cat\0/proc/self/comm\0/proc/self/cmdline\0"
    assert ours == bare


def test_the_interpreter_of_a_script_gets_the_words_once(nobody, place):
    bare, ours = both(nobody, "./script", "one", "two")
    assert bare == (0, "./script one two", "")
    assert ours == bare


@pytest.mark.parametrize("name", ["set-id", "nothing of that name"])
def test_a_program_executed_by_a_descriptor_that_closes_with_it(nobody, name):
    script = f"import os; os.execve(os.open('set-id', os.O_RDONLY), ['{name}', '-u'], os.environ)"
    bare, ours = both(nobody, "/usr/bin/python3", "-ISc", script)
    assert bare == (0, "0\n", "")
    assert ours == bare


def test_a_program_executed_by_a_thread_that_is_not_the_first(nobody):
    script = (
        "import os, threading, time\n"
        "for n in range(3): threading.Thread(target=time.sleep, args=[9], daemon=True).start()\n"
        "t = threading.Thread(target=os.execv, args=['./set-id', ['set-id', '-u']]); t.start(); t.join()"
    )
    bare, ours = both(nobody, "/usr/bin/python3", "-ISc", script)
    assert bare == (0, "0\n", "")
    assert ours == bare


@pytest.mark.parametrize("script", ["exit 7", "kill -9 $$", "kill -SEGV $$"])
def test_how_it_ends_is_what_its_parent_sees(nobody, script):
    bare, ours = both(nobody, "./set-env", "sh", "-c", script)
    assert ours == bare
    bare, ours = both(nobody, "sh", "-c", f"./set-env sh -c '{script}'; echo $?")
    assert (ours[0], ours[1]) == (bare[0], bare[1])


def test_no_new_privileges_stays_so(nobody):
    bare, ours = both(nobody, "setpriv", "--no-new-privs", "./set-id", "-u")
    assert bare == (0, f"{NOBODY}\n", "")
    assert ours == bare


@pytest.mark.parametrize(
    "command, expected",
    [
        (["./unreadable-id", "-u"], "0\n"),
        (["sh", "-c", "./unreadable-id -u; true"], "0\n"),
        (["./unreadable-cat", "/proc/self/comm"], "unreadable-cat\n"),
        (["./unreadable-plain-id", "-u"], f"{NOBODY}\n"),
        # The owner of these files is root where a process is undumpable.
        (["./unreadable-plain-stat", "-L", "-c", "%u", "/proc/self/maps"], "0\n"),
        (["setpriv", "--no-new-privs", "./unreadable-id", "-u"], f"{NOBODY}\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_program_that_may_be_executed_but_not_read(nobody, command, expected):
    bare, ours = both(nobody, *command)
    assert bare == (0, expected, "")
    assert ours == bare


@pytest.mark.parametrize("program", ["set-id", "unreadable-id"])
def test_again_and_again(nobody, program):
    bare, ours = both(nobody, "sh", "-c", f"i=0; while [ $i -lt 100 ]; do ./{program} -u; i=$((i+1)); done")
    assert bare == (0, "0\n" * 100, "")
    assert ours == bare


def test_file_capabilities_are_had(nobody, place):
    if not shutil.which("setcap"):
        pytest.skip("no setcap")
    program = place / "cap-cat"
    shutil.copy("/usr/bin/cat", program)
    program.chmod(0o755)
    if subprocess.run(["setcap", "cap_dac_read_search=ep", program]).returncode != 0:
        pytest.skip("no file capabilities here")
    secret = place / "secret"
    secret.write_text("a secret")
    secret.chmod(0o600)
    for command in (["./cap-cat", "secret"], ["sh", "-c", "./cap-cat secret; true"]):
        bare, ours = both(nobody, *command)
        assert bare == (0, "a secret", "")
        assert ours == bare


@pytest.mark.parametrize(
    "command",
    [
        ["sudo", "-n", "true"],
        ["sudo", "-n", "-l"],
        ["su", "-c", "true", "root"],
        ["passwd", "-S"],
        ["ping", "-c", "1", "-q", "-W", "1", "127.0.0.1"],
        ["chage", "-l", "nobody"],
    ],
    ids=" ".join,
)
def test_the_system_s_own_programs_say_the_same(nobody, command):
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]}")
    bare, ours = both(nobody, *command)
    if command[0] == "ping":
        # Times differ.
        assert (ours[0], ours[1].split(",")[0], ours[2]) == (bare[0], bare[1].split(",")[0], bare[2])
    else:
        assert ours == bare
    bare, ours = both(nobody, "sh", "-c", " ".join(command) + " >/dev/null; true")
    assert ours[2] == bare[2]
