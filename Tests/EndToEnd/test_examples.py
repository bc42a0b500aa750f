"""Every example runs as it stands: its `run` script, with the programs in PATH, ends with the status that it promises."""

import pytest

from conftest import ROOT

EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/run"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_example_runs(programs, example):
    result = programs.run(str(example / "run"), cwd=example, timeout=60)
    assert result.code == 0, result.out + result.err
    assert (example / "README.md").exists()


def test_there_are_examples():
    assert {"cron", "systemd", "container", "ci"} <= {name.split("-")[0] for name in (path.name for path in EXAMPLES)}
