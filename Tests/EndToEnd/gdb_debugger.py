"""A process's stacks as gdb sees them: from its core file, or at its death under gdb where cores go elsewhere."""

import json
import os
import resource
import subprocess
from pathlib import Path

from crash_programs import tool

QUIET = ["-nx", "-batch", "-iex", "set auto-load off", "-iex", "set debuginfod enabled off"]
SCRIPT = Path(__file__).with_name("gdb_stacks.py")


def cores_are_files():
    """Whether a core file appears in the directory of the process that dies."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    return not pattern.startswith("|") and "/" not in pattern and (hard == resource.RLIM_INFINITY or os.geteuid() == 0)


def allow_cores():
    """For a child, before it executes the program."""
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def core_in(directory):
    """The one core file there."""
    cores = [path for path in Path(directory).iterdir() if path.name.startswith("core")]
    assert len(cores) == 1, f"core files: {[path.name for path in cores]}"
    return cores[0]


def stacks_in_core(program, core):
    return _ask(core.parent, str(program), str(core))


def stacks_at_death(program, arguments, directory):
    """Runs the program under gdb until its first signal, other than SIGUSR1, that it would have."""
    ignored = ["SIGUSR1", "SIGUSR2", "SIGCHLD"]
    setup = [part for name in ignored for part in ("-ex", f"handle {name} nostop noprint pass")]
    return _ask(directory, *setup, "-ex", "run", "--args", str(program), *arguments)


def _ask(directory, *rest):
    answer = Path(directory) / "stacks.json"
    # What follows --args belongs to the program, and `-x` comes after the `run` before it.
    options, program = ([], rest) if "--args" not in rest else _split(rest, "--args")
    command = [tool("gdb"), *QUIET, *options, "-x", str(SCRIPT), *program]
    result = subprocess.run(
        command, cwd=directory, env=os.environ | {"GDB_STACKS": str(answer)}, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=120,
    )
    assert answer.exists(), f"{command}:\n{result.stdout}{result.stderr}"
    stacks = json.loads(answer.read_text())
    stacks["threads"] = {int(thread): frames for thread, frames in stacks["threads"].items()}
    return stacks


def _split(words, word):
    index = words.index(word)
    return words[:index], words[index:]
