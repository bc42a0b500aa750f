"""`sentry-run show` of a run that crashed: what a debugger would have printed."""

from crash_cases import BY_NAME
from crash_programs import line_of
from frame_agreement import base_name


def shown(programs, *command, **options):
    """The report for people of a run without a DSN."""
    programs.run(programs.sentry_run, "--quiet", "--", *map(str, command), timeout=60, **options)
    result = programs.run(programs.sentry_run, "show")
    assert result.code == 0, result.err
    return result.out


def test_show_prints_signal_functions_lines_and_source(programs, crashes):
    out = shown(programs, crashes.variant("O0"), "null-read")
    place = f"faults.c:{line_of('faults.c', 'null-read')}"
    for expected in ("SIGSEGV", "read_through", "null_read", "main", place, "return *pointer;"):
        assert expected in out, out
    assert "\x1b" not in out, "no colours where stdout is no terminal"


def test_show_prints_the_innermost_frame_first(programs, crashes):
    lines = shown(programs, crashes.variant("O0"), "null-read").splitlines()
    first = {name: next(index for index, line in enumerate(lines) if name in line) for name in ("read_through", "null_read")}
    assert first["read_through"] <= first["null_read"]


def test_show_folds_what_repeats(programs, crashes):
    out = shown(programs, crashes.variant("O0"), "stack-overflow")
    assert "overflow" in out and "main" in out
    assert len(out.splitlines()) < 150, "a recursion of thousands of levels is told in a few lines"


def test_show_prints_a_childs_crash_though_the_job_succeeded(programs, crashes):
    out = shown(programs, "sh", "-c", f"{crashes.variant('O0')} null-read; exit 0")
    assert "SIGSEGV" in out and "read_through" in out


def test_show_has_the_stacks_as_JSON(programs, crashes):
    shown(programs, crashes.variant("O0"), "threads", "4")
    text = programs.run(programs.sentry_run, "show", "--json").json

    def functions(value):
        if isinstance(value, dict):
            yield from ([value["function"]] if isinstance(value.get("function"), str) else [])
            value = list(value.values())
        for item in value if isinstance(value, list) else []:
            yield from functions(item)

    names = {base_name(name) for name in functions(text)}
    assert set(BY_NAME["threads"].chain) | {"block_for_ever"} <= names, names
