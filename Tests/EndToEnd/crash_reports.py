"""What a test asks of the events of crashes."""

import json
import os
import re

from crash_programs import build_id_of, line_of
from frame_agreement import base_name

HEX = re.compile(r"0x[0-9a-f]+\Z")
SYSTEM = ("/usr/lib", "/lib", "/usr/lib64", "/lib64")


def report(programs, ingest, *command, flags=(), **options):
    """Runs the command under sentry-run that reports to the ingest."""
    flags = ["--quiet", "--dsn", ingest.dsn, "--release", "crash@1", *flags]
    options.setdefault("timeout", 60)
    return programs.run(programs.sentry_run, *flags, "--", *map(str, command), **options)


def crash(programs, ingest, program, case, flags=(), **options):
    """Runs the case bare and under sentry-run; both end in the same way. Returns its event."""
    bare = programs.run(str(program), *case.command, **options)
    assert bare.code == -case.number, f"the fixture itself: {bare}"
    supervised = report(programs, ingest, program, *case.command, flags=flags, **options)
    assert supervised.code == bare.code
    assert supervised.stdout == bare.stdout
    (event,) = events_of(ingest, case.signal)
    return event


def events_of(ingest, signal, count=1, timeout=15):
    """The events whose (first) exception is that signal."""
    def found(ingest):
        return [event for event in ingest.items("event") if signal_name(event) == signal]

    ingest.wait_until(lambda ingest: len(found(ingest)) >= count, timeout)
    events = found(ingest)
    others = [(signal_name(event), event.get("tags")) for event in ingest.items("event")]
    assert len(events) >= count, f"{len(events)} of {count} events of {signal}; all: {others}"
    return events


def signal_name(event):
    """The server looks for the signal in the first exception only."""
    values = event.get("exception", {}).get("values", [])
    if not values:
        return None
    meta = (values[0].get("mechanism") or {}).get("meta") or {}
    return meta.get("signal", {}).get("name") or values[0].get("type")


def crash_of(event):
    """The exception with the crashed thread's stack."""
    return event["exception"]["values"][0]


def frames_of(event):
    """Oldest first."""
    return crash_of(event)["stacktrace"]["frames"]


def names_of(frames):
    return [base_name(frame.get("function")) for frame in frames]


def thread_of(event):
    """The crashed thread's own entry."""
    (thread,) = [thread for thread in event["threads"]["values"] if thread.get("crashed")]
    return thread


def assert_chain(frames, chain):
    """The functions are there, in this order, oldest first; others may be between them."""
    names = names_of(frames)
    rest = iter(names)
    missing = [name for name in chain if not any(name == other for other in rest)]
    assert not missing, f"{missing} of {chain} not in {names}"


def assert_signal(event, case):
    exception = crash_of(event)
    mechanism = exception["mechanism"]
    assert exception["type"] == (case.title or case.signal)
    assert (mechanism["handled"], mechanism["synthetic"]) == (False, True)
    assert mechanism["meta"]["signal"]["number"] == case.number
    assert mechanism["meta"]["signal"]["name"] == case.signal
    if case.code:
        assert mechanism["meta"]["signal"]["code_name"] == case.code
    if case.is_fault:
        assert event["level"] == "fatal"
        assert mechanism["type"] == "signalhandler"
    assert event["platform"] == "native"
    if case.says:
        assert case.says in json.dumps([exception["value"], mechanism], ensure_ascii=False)


def assert_threads(event, count):
    threads = event["threads"]["values"]
    crashed = thread_of(event)
    assert crash_of(event)["thread_id"] == crashed["id"]
    assert "stacktrace" not in crashed, "the exception has it"
    assert len({thread["id"] for thread in threads}) == len(threads)
    if count is not None:
        assert len(threads) == count, [thread.get("name") for thread in threads]


def assert_frames(event, case):
    stack = crash_of(event)["stacktrace"]
    frames = stack["frames"]
    assert stack["instruction_addr_adjustment"] == "all_but_first"
    pointers = ("rip", "rsp") if os.uname().machine == "x86_64" else ("pc", "sp")
    assert all(HEX.match(stack["registers"][name]) for name in pointers), stack["registers"]
    assert all(HEX.match(frame["instruction_addr"]) for frame in frames)
    assert stack["registers"][pointers[0]] == frames[-1]["instruction_addr"]
    if case.address is not None:
        assert int(frames[-1]["instruction_addr"], 16) == case.address
    assert frames[-1]["trust"] == "context"
    assert all(frame.get("trust") for frame in frames)


def assert_names(event, case, lines=True):
    frames = frames_of(event)
    assert_chain(frames, case.chain if lines else case.symbols)
    if not case.torn:
        # What the C library starts is `main` or a thread's function, which is near the outer end.
        assert any(name in names_of(frames)[:8] for name in case.chain[:1]), names_of(frames)
    if lines and case.mark:
        source, expected = case.mark[0], line_of(*case.mark)
        frame = [frame for frame in frames if base_name(frame.get("function")) == case.innermost][-1]
        assert os.path.basename(frame["filename"]) == source, frame
        assert frame["lineno"] == expected, frame
        assert f"crash: {case.mark[1]}" in frame["context_line"], frame


#: Of libraries, also where they are linked into the program.
FOREIGN = {"abort", "terminate", "syscall", "__cxa_throw", "__cxa_pure_virtual", "__stack_chk_fail"}


def assert_in_app(event, program, case):
    """The program's own functions are, the system's libraries are not. (`_start` came with the C library.)"""
    own = set(case.chain) - FOREIGN
    for frame in frames_of(event):
        package = frame.get("package")
        if package == str(program) and base_name(frame.get("function")) in own:
            assert frame["in_app"] is True, frame
        elif package and package.startswith(SYSTEM):
            assert frame["in_app"] is False, frame


def assert_images(event, program, static=False):
    """Every file has the build-id that `readelf -n` prints, and every frame with a file an image."""
    images = {image["code_file"]: image for image in event["debug_meta"]["images"]}
    assert str(program) in images, list(images)
    assert static or any("libc.so" in path for path in images), list(images)
    for path, image in images.items():
        assert image["type"] == "elf" and image["debug_id"]
        assert HEX.match(image["image_addr"]) and image["image_size"] > 0
        if os.path.isfile(path):
            assert image.get("code_id") == build_id_of(path), path
    spans = [(int(image["image_addr"], 16), image["image_size"]) for image in images.values()]
    for frame in frames_of(event):
        if frame.get("package"):
            address = int(frame["instruction_addr"], 16)
            assert any(low <= address <= low + size for low, size in spans), frame


def session_of(ingest):
    """The last word on the run's session."""
    sessions = ingest.wait_for("session")
    ingest.wait_until(lambda ingest: ingest.items("session")[-1]["status"] != "ok", 5)
    return ingest.items("session")[-1]
