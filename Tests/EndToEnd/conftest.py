"""What every end-to-end test gets: the programs, a private home and state directory, and a way to run them.

The programs are those of `swift build -c release`, or of the directory that SENTRY_RUN_PROGRAMS names.
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from crash_programs import CrashPrograms  # noqa: E402
from ingest import Ingest  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ.get("SENTRY_RUN_PROGRAMS") or ROOT / ".build" / "release").absolute()
MARK = "SENTRY_RUN_TEST_MARK"


def pytest_configure(config):
    missing = [name for name in ("sentry-run", "FixtureJob") if not os.access(PROGRAMS / name, os.X_OK)]
    if missing:
        pytest.exit(f"{PROGRAMS} has no {', '.join(missing)}: run `swift build -c release` first", 2)


@dataclass
class Result:
    #: As subprocess has it: a negative number is the signal that ended it.
    code: int
    stdout: bytes
    stderr: bytes
    seconds: float

    @property
    def out(self):
        return self.stdout.decode()

    @property
    def err(self):
        return self.stderr.decode()

    @property
    def json(self):
        return json.loads(self.stdout)


class Programs:
    """Runs commands in a clean environment of their own. Everything started carries a mark in its environment, by which
    what is left over is found and ended."""

    def __init__(self, directory):
        self.directory = directory
        self.home = directory / "home"
        self.state = directory / "state"
        self.home.mkdir()
        self.programs = PROGRAMS
        self.mark = f"{os.getpid()}.{time.monotonic_ns()}"
        self.environment = {
            "PATH": f"{PROGRAMS}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "SENTRY_RUN_STATE_DIR": str(self.state),
            MARK: self.mark,
        }

    @property
    def sentry_run(self):
        return str(self.programs / "sentry-run")

    @property
    def fixture(self):
        return str(PROGRAMS / "FixtureJob")

    def start(self, *command, env=None, **options):
        """Popen with the clean environment; `env` adds to it, and None as a value takes away."""
        environment = self.environment | (env or {})
        options.setdefault("cwd", self.directory)
        return subprocess.Popen(
            list(command), env={key: value for key, value in environment.items() if value is not None}, **options
        )

    def run(self, *command, env=None, input=None, timeout=30, **options):
        for stream in ("stdout", "stderr"):
            options.setdefault(stream, subprocess.PIPE)
        if input is not None:
            options["stdin"] = subprocess.PIPE
        else:
            options.setdefault("stdin", subprocess.DEVNULL)
        begin = time.monotonic()
        process = self.start(*command, env=env, **options)
        try:
            out, err = process.communicate(input, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate(timeout=5)
            raise AssertionError(f"{command} had not ended after {timeout} s; stdout {out!r}, stderr {err!r}") from None
        return Result(process.returncode, out or b"", err or b"", time.monotonic() - begin)

    def bare(self, *job, **options):
        """The fixture's verb without supervision."""
        return self.run(self.fixture, *job, **options)

    def supervise(self, *job, flags=("--quiet",), **options):
        """The fixture's verb under `sentry-run`."""
        return self.run(self.sentry_run, *flags, "--", self.fixture, *job, **options)

    def shell(self, script, **options):
        """A line of bash with `$RUN` and `$JOB`."""
        env = {"RUN": self.sentry_run, "JOB": self.fixture} | options.pop("env", {})
        return self.run("bash", "-c", script, env=env, **options)

    def show(self, *arguments):
        """The report of the last run (or of the run named) as JSON."""
        result = self.run(self.sentry_run, "show", *arguments, "--json")
        assert result.code == 0, result.err
        return result.json

    def processes(self, name=None):
        """The pids of what we started and still runs, of one program or of all."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                if f"{MARK}={self.mark}".encode() not in (entry / "environ").read_bytes():
                    continue
                program = os.path.basename(os.readlink(entry / "exe"))
                zombie = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                continue
            if not zombie and name in (None, program):
                found.append(int(entry.name))
        return found

    def end_leftovers(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


@pytest.fixture
def programs(tmp_path):
    started = Programs(tmp_path)
    yield started
    started.end_leftovers()


@pytest.fixture(scope="session")
def crashes(tmp_path_factory):
    """The programs that crash, readable by everybody."""
    directory = tmp_path_factory.mktemp("crashes")
    for parent in [directory, *directory.parents]:
        if str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    return CrashPrograms(directory)


@pytest.fixture
def ingest(request):
    """A server that answers like Relay; what it objected to fails the test. `@pytest.mark.plan("…")` sets its plan."""
    marker = request.node.get_closest_marker("plan")
    plan = marker.args[0] if marker else "ok"
    with Ingest("ok" if plan == "refuse" else plan, refusing=plan == "refuse") as server:
        yield server
        assert server.violations == []


def eventually(condition, timeout=10.0, pause=0.01):
    """The first true value of `condition()`, or its last one."""
    deadline = time.monotonic() + timeout
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(pause)
    return value


def state_of(pid):
    """The letter of /proc/PID/stat, None where the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


def ended(pid):
    return state_of(pid) in (None, "Z", "X")


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def namespaces_work():
    try:
        probe = ["unshare", "-fp", "--mount-proc", "true"]
        return subprocess.run(probe, stderr=subprocess.DEVNULL, timeout=10).returncode == 0
    except OSError:
        return False


needs_pid_namespace = pytest.mark.skipif(not namespaces_work(), reason="unshare -fp --mount-proc is not permitted here")
