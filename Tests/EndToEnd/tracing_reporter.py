#!/usr/bin/python3 -IS
"""A reporter for the tests of the tracer: logs what it is told of processes, one JSON object a line, in $TRACE_LOG."""

import json
import os
import socket
import struct
import sys

MODES = ["off", "tree", "main", "refused", "reduced", "letGo"]
REASONS = {1: "fatalSignal", 2: "timeout", 3: "timeoutKill", 4: "hang"}

log = open(os.environ["TRACE_LOG"], "a", buffering=1)
link = socket.socket(fileno=3)


def say(kind, **fields):
    log.write(json.dumps({"kind": kind, **fields}) + "\n")


def threads(descriptor):
    """The threads of a snapshot: id, whether there are registers, and what was wrong."""
    data = os.pread(descriptor, 1 << 26, 0)
    found = {}
    while len(data) >= 16:
        kind, index, count = struct.unpack("<IiQ", data[:16])
        body, data = data[16 : 16 + count], data[16 + count :]
        if kind == 16:
            found[index] = {"id": index, "registers": False, "trouble": None}
        elif kind == 18:
            found[index]["registers"] = True
        elif kind == 21:
            found[index]["trouble"] = body.decode()
    return list(found.values())


while True:
    packet, descriptors, _, _ = socket.recv_fds(link, 4096, 4)
    if not packet:
        sys.exit(0)
    kind, body = struct.unpack("<H", packet[2:4])[0], packet[4:]
    if kind == 2:
        say("started", pid=struct.unpack("<i", body)[0])
    elif kind == 7:
        say("stopped", signal=struct.unpack("<i", body)[0])
    elif kind == 8:
        say("continued")
    elif kind == 12:
        reason, process, thread, signal, stopped, _ = struct.unpack("<BiiiqB", body)
        say(
            "snapshot", reason=REASONS[reason], pid=process, thread=thread, signal=signal, stopped=stopped / 1e9,
            threads=threads(descriptors[0]),
        )
    elif kind == 13:
        say("forked", **dict(zip(("pid", "parent"), struct.unpack("<iiq", body))))
    elif kind == 14:
        say("executed", pid=struct.unpack("<i", body[:4])[0])
    elif kind == 15:
        say("ended", **dict(zip(("pid", "status"), struct.unpack("<iiq", body))))
    elif kind == 16:
        mode, stopped, count, length = struct.unpack("<BqIH", body[:15])
        say("tracing", mode=MODES[mode], stopped=stopped / 1e9, letGo=count, detail=body[15 : 15 + length].decode())
    elif kind in (3, 9):
        if kind == 9:
            say("exited", status=struct.unpack("<i", body[:4])[0])
        link.send(struct.pack("<HHH", 3, 103, 0) + b"\0\0")
    for descriptor in descriptors:
        os.close(descriptor)
