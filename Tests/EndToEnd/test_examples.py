"""Every example runs as it stands: its `run` script, with the programs in PATH, ends with the status that it promises."""

import pytest

from conftest import PROGRAMS, ROOT

EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/run"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_example_runs(programs, example):
    result = programs.run(str(example / "run"), cwd=example, timeout=60)
    assert result.code == 0, result.out + result.err
    assert (example / "README.md").exists()


def test_there_are_examples():
    assert {"cron", "systemd", "container", "ci", "crash"} <= {name.split("-")[0] for name in (path.name for path in EXAMPLES)}


@pytest.mark.skipif(PROGRAMS != ROOT / ".build" / "release", reason="scripts/try builds the programs that it runs")
def test_the_first_thing_a_newcomer_runs_shows_a_report(programs):
    import os

    result = programs.run(str(ROOT / "scripts" / "try"), env={"PATH": os.environ["PATH"]}, timeout=600)
    assert result.code == 0, result.out + result.err
    assert "row 17 is truncated" in result.out and "sentry-run show" in result.out
