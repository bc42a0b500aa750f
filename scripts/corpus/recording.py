"""Running a logger and writing down what it was told beside what it printed."""

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

#: What every logger is told, where it has such a level.
TOLD = [
    ("debug", "cache miss for key 7"),
    ("info", "listening on port 8080"),
    ("warn", "disk nearly full: 91 %"),
    ("error", "cannot open /data/x: No such file or directory"),
    ("fatal", "out of memory"),
]

#: Local time is not UTC, so that a zone that is read wrongly shows. POSIX' sign is the other way round.
ZONE, OFFSET = "<+02>-2", 7200


class CannotRun(Exception):
    pass


@dataclass
class Source:
    name: str
    #: The program and its version: a command whose first line of output says it, after this text.
    logger: str
    version: list
    #: File name and text of what is run.
    file: str
    text: str
    #: Steps: each a command, `{file}` and `{folder}` filled in. The last one's output is kept.
    run: list
    #: Levels told, in the order of the lines; None: of this line nothing is expected but that it is no record of ours.
    levels: list = field(default_factory=lambda: ["debug", "info", "warn", "error"])
    has_time: bool = True
    #: Attributes that every record has, as read.
    attributes: dict = field(default_factory=dict)
    #: Per record, in place of what TOLD says of the level.
    messages: dict = field(default_factory=dict)
    #: What the format makes of a level: {"fatal": "error"}.
    reads_as: dict = field(default_factory=dict)
    #: Two lines for each record.
    lines_per_record: int = 1
    environment: dict = field(default_factory=dict)
    #: Lines that this accepts are the logger's.
    keeps: object = None


def record(source):
    folder = tempfile.mkdtemp(prefix="corpus.")
    try:
        return recorded(source, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def recorded(source, folder):
    path = os.path.join(folder, source.file)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(source.text)
    environment = {**os.environ, "TZ": ZONE, "LC_ALL": "C.UTF-8", **source.environment}
    environment = {name: value.format(folder=folder) for name, value in environment.items()} if source.environment else environment
    fill = lambda words: [word.replace("{file}", path).replace("{folder}", folder) for word in words]  # noqa: E731
    for step in source.run[:-1]:
        done = subprocess.run(fill(step), cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise CannotRun(done.stderr[-300:])
    begin = time.time()
    done = subprocess.run(
        fill(source.run[-1]), cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    end = time.time()
    lines = [line for line in done.stdout.split("\n") if line.strip()]
    if source.keeps:
        lines = [line for line in lines if source.keeps(line)]
    wanted = len(source.levels) * source.lines_per_record
    if len(lines) != wanted:
        raise CannotRun(f"{len(lines)} lines in place of {wanted}: {done.stdout[-600:]}")
    version = subprocess.run(fill(source.version), cwd=folder, env=environment, capture_output=True, text=True)
    said = (version.stdout + version.stderr).strip().split("\n")[0]
    told = dict(TOLD)
    records = []
    for index, level in enumerate(source.levels):
        of_record = lines[index * source.lines_per_record:(index + 1) * source.lines_per_record]
        entry = {"lines": of_record}
        if level:
            entry["level"] = source.reads_as.get(level, level)
            entry["message"] = source.messages.get(level, told[level])
        records.append(entry)
    return {
        "logger": f"{source.logger} {said}".strip(), "origin": "recorded", "program": source.text,
        "localOffset": OFFSET, "begin": round(begin, 3), "end": round(end, 3), "hasTime": source.has_time,
        "attributes": source.attributes, "records": records,
    }
