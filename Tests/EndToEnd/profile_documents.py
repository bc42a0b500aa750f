"""Profiles to convert: documents as sentry-run's own pages have them inside, written without sentry-run."""

import base64
import gzip
import json
import struct

OPENING, CLOSING = '<script type="application/x-sentry-run-profile">', "</script>"


def leb128(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    return value * 2 if value >= 0 else -value * 2 - 1


class ProfileBuilder:
    """Collects samples: `add(milliseconds, (pid, process), (tid, thread), [outermost, ..., innermost], weight in ms)`.

    A frame is a name, or a dictionary with name, module, address, file, line, inlined, in_app, kind.
    """

    def __init__(self, title="job", duration=1.0, frequency=100, notes=(), tally=(0, 0, 0, 0, 0)):
        self.title, self.duration, self.frequency = title, duration, frequency
        self.notes, self.tally = list(notes), list(tally)
        self.strings, self.frames, self.nodes = {}, {}, {}
        self.processes, self.threads, self.samples = {}, {}, []

    @staticmethod
    def index(table, key):
        return table.setdefault(key, len(table))

    def add(self, time, process, thread, stack, weight=10.0, count=1):
        process = self.index(self.processes, process)
        thread = self.index(self.threads, (process, *thread))
        node = -1
        for frame in stack:
            if isinstance(frame, str):
                frame = {"name": frame}
            key = tuple(sorted({"module": "/usr/bin/job", "in_app": True, **frame}.items()))
            node = self.index(self.nodes, (node, self.index(self.frames, key)))
        self.samples.append((int(time * 1e6), thread, node, count, int(weight * 1e6)))

    def document(self):
        text = lambda value: self.index(self.strings, value)
        optional = lambda value: 0 if value is None else text(value) + 1
        frames = [dict(key) for key in self.frames]
        columns = [
            [text(frame["name"]) for frame in frames],
            [optional(frame.get("module")) for frame in frames],
            [frame.get("address", 0) for frame in frames],
            [optional(frame.get("file")) for frame in frames],
            [frame.get("line", -1) + 1 for frame in frames],
            [0 for _ in frames],
            [frame.get("inlined", 0) | frame["in_app"] << 1 | frame.get("kind", 0) << 2 for frame in frames],
            [0 for _ in frames],
            [index - parent for index, (parent, _) in enumerate(self.nodes)],
            [frame for _, frame in self.nodes],
        ]
        samples = sorted(self.samples)
        times = [sample[0] for sample in samples]
        columns.append([zigzag(time - before) for before, time in zip([0, *times], times)])
        columns.append([sample[1] for sample in samples])
        columns.append([sample[2] + 1 for sample in samples])
        columns.append([sample[3] for sample in samples])
        columns.append([sample[4] for sample in samples])
        header = json.dumps({
            "version": 1, "title": self.title, "command": [], "started": 1_795_234_329_000_000_000,
            "duration": int(self.duration * 1e9), "frequency": self.frequency, "mode": "cpu", "source": "perf",
            "tally": self.tally, "notes": self.notes, "processes": [[pid, name, {}] for pid, name in self.processes],
            "threads": [list(thread) for thread in self.threads], "strings": list(self.strings),
            "counts": [len(frames), len(self.nodes), len(samples)],
        }).encode()
        return struct.pack("<I", len(header)) + header + b"".join(leb128(value) for column in columns for value in column)

    def page(self):
        """As little of a page as is needed to be read."""
        return (OPENING + base64.b64encode(gzip.compress(self.document())).decode() + CLOSING).encode()
