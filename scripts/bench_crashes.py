"""The rows of scripts/bench about tracing: what a crash costs the job, and what being traced costs it without one."""

import os
import resource
import shutil
import subprocess
import time
from pathlib import Path

from bench_table import print_table, verdict

SOURCES = Path(__file__).resolve().parents[1] / "Tests" / "CrashJob"
#: Seconds that tracing may cost before its budget counts.
GRACE = 0.05
THREADS = 64


def run(bench, hanging):
    crash_job = build(bench)
    if not crash_job:
        return
    bench_crash(bench, crash_job, hanging)
    signals = 20_000 if bench.options.quick else 100_000
    bench_traced(bench, f"{signals} handled signals", [crash_job, "handled-signals", str(signals)], debugger=True)
    bench_traced(bench, "1000 threads, created and joined", [crash_job, "create-threads", "1000"], debugger=True)
    loop = "i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done"
    bench_traced(bench, "1000 x /bin/true in sh", ["sh", "-c", loop], floor=1.30)


def build(bench):
    """The program with a verb per crash; `None` where there is no compiler."""
    if not shutil.which("gcc") or not shutil.which("g++"):
        return bench.leave_out("gcc and g++, and with them the rows about crashes")
    libraries = {"plugin", "stub", "needs_stub"}
    sources = [path for path in [*SOURCES.glob("*.c"), *SOURCES.glob("*.cpp")] if path.stem not in libraries]
    objects = []
    for source in sources:
        objects.append(bench.directory / f"{source.stem}.o")
        compiler = "g++" if source.suffix == ".cpp" else "gcc"
        subprocess.run([compiler, "-w", "-O2", "-g", "-D_GNU_SOURCE", "-c", source, "-o", objects[-1]], check=True)
    program = bench.directory / "crash_job"
    subprocess.run(["g++", "-g", *objects, "-o", program, "-lm", "-ldl", "-pthread"], check=True)
    return str(program)


# A crash


def bench_crash(bench, crash_job, hanging):
    wrappers = {
        "bare": [],
        "sentry-run --trace off": bench.sentry_run("crash-off", hanging, "--trace", "off"),
        "sentry-run": bench.sentry_run("crash", hanging, "--trace", "tree"),
    }
    runs = max(3, bench.options.runs // 4)
    for label, spinning in (("blocked", "0"), ("half of them spinning", str(THREADS // 2))):
        job = [crash_job, "threads", str(THREADS), spinning]
        figures = bench.interleave(wrappers, runs, lambda wrapper: time_to_death(bench, wrapper, crash_job, job))
        title = f"Crash of a process with {THREADS} threads, {label}: from the fault to its death"
        medians = print_table(title, figures, "bare", "ms", 1e3)
        stopped = medians["sentry-run"] - medians["sentry-run --trace off"]
        verdict("  stopped for us, ms", stopped * 1e3, 50)
        figures = bench.interleave(
            {"sentry-run, event in the spool": wrappers["sentry-run"], "gdb, all threads of a core": ["gdb"]}, runs,
            lambda wrapper: time_of_gdb(bench, crash_job, job) if wrapper == ["gdb"]
            else time_to_event(bench, wrapper, job),
        )
        title = "  the same: from the fault to the report"
        if not (cores := [value for value in figures.pop("gdb, all threads of a core") if value]):
            bench.leave_out("gdb (or cores are no files here)")
        else:
            figures["gdb, all threads of a core"] = cores
        medians = print_table(title, figures, "sentry-run, event in the spool", "ms", 1e3)
        verdict("  from the fault to the event in the spool, ms", medians["sentry-run, event in the spool"] * 1e3, 250)


def time_to_death(bench, wrapper, crash_job, job):
    """From just before the fault to when the crashed process's parent sees its end."""
    crashed, died = bench.directory / "crashed", bench.directory / "died"
    command = [*wrapper, crash_job, "note-death", str(died), *job, str(crashed)]
    status = bench.spawn(command).wait()
    assert status == 0, f"{command}: status {status}"
    return (int(died.read_text()) - int(crashed.read_text())) / 1e9


def time_to_event(bench, wrapper, job):
    """From just before the fault to the event's appearance in the spool, from which nothing is delivered here. A file's
    time is that of the kernel's last tick: up to 4 ms early."""
    crashed = bench.directory / "crashed"
    outbox = Path(wrapper[wrapper.index("--state-dir") + 1]) / "outbox"
    before = set(outbox.glob("*.event"))
    status = bench.spawn([*wrapper, *job, str(crashed)]).wait()
    assert status < 0, f"{job}: status {status}"
    deadline = time.monotonic() + 10
    while not (new := set(outbox.glob("*.event")) - before) and time.monotonic() < deadline:
        time.sleep(0.001)
    assert new, f"no event in {outbox}"
    return (min(path.stat().st_ctime_ns for path in new) - int(crashed.read_text())) / 1e9


def time_of_gdb(bench, crash_job, job):
    """What gdb takes for `thread apply all bt` of a core of the same program; `None` where it leaves none."""
    directory = bench.directory / "core"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    subprocess.run(
        job, cwd=directory, env=bench.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=allow_cores,
    )
    cores = [path for path in directory.iterdir() if path.name.startswith("core")]
    debugger = bench.peer("gdb", "-nx", "-batch", "-ex", "thread apply all bt", crash_job)
    if not cores or not debugger:
        return None
    begin = time.perf_counter()
    status = bench.spawn([*debugger, str(cores[0])]).wait()
    return time.perf_counter() - begin if status == 0 else None


def allow_cores():
    hard = resource.RLIM_INFINITY if os.geteuid() == 0 else resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


# No crash


def bench_traced(bench, what, job, debugger=False, floor=None):
    """`floor`: what tracing every process costs where the tracer does nothing."""
    name = job[1] if debugger else "loop"
    wrappers = {
        "bare": [],
        "sentry-run --trace off": bench.sentry_run(f"{name}-off", None, "--trace", "off"),
        "sentry-run --trace auto": bench.sentry_run(f"{name}-auto", None, "--trace", "auto"),
        "sentry-run --trace tree": bench.sentry_run(f"{name}-tree", None, "--trace", "tree"),
        "strace -f -o /dev/null": bench.peer("strace", "-f", "-o", "/dev/null"),
    }
    if debugger:
        silent = "handle SIGUSR1 nostop noprint pass"
        wrappers["gdb -batch -ex run"] = bench.peer("gdb", "-nx", "-batch", "-ex", silent, "-ex", "run", "--args")
    runs = max(3, bench.options.runs // 8)
    figures = bench.interleave(wrappers, runs, lambda wrapper: time_of(bench, [*wrapper, *job]))
    medians = print_table(f"Traced without a crash: {what}", figures, "bare", "ms", 1e3)
    off, auto = medians["sentry-run --trace off"], medians["sentry-run --trace auto"]
    verdict("--trace auto costs beyond its grace, % of --trace off", max(0, auto - off - GRACE) / off * 100, 1)
    if floor:
        verdict("--trace tree, in --trace off's", medians["sentry-run --trace tree"] / off, floor)


def time_of(bench, command):
    begin = time.perf_counter()
    status = bench.spawn(command).wait()
    assert status == 0, f"{command}: status {status}"
    return time.perf_counter() - begin
