"""The rows of scripts/bench about profiles: what sampling costs the job, and what it costs beside it."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from bench_table import interval, interval_verdict, print_table, quartiles, verdict

PYTHON_JOB = """
import sys, time
def inner(n):
    x = 0
    for i in range(n): x += i * i
    return x
def step(): return inner(700), inner(200), inner(100)
def deep(n): return deep(n - 1) if n else [step() for _ in range(int(sys.argv[1]))]
begin = time.monotonic_ns()
deep(20)
print(time.monotonic_ns() - begin, time.process_time_ns())
"""
DEPTH = 20
#: Of our programs those that have to do with sampling; the supervisor is where a tracer's thread is.
OURS = ("sentry-run", "sentry-run-reporter", "sentry-run-profiler")


def run(bench):
    job = build(bench)
    if not job:
        return
    bench_slowdown(bench, job)
    bench_beside(bench, job)
    bench_idle(bench, job)
    bench_frames(bench, job)
    bench_pause(bench, job)
    bench_python(bench)


def build(bench):
    if not shutil.which("gcc") or not shutil.which("taskset"):
        return bench.leave_out("gcc and taskset, and with them the rows about profiles")
    program = bench.directory / "profiled"
    source = Path(__file__).with_name("bench_profiled.c")
    subprocess.run(["gcc", "-O2", "-g", "-pthread", "-o", program, source], check=True)
    return str(program)


# Commands


def profile(bench, source, frequency, *flags):
    name = str(bench.directory / "out.collapsed")
    return [
        str(bench.programs / "sentry-run"), "profile", "-q", "--profile-source", source, "--profile-hz", str(frequency),
        "-o", name, *flags, "--",
    ]


def ours(bench, *frequencies):
    return {
        f"sentry-run, {source}, {frequency} Hz": profile(bench, source, frequency)
        for source in ("perf", "ptrace") for frequency in frequencies
    }


def perf_record(bench, *flags):
    record = bench.peer("perf", "record", "-q", "-o", str(bench.directory / "perf.data"), "-F", "99", *flags, "--")
    if record and subprocess.run([*record, "true"], capture_output=True).returncode:
        return bench.leave_out("perf record (not permitted)")
    return record


def py_spy(bench, frequency, *flags):
    program = Path(__file__).resolve().parents[1] / ".venv" / "bin" / "py-spy"
    if not program.exists():
        return bench.leave_out("py-spy")
    output = str(bench.directory / "out.raw")
    return [str(program), "record", *flags, "-r", str(frequency), "-f", "raw", "-o", output, "--"]


def output_of(bench, command, beside=None):
    """Of a command on whose stdout the job writes. `beside`: a program that is run over and over with the job's pid."""
    process = bench.spawn(command, stdout=subprocess.PIPE)
    if beside:
        while process.poll() is None:
            bench.spawn([*beside, str(process.pid)]).wait()
    output = process.communicate()[0].decode()
    assert process.returncode == 0, f"{command}: status {process.returncode}"
    return output


def elapsed_and_used(bench, command, beside=None):
    """Other programs may print on the same stdout: the job's line is two numbers."""
    (line,) = re.findall(r"^(\d+) (\d+)$", output_of(bench, command, beside), re.MULTILINE)
    return int(line[0]) / 1e9, int(line[1]) / 1e9


# What the job loses
#
# How long a fixed amount of work takes says nothing here: the processor itself is faster or slower by 5 % from one tenth of
# a second to the next. So the job watches the clock, and what counts is the time in which none of its threads could: while
# they were stopped, while the kernel took a sample, while we had their processor. That repeats within some tenths of a
# percent. What it does not see is code that runs slower for a while because its caches were used by somebody else.

#: Before that a profiler reads the job's images, and meets its threads (some more time for each): no matter of its rate.
FIRST = 0.3
#: Per cent, between two runs of the same.
MOST_NOISE = 1.5


def bench_slowdown(bench, job):
    seconds, rounds = (0.4, 6) if bench.options.quick else (0.6, 8)
    places = [("1", "a core of its own"), ("0", "the job's core")] if (os.cpu_count() or 1) > 1 else [("0", "the job's core")]
    peers = {
        "perf record -g, 99 Hz": perf_record(bench, "-g"),
        "perf record dwarf, 99 Hz": perf_record(bench, "--call-graph", "dwarf"),
        "eu-stack in a loop": bench.peer("eu-stack", "-p"),
    }
    for threads in (8,) if bench.options.quick else (1, 8, 64):
        for second, where in places:
            wrappers = {"bare": [], "bare, once more": [], **ours(bench, 100, 1000)}
            if threads == 8 and second == "1" and not bench.options.quick:
                wrappers |= peers
            command = [job, "lost", str(threads), str(DEPTH), str(FIRST + threads / 128), str(seconds)]
            title = f"{threads} busy {'thread' if threads == 1 else 'threads'}, sampled from {where}"
            slowdown(bench, wrappers, command, rounds, second, title)


def slowdown(bench, wrappers, job, rounds, second, title):
    pinned = on_processor("0", job)

    def measure(wrapper):
        if wrapper and wrapper[0].endswith("eu-stack"):
            output = output_of(bench, pinned, on_processor(second, wrapper))
        else:
            output = output_of(bench, [*on_processor(second, wrapper), *pinned] if wrapper else pinned)
        (line,) = re.findall(r"^(\d+) (\d+) (\d+) (\d+)$", output, re.MULTILINE)
        first, first_lost, rest, lost = map(int, line)
        return lost / rest, first_lost / 1e9

    figures = in_both_orders(wrappers, rounds, measure)
    print_table(f"{title}: time that the job loses", first_of(figures), "bare", "%", 100)
    start = {name: quartiles([value[1] for value in values])[1] * 1e3 for name, values in figures.items()}
    print("  Lost before that, ms: " + ", ".join(f"{name} {value:.0f}" for name, value in start.items()))
    shares = {name: [value[0] * 100 for value in values] for name, values in figures.items()}
    low, middle, high = interval(shares["bare, once more"], shares["bare"])
    print(f"  Nothing at all makes a difference of {middle:+.2f} % ({low:+.2f} .. {high:+.2f}).")
    if max(-low, high) > MOST_NOISE:
        return print("  no verdict: the machine is busy with something else")
    for name, figures in shares.items():
        for frequency, source, budget in ((100, "", 1), (1000, "perf", 3), (1000, "ptrace", 8)):
            if name.startswith(f"sentry-run, {source}") and name.endswith(f" {frequency} Hz"):
                interval_verdict(f"{name}: slower by %", figures, shares["bare"], budget)


def on_processor(number, command):
    """Before others, where that is permitted: who else is there is not what is measured."""
    return ["taskset", "-c", number, *(["nice", "-n", "-20"] if os.geteuid() == 0 else []), *command]


def in_both_orders(wrappers, rounds, measure):
    """{name: [figures]}, of each round one: forwards, backwards, so that what drifts is on both sides of `bare`."""
    figures = {name: [] for name, wrapper in wrappers.items() if wrapper is not None}
    for turn in range(rounds):
        for name in list(figures)[:: -1 if turn % 2 else 1]:
            figures[name].append(measure(wrappers[name]))
    return figures


def first_of(figures):
    return {name: [value[0] for value in values] for name, values in figures.items()}


def bench_python(bench):
    seconds, rounds = (0.3, 2) if bench.options.quick else (1, 3)
    job = [shutil.which("python3", path="/usr/bin") or "python3", python_program(bench)]
    took = elapsed_and_used(bench, [*job, "1000"])[1]
    job.append(str(int(1000 * seconds / took)))
    wrappers = {
        "bare": [],
        "bare, once more": [],
        **ours(bench, 100, 1000),
        **{
            f"py-spy{' --native' * bool(flags)}, {frequency} Hz": py_spy(bench, frequency, *flags)
            for flags in ((), ("--native",)) for frequency in (100, 1000)
        },
    }
    figures = in_both_orders(wrappers, rounds, lambda wrapper: with_patience(bench, [*wrapper, *job]))
    print_table("A CPython program: until the work is done", first_of(figures), "bare", "ms", 1e3)
    used = {name: quartiles([value[1] for value in values])[1] for name, values in figures.items()}
    others = ", ".join(f"{name} {(used[name] / used['bare'] - 1) * 100:+.1f} %" for name in used if name != "bare")
    print(f"  The job's own processor time: {others}")


def python_program(bench):
    path = bench.directory / "job.py"
    path.write_text(PYTHON_JOB)
    return str(path)


def with_patience(bench, command):
    """py-spy ends with 1 where it lost the process, sometimes just after its start: then the job did nothing."""
    for _ in range(10):
        process = bench.spawn(command, stdout=subprocess.PIPE)
        output = process.communicate()[0].decode()
        if found := re.findall(r"^(\d+) (\d+)$", output, re.MULTILINE):
            return int(found[0][0]) / 1e9, int(found[0][1]) / 1e9
    raise AssertionError(f"{command}: status {process.returncode}")


# What it takes beside the job


def processes_of(bench, names):
    found = []
    for pid in bench.marked():
        if bench.program_of(pid) in names:
            found.append(pid)
    return found


def processor_time(pids):
    """Nanoseconds, of all threads that there are."""
    total = 0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(thread.read_text().split()[0])
            except OSError:
                continue
    return total


def cost_beside(bench, command, names, seconds):
    """(share of a core, KiB) of the programs of these names, once the job runs evenly."""
    process = bench.spawn(command)
    time.sleep(0.7)
    pids = processes_of(bench, names)
    assert pids and process.poll() is None, f"{command}: {names} do not run"
    begin, used = time.monotonic(), processor_time(pids)
    time.sleep(seconds)
    assert process.poll() is None, f"{command} ended too early"
    share = (processor_time(pids) - used) / (time.monotonic() - begin) / 1e9
    memory = max(bench.high_water(pid) or 0 for pid in pids if bench.program_of(pid) != "sentry-run") \
        if names == OURS else sum(bench.high_water(pid) or 0 for pid in pids)
    process.terminate()
    process.wait()
    return share, memory


def beside(bench, title, rows, seconds, runs):
    """Rows of name: (command, programs whose cost it is)."""
    rows = {name: row for name, row in rows.items() if row[0]}
    figures = {name: [] for name in rows}
    for _ in range(runs):
        for name, (command, names) in rows.items():
            figures[name].append(cost_beside(bench, command, names, seconds))
            bench.end_leftovers()
    shares = print_table(f"{title}: % of a core", first_of(figures), next(iter(rows)), "%", 100)
    peaks = {name: [value[1] for value in values] for name, values in figures.items()}
    memory = print_table(f"{title}: peak memory of the sampling process", peaks, next(iter(rows)), "MiB", 1 / 1024)
    return shares, memory


def bench_beside(bench, job):
    seconds, runs = (1.2, 2) if bench.options.quick else (2, 3)
    work = [job, "work", "8", str(DEPTH), "1000000"]
    python = ["python3", python_program(bench), "100000000"]
    rows = {
        **{name: ([*wrapper, *work], OURS) for name, wrapper in ours(bench, 100, 1000).items()},
        "perf record -g, 99 Hz": (with_job(perf_record(bench, "-g"), work), ("perf",)),
        "perf record dwarf, 99 Hz": (with_job(perf_record(bench, "--call-graph", "dwarf"), work), ("perf",)),
        "CPython: sentry-run, perf, 100 Hz": ([*profile(bench, "perf", 100), *python], OURS),
        "CPython: sentry-run, ptrace, 100 Hz": ([*profile(bench, "ptrace", 100), *python], OURS),
        "CPython: py-spy, 100 Hz": (with_job(py_spy(bench, 100), python), ("py-spy",)),
        "CPython: py-spy --native, 100 Hz": (with_job(py_spy(bench, 100, "--native"), python), ("py-spy",)),
    }
    shares, memory = beside(bench, "Beside 8 busy threads, or one of CPython", rows, seconds, runs)
    for name in shares:
        if "sentry-run" in name and name.endswith(", 100 Hz"):
            verdict(f"{name}: % of a core", shares[name] * 100, 2)
        if "sentry-run" in name:
            verdict(f"{name}: MiB", memory[name] / 1024, 20)


def with_job(wrapper, job):
    return [*wrapper, *job] if wrapper else None


def bench_idle(bench, job):
    seconds, runs = (1.2, 2) if bench.options.quick else (2, 3)
    idle = [job, "idle", "500", "60"]
    rows = {
        f"sentry-run, {source}, {mode}": ([*profile(bench, source, 100, "--profile-mode", mode), *idle], OURS)
        for source in ("perf", "ptrace") for mode in ("cpu", "wall")
    }
    rows["perf record -g, 99 Hz"] = (with_job(perf_record(bench, "-g"), idle), ("perf",))
    shares, memory = beside(bench, "500 idle threads, 100 Hz", rows, seconds, runs)
    for name in shares:
        if name.startswith("sentry-run"):
            verdict(f"{name}: % of a core", shares[name] * 100, 3)
            verdict(f"{name}: MiB", memory[name] / 1024, 20)


def bench_frames(bench, job):
    """What a frame more costs, with all of its tables known: the same samples at two depths."""
    seconds, runs, shallow, deep, frequency = 1.5, 1 if bench.options.quick else 4, 10, 160, 1000
    cost = {depth: [] for depth in (shallow, deep)}
    for _ in range(runs):
        for depth in cost:
            command = [*profile(bench, "perf", frequency, "--profile-budget", "100"), job, "work", "1", str(depth), "1000000"]
            share, _ = cost_beside(bench, command, ("sentry-run-profiler",), seconds)
            cost[depth].append(share / frequency)
            bench.end_leftovers()
    medians = print_table(
        "Of each sample by perf, 1000 Hz: the profiler's processor time",
        {f"{depth} frames": values for depth, values in cost.items()}, f"{shallow} frames", "us", 1e6,
    )
    each = (medians[f"{deep} frames"] - medians[f"{shallow} frames"]) / (deep - shallow)
    verdict("a frame more, us", each * 1e6, 0.5)


def bench_pause(bench, job):
    """Gaps in the job's own clock: as many of the longest as there were samples, with us and without."""
    seconds, runs = (1, 2) if bench.options.quick else (1.5, 3)
    second = "1" if (os.cpu_count() or 1) > 1 else "0"
    for depth, frequency in ((10, 100), (10, 1000), (1000, 100), (1000, 1000)):
        pinned = on_processor("0", [job, "gaps", str(depth), str(seconds)])
        rows = {"median pause": [], "99th percentile": [], "without us, median": [], "without us, 99th percentile": []}
        for _ in range(runs):
            bare = gaps_of(bench, pinned)
            sampled = on_processor(second, profile(bench, "ptrace", frequency, "--profile-budget", "100"))
            gaps = gaps_of(bench, [*sampled, *pinned])
            count = samples_of(bench)
            for names, longest in ((("median pause", "99th percentile"), gaps[:count]),
                                   (("without us, median", "without us, 99th percentile"), bare[:count])):
                rows[names[0]].append(longest[len(longest) // 2])
                rows[names[1]].append(longest[len(longest) // 100])
        title = f"Pause of a sample by ptrace, {depth} frames, {frequency} Hz, by the job's own clock"
        print_table(title, rows, "median pause", "us", 1e-3)
        least = {name: quartiles(values)[0] / 1e3 for name, values in rows.items()}
        if least["without us, median"] > 40:
            print("  no verdict: the machine is busy with something else")
        else:
            verdict("median pause, us", least["median pause"], 50)


def gaps_of(bench, command):
    """Nanoseconds, longest first."""
    return sorted((int(line) for line in output_of(bench, command).split() if line.isdigit()), reverse=True)


def samples_of(bench):
    text = (bench.directory / "out.collapsed").read_text()
    return max(1, sum(int(line.rpartition(" ")[2]) for line in text.splitlines() if "watch_clock" in line))
