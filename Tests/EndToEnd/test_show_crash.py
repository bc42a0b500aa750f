"""`sentry-run show` prints the crashes of a run's record as a debugger would."""

import json
import os
import pty
import re

import pytest


def frame(function, address, **members):
    return {"function": function, "instruction_addr": hex(0x400000 + address), "package": "/srv/importer",
            "trust": "cfi", **members}


CRASH = {
    "facts": {
        "reason": "fatal_signal", "pid": 812, "tid": 813, "parent": 800, "name": "importer",
        "executable": "/srv/importer", "command": ["importer"], "job": False, "signal": 11,
        "signal_info": {"signal": 11, "code": 1, "address": "0x10"}, "time_ns": 1795234329050120999,
        "stopped_ns": 1250000,
        "explanation": {"kind": "null_pointer", "title": "null pointer dereference at 0x10",
                        "sentence": "it accessed 0x10: inferred from an address that small"},
    },
    "stacks": {
        "threads": [
            {"id": 813, "name": "worker", "stacktrace": {
                "registers": {"rip": "0x401234", "rax": "0x0"},
                "frames": [
                    frame("main", 0x900, in_app=True),
                    *[frame("descend", 0x1000, filename="rows.c", lineno=7, in_app=True) for _ in range(500)],
                    frame("parse_row\x1b[2J", 0x1234, filename="rows.c", lineno=41, in_app=True, trust="context",
                          pre_context=["{"], context_line="    return *row;", post_context=["}"]),
                ]}},
            {"id": 812, "name": "importer", "stacktrace": {"frames": [frame("join", 0x2000)]}},
        ],
        "images": [{"type": "elf", "code_file": "/srv/importer", "debug_id": "0", "image_addr": "0x400000",
                    "image_size": 65536}],
        "notes": ["a note"],
    },
}


@pytest.fixture
def crashed_run(programs):
    """A run whose record has a crash in it."""
    programs.run(programs.sentry_run, "--quiet", "--", "sh", "-c", "exit 139")
    (path,) = (programs.state / "runs").glob("*/report.json")
    report = json.loads(path.read_text())
    assert report["crashes"] == []
    report["crashes"] = [CRASH]
    path.write_text(json.dumps(report))
    return programs


def test_a_crash_is_shown_with_its_stack_and_its_source(crashed_run):
    result = crashed_run.run(crashed_run.sentry_run, "show")
    assert result.code == 0
    for expected in (
        "importer (pid 812) crashed with SIGSEGV: null pointer dereference at 0x10",
        "#0   parse_row␛[2J (rows.c:41) in importer+0x1234", "> 41 │     return *row;", "… 499 more frames like the one above",
        "main in importer+0x900", 'Thread 812 "importer"', "- a note",
    ):
        assert expected in result.out, result.out
    assert "\x1b" not in result.out, "neither colours nor the job's own control characters"


def test_a_terminal_gets_colours_but_not_the_jobs_control_characters(crashed_run):
    controller, terminal = pty.openpty()
    process = crashed_run.start(crashed_run.sentry_run, "show", env={"TERM": "xterm"}, stdout=terminal)
    os.close(terminal)
    output = b""
    try:
        while chunk := os.read(controller, 65536):
            output += chunk
    except OSError:
        pass  # the terminal's other end is closed
    os.close(controller)
    assert process.wait() == 0
    assert b"\x1b[31m    return *row;" in output
    assert set(re.findall(rb"\x1b\[[0-9;]*(.)", output)) == {b"m"}


def test_the_record_keeps_the_crash_as_JSON(crashed_run):
    assert crashed_run.show()["crashes"] == [CRASH]
