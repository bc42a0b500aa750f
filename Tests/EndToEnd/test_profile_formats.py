"""`sentry-run profile convert` and `diff`: files that programs of others understand."""

import json
import shutil
import subprocess
import xml.etree.ElementTree

import pytest

from profile_documents import ProfileBuilder

JOB, MAIN, WORKER = (42, "job"), (42, "job"), (44, "worker")


@pytest.fixture
def convert(programs):
    """Converts a profile into a file of that name, and returns its path."""

    def convert(profile, name, *flags):
        source, target = programs.directory / "source.html", programs.directory / name
        source.write_bytes(profile.page())
        result = programs.run(programs.sentry_run, "profile", "convert", str(source), "-o", str(target), *flags)
        assert result.code == 0, result.err
        return target

    return convert


@pytest.fixture
def profile():
    """70, 20 and 10 samples of three functions, `hash` inlined in `row`."""
    profile = ProfileBuilder("three functions", notes=["a note"])
    inlined = {"name": "hash", "address": 0x1234, "inlined": 1, "file": "/src/hash.h", "line": 7}
    for index in range(70):
        profile.add(index * 10, JOB, MAIN, [{"name": "main", "address": 0x1000}, {"name": "row", "address": 0x1234}, inlined])
    for index in range(20):
        profile.add(700 + index * 10, JOB, MAIN, [{"name": "main", "address": 0x1000}, {"name": "write", "address": 0x1300}])
    for index in range(10):
        profile.add(index * 10, JOB, WORKER, [{"name": "wait", "address": 0x1400}])
    return profile


def pprof(*arguments):
    if shutil.which("go") is None:
        pytest.skip("no Go here, whose pprof reads the file")
    result = subprocess.run(["go", "tool", "pprof", *arguments], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_googles_pprof_agrees_on_time_by_function(convert, profile):
    top = pprof("-top", str(convert(profile, "cpu.pb.gz")))
    table = top.splitlines()[top.splitlines().index("      flat  flat%   sum%        cum   cum%") + 1:]
    rows = {line.split(None, 5)[5]: line.split() for line in table}
    assert rows["hash (inline)"][:2] == ["700ms", "70.00%"]
    assert rows["write"][:2] == ["200ms", "20.00%"]
    assert rows["wait"][:2] == ["100ms", "10.00%"]
    assert rows["main"][3:5] == ["900ms", "90.00%"]
    assert "Duration: 1s" in top


def test_googles_pprof_sees_threads_lines_and_notes(convert, profile):
    path = str(convert(profile, "cpu.pb.gz"))
    tags = pprof("-tags", path)
    assert "worker" in tags and "90.00%): 42" in tags
    raw = pprof("-raw", path)
    assert "hash /src/hash.h:7" in raw
    assert "Comment: a note" in raw
    assert "samples/count cpu/nanoseconds[dflt]" in raw


def test_collapsed_stacks_add_up(convert, profile):
    lines = convert(profile, "out.folded").read_text().splitlines()
    assert sorted(lines) == ["job;main;row;hash 70", "job;main;write 20", "job;wait 10"]


def test_what_was_collapsed_can_be_read_again(programs, convert, profile):
    folded = convert(profile, "out.folded")
    again = programs.run(programs.sentry_run, "profile", "convert", str(folded), "-o", "-", "--format", "collapsed")
    assert sorted(again.out.splitlines()) == sorted(folded.read_text().splitlines())


def test_what_googles_pprof_wrote_can_be_read(programs, convert, profile):
    ours, theirs = convert(profile, "cpu.pb.gz"), programs.directory / "theirs.pb.gz"
    pprof("-proto", "-output", str(theirs), str(ours))
    again = programs.run(programs.sentry_run, "profile", "convert", str(theirs), "-o", "-", "--format", "collapsed")
    assert again.code == 0, again.err
    assert sorted(again.out.splitlines()) == ["job;main;row;hash 70", "job;main;write 20", "job;wait 10"]


def test_speedscopes_events_are_balanced_and_ordered(convert, profile):
    file = json.loads(convert(profile, "out.speedscope.json").read_text())
    names = [frame["name"] for frame in file["shared"]["frames"]]
    times = {}
    for thread in file["profiles"]:
        assert thread["type"] == "evented" and thread["unit"] == "nanoseconds"
        stack, now = [], thread["startValue"]
        for event in thread["events"]:
            assert event["at"] >= now
            if stack:
                times[names[stack[-1]]] = times.get(names[stack[-1]], 0) + event["at"] - now
            now = event["at"]
            if event["type"] == "O":
                stack.append(event["frame"])
            else:
                assert stack.pop() == event["frame"]
        assert stack == [] and now <= thread["endValue"]
    assert {name: time / 1e6 for name, time in times.items() if time} == {"hash": 700, "write": 200, "wait": 100}


def test_the_picture_is_well_formed(convert, profile):
    profile.title = "<&>\"'"
    profile.add(990, JOB, MAIN, ["</title></script><img src=x onerror=alert(1)>\x07"])
    root = xml.etree.ElementTree.parse(convert(profile, "out.svg")).getroot()
    titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[0] == profile.title
    assert any(title.startswith("hash\n700 ms") for title in titles)
    assert any(title.startswith("</title></script><img") for title in titles)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "title", "rect", "text", "g"}


def test_firefoxs_stacks_lead_to_functions(convert, profile):
    file = json.loads(convert(profile, "out.firefox.json").read_text())
    shared, weights = file["shared"], {}
    for thread in file["threads"]:
        for stack, weight in zip(thread["samples"]["stack"], thread["samples"]["weight"]):
            function = shared["frameTable"]["func"][shared["stackTable"]["frame"][stack]]
            name = shared["stringArray"][shared["funcTable"]["name"][function]]
            weights[name] = weights.get(name, 0) + weight
    assert weights == {"hash": 70, "write": 20, "wait": 10}
    assert [lib["name"] for lib in file["libs"]] == ["job"]


def test_perf_script_is_read_as_perfs(convert, profile):
    samples = convert(profile, "out.perf.txt").read_text().strip().split("\n\n")
    assert len(samples) == 100
    header, *frames = samples[0].splitlines()
    assert header.split() == ["job", "42/42", "1795234329.000000:", "10000000", "cpu-clock:u:"]
    assert [line.split() for line in frames] == [
        ["1234", "hash", "(inlined)"], ["1234", "row", "(/usr/bin/job)"], ["1000", "main", "(/usr/bin/job)"]]


def test_the_format_can_be_said_instead_of_the_ending(convert, profile):
    assert convert(profile, "out.txt", "--format", "svg").read_text().startswith("<?xml")


def test_a_diff_as_text_has_both_counts(programs, convert, profile):
    convert(profile, "a.html")
    profile.add(995, JOB, MAIN, ["new"])
    convert(profile, "b.html")
    result = programs.run(programs.sentry_run, "profile", "diff", "a.html", "b.html", "-o", "diff.folded")
    assert result.code == 0, result.err
    lines = (programs.directory / "diff.folded").read_text().splitlines()
    assert "job;new 0 1" in lines and "job;main;write 20 20" in lines


@pytest.mark.parametrize("content, reason", [
    (b"", "neither a page"), (b"\x00\xff" * 100, "neither a page"), (b"not a profile\n", "neither a page"),
    (b'<script type="application/x-sentry-run-profile">!!!</script>', "damaged"),
    (b'<script type="application/x-sentry-run-profile">AAAA', "damaged"),
])
def test_what_is_no_profile_is_refused(programs, content, reason):
    (programs.directory / "bad").write_bytes(content)
    result = programs.run(programs.sentry_run, "profile", "convert", "bad", "-o", "out.svg")
    assert result.code == 1
    assert f"bad can't be read as a profile: " in result.err and reason in result.err
    assert not (programs.directory / "out.svg").exists()


def test_missing_files_and_full_disks_are_said(programs, convert, profile):
    result = programs.run(programs.sentry_run, "profile", "convert", "missing.html", "-o", "out.svg")
    assert result.code == 1 and "missing.html" in result.err
    convert(profile, "good.html")
    result = programs.run(programs.sentry_run, "profile", "convert", "good.html", "-o", "/dev/full", "--format", "svg")
    assert result.code == 1 and "No space left" in result.err


def test_a_comparison_has_no_picture(programs, convert, profile):
    convert(profile, "good.html")
    result = programs.run(programs.sentry_run, "profile", "diff", "good.html", "good.html", "-o", "out.svg")
    assert result.code == 125
    assert "html or collapsed" in result.err
