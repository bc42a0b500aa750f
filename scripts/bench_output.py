"""The part of scripts/bench about understanding output: our room beside grep, wc and jq on the same files."""

import json
import os
import random
import subprocess

from bench_table import print_table, verdict


def plain_text(mebibytes):
    """80-byte lines that state no level, as most programs print them."""
    numbers = random.Random(7)
    words = "copied rows into table from file with name of the next part after it was read and checked again".split()
    lines = []
    for _ in range(4096):
        line = f"{numbers.choice(words)} {numbers.randrange(100000)}"
        while len(line) < 79:
            line += " " + numbers.choice(words)
        lines.append(line[:79] + "\n")
    return repeated("".join(lines).encode(), mebibytes)


def log_text(mebibytes):
    """Lines of Python's logging as it is usually configured."""
    numbers = random.Random(8)
    lines = []
    for index in range(4096):
        level = numbers.choice(["DEBUG", "INFO", "INFO", "INFO", "WARNING", "ERROR"])
        lines.append(
            f"2026-11-21 05:12:{index % 60:02},{numbers.randrange(1000):03} - app.importer - {level} - "
            f"imported row {numbers.randrange(100000)} of table orders\n"
        )
    return repeated("".join(lines).encode(), mebibytes)


def json_text(mebibytes):
    """Lines as zap, pino and structlog write them."""
    numbers = random.Random(9)
    lines = []
    for index in range(4096):
        lines.append(json.dumps({
            "level": numbers.choice(["debug", "info", "info", "warn", "error"]), "ts": 1795234329.123 + index / 1000,
            "logger": "app.importer", "caller": "importer/rows.go:117", "msg": "imported a row into the table",
            "row": numbers.randrange(100000), "table": "orders", "seconds": round(numbers.random(), 4),
            "request_id": f"{numbers.getrandbits(64):016x}", "cached": numbers.random() < 0.5,
        }, separators=(",", ":")) + "\n")
    return repeated("".join(lines).encode(), mebibytes)


def repeated(text, mebibytes):
    return text * max(1, (mebibytes << 20) // len(text))


class OutputBench:
    def __init__(self, bench):
        self.bench = bench
        self.program = str(bench.programs / "OutputBench")
        self.files = {}

    def file(self, name, text):
        path = self.bench.directory / name
        path.write_bytes(text)
        self.files[str(path)] = len(text)
        return str(path)

    def ours(self, row, path):
        """A measure of one row of OutputBench: bytes a second of its thread's processor time."""
        return lambda: int(subprocess.run([self.program, row, path], stdout=subprocess.PIPE, check=True).stdout.split()[0])

    def peer(self, path, name, *arguments):
        """A measure of another program on the same file: bytes a second of its processor time."""
        if not (command := self.bench.peer(name, *arguments, path)):
            return None

        def measure():
            # Not /dev/null: there grep stops at its first match.
            with open(self.bench.directory / "peer", "wb") as unread:
                process = subprocess.Popen(command, stdout=unread, env=self.bench.environment)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            # grep's 1: no line matched.
            assert process.returncode in (0, 1), command
            return self.files[path] / (usage.ru_utime + usage.ru_stime)

        return measure

    def table(self, title, rows, baseline):
        runs = max(5, self.bench.options.runs // 4)
        figures = self.bench.interleave({name: row for name, row in rows.items() if row}, runs, lambda row: row())
        return print_table(title, figures, baseline, "MB/s", 1e-6)


def exceptions(text, medians):
    """What looking for exceptions costs where there are none."""
    for logs, rows in {
        "logs all": ("without looking for exceptions", "all that the reporter does"),
        "logs off": ("logs off, without looking for exceptions", "logs off"),
    }.items():
        without, looking = (medians[row] for row in rows)
        verdict(f"exceptions looked for, {text}, {logs}, times as long", without / looking, 1.2)


def run(bench):
    output = OutputBench(bench)
    size = 128 if bench.options.quick else 512
    plain = output.file("plain.txt", plain_text(size))
    medians = output.table(f"Plain text, {size} MiB of 80-byte lines", {
        "grep -c ''": output.peer(plain, "grep", "-c", ""),
        "grep -ciE 'error|warn'": output.peer(plain, "grep", "-ciE", "error|warn"),
        "lines": output.ours("split", plain),
        "lines and levels": output.ours("level", plain),
        "lines without secrets": output.ours("scrub", plain),
        "all that the reporter does": output.ours("recorder", plain),
        "without looking for exceptions": output.ours("recorder-alone", plain),
        "logs off": output.ours("quiet", plain),
        "logs off, without looking for exceptions": output.ours("quiet-alone", plain),
    }, "grep -c ''")
    exceptions("plain text", medians)
    verdict("lines and levels, GB/s", medians["lines and levels"] / 1e9, 1.0, at_most=False)
    verdict("lines without secrets, MB/s", medians["lines without secrets"] / 1e6, 300, at_most=False)
    logs = output.file("logging.txt", log_text(size // 4))
    medians = output.table(f"Python's logging, {size // 4} MiB", {
        "grep -c ''": output.peer(logs, "grep", "-c", ""),
        "lines and levels": output.ours("level", logs),
        "lines without secrets": output.ours("scrub", logs),
        "each line read": output.ours("parse", logs),
        "each line a record": output.ours("record", logs),
        "each line in a batch and kept": output.ours("batch", logs),
        "all that the reporter does": output.ours("recorder", logs),
        "without looking for exceptions": output.ours("recorder-alone", logs),
        "logs off": output.ours("quiet", logs),
        "logs off, without looking for exceptions": output.ours("quiet-alone", logs),
    }, "grep -c ''")
    exceptions("logging", medians)
    verdict("logging without secrets, MB/s", medians["lines without secrets"] / 1e6, 300, at_most=False)
    lines = output.file("json.txt", json_text(size // 8))
    medians = output.table(f"JSON lines, {size // 8} MiB", {
        "jq -c .level": output.peer(lines, "jq", "-c", ".level"),
        "lines and levels": output.ours("level", lines),
        "each line read": output.ours("parse", lines),
        "each line a record": output.ours("record", lines),
        "each line in a batch and kept": output.ours("batch", lines),
        "all that the reporter does": output.ours("recorder", lines),
    }, "jq -c .level")
    verdict("JSON lines read, MB/s", medians["each line read"] / 1e6, 200, at_most=False)
    verdict("JSON lines to scrubbed records, MB/s", medians["each line a record"] / 1e6, 200, at_most=False)
