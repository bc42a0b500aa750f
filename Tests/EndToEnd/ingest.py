"""A loopback ingest that answers like Relay, and misbehaves by plan.

In tests: `with Ingest() as ingest: … ingest.dsn … ingest.wait_for("event")`.
By hand:  python3 ingest.py --port 9000 --plan '500*2,ok' --print

A plan is a list of behaviours, one a request; the last one goes on for ever:

    ok                  200, as Relay answers
    delay:SECONDS       the same, later
    hang                the request is read and never answered
    deaf                the connection is accepted, the request never read
    slow-loris          the answer comes a byte a second
    reset               the connection is reset in the middle of the request's body
    close               the connection is closed without an answer
    STATUS              that status: 400, 413, 429, 500, 503 …
    429:SECONDS         429 with Retry-After
    limits:HEADER       200 with X-Sentry-Rate-Limits: HEADER (semicolons and colons as they are, `|` for a comma)
    429-limits:HEADER   429 with it
    NAME*COUNT          that many times
"""

import argparse
import gzip
import json
import re
import secrets
import select
import socket
import socketserver
import struct
import sys
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import envelopes  # noqa: E402

AUTH_FIELD = re.compile(r"\s*([a-z_]+)=([^,\s]*)\s*\Z")
DEFAULT_KEY = "0123456789abcdef0123456789abcdef"


def parse_plan(text):
    plan = []
    for entry in text.split(","):
        name, star, count = entry.strip().partition("*")
        plan += [name] * (int(count) if star else 1)
    return plan


class Ingest:
    """Collects what arrives. `refusing=True` reserves the port without listening, so that connections are refused."""

    def __init__(self, plan="ok", port=0, refusing=False, project="42", key=DEFAULT_KEY):
        self.plan = parse_plan(plan)
        self.project, self.key = project, key
        self.envelopes = []
        self.violations = []
        self.connections = 0
        self.requests = 0
        self.request_times = []
        self.changed = threading.Condition()
        self.closing = threading.Event()
        self.server = None
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        if not refusing:
            self.listen()

    @property
    def dsn(self):
        return f"http://{self.key}@127.0.0.1:{self.port}/{self.project}"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def listen(self):
        """Starts to accept connections; for a refusing ingest, the moment when the server comes back."""
        self.socket.listen(128)
        self.server = _Server(self)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def set_plan(self, text):
        with self.changed:
            self.plan = parse_plan(text)

    def next_behaviour(self):
        with self.changed:
            self.requests += 1
            self.request_times.append(time.monotonic())
            return self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]

    def record(self, envelope):
        with self.changed:
            self.envelopes.append(envelope)
            self.violations += envelope.violations
            self.changed.notify_all()

    def complain(self, problem):
        with self.changed:
            self.violations.append(problem)
            self.changed.notify_all()

    # What a test asks

    @property
    def accepted(self):
        """The envelopes that were answered with success, in order of arrival."""
        with self.changed:
            return [envelope for envelope in self.envelopes if envelope.answer == 200]

    def items(self, kind):
        """The accepted items' JSON bodies (bytes for attachments)."""
        found = [item for envelope in self.accepted for item in envelope.of(kind)]
        return [item.payload if kind == "attachment" else item.json for item in found]

    def logs(self):
        return [entry for container in self.items("log") for entry in container["items"]]

    def wait_until(self, condition, timeout=10.0):
        """Waits until `condition(self)` is true; its last value is returned."""
        deadline = time.monotonic() + timeout
        while True:
            if value := condition(self):
                return value
            with self.changed:
                left = deadline - time.monotonic()
                if left <= 0:
                    return value
                self.changed.wait(min(left, 0.2))

    def wait_for(self, kind, count=1, timeout=10.0):
        """The bodies of at least `count` items of the kind."""
        self.wait_until(lambda ingest: len(ingest.items(kind)) >= count, timeout)
        found = self.items(kind)
        arrived = [envelope.kinds for envelope in self.envelopes]
        assert len(found) >= count, f"{len(found)} of {count} {kind} items after {timeout} s; arrived: {arrived}"
        return found

    def wait_quiet(self, seconds=0.5, timeout=10.0):
        """Waits until nothing arrived for so long."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            before = self.requests
            self.closing.wait(seconds)
            if self.requests == before:
                return

    def close(self):
        self.closing.set()
        if self.server:
            self.server.shutdown()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class _Server(socketserver.ThreadingMixIn, socketserver.BaseServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, ingest):
        super().__init__(("127.0.0.1", ingest.port), _Handler)
        self.ingest = ingest
        self.socket = ingest.socket

    def fileno(self):
        return self.socket.fileno()

    def get_request(self):
        connection, address = self.socket.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.ingest.changed:
            self.ingest.connections += 1
        return connection, address

    def shutdown_request(self, request):
        request.close()

    def handle_error(self, request, client_address):
        """A client that goes away is no news; anything else fails the test."""
        error = sys.exc_info()[1]
        if not isinstance(error, (OSError, ValueError)):
            self.ingest.complain(f"the ingest failed: {error!r}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "ingest", ""

    def setup(self):
        super().setup()
        self.ingest = self.server.ingest
        self.number = self.ingest.connections
        if self.ingest.plan[0] == "deaf":
            self.ingest.next_behaviour()
            self.wait_for_hang_up()

    def wait_for_hang_up(self):
        """Holds the connection, without a word, until the other side or the test ends it."""
        while not self.ingest.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.2)
            if readable and self.ingest.plan[0] != "deaf" and not self.connection.recv(1, socket.MSG_PEEK):
                break
            if readable:
                self.ingest.closing.wait(0.2)
        self.close_connection = True

    def handle(self):
        if not self.ingest.closing.is_set():
            super().handle()

    def log_message(self, *_):
        pass

    def do_POST(self):
        behaviour = self.ingest.next_behaviour()
        name, _, argument = behaviour.partition(":")
        length = int(self.headers.get("Content-Length") or 0)
        if name == "reset":
            self.rfile.read(length // 2)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        body = self.rfile.read(length) if length else self.read_chunks()
        if name == "delay":
            self.ingest.closing.wait(float(argument))
        status, headers = 200, {}
        if name.isdigit():
            status = int(name)
            headers = {"Retry-After": argument} if argument else {}
        elif name == "limits":
            headers = {"X-Sentry-Rate-Limits": argument.replace("|", ", ")}
        elif name == "429-limits":
            status, headers = 429, {"X-Sentry-Rate-Limits": argument.replace("|", ", ")}
        answered = name not in ("hang", "close")
        status, reply = self.take(body, status if answered else None)
        if name == "hang":
            self.wait_for_hang_up()
        elif name == "close":
            self.close_connection = True
        else:
            self.answer(status, reply, headers, slowly=name == "slow-loris")

    def do_GET(self):
        self.answer(200, {"ok": True}, {})

    def read_chunks(self):
        body = b""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return body
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def take(self, body, planned):
        """Checks and records the request; returns the status and the answer's body."""
        try:
            project = self.authenticate()
            envelope = envelopes.parse(self.decompress(body))
            self.match_dsn(envelope, project)
        except envelopes.Malformed as refusal:
            self.ingest.complain(f"{refusal.status}: {refusal}")
            return refusal.status, {"detail": str(refusal)}
        envelope.arrived, envelope.arrived_monotonic = time.time(), time.monotonic()
        envelope.project = project
        envelope.request_headers = dict(self.headers)
        envelope.request_bytes = len(body)
        envelope.connection = self.number
        envelope.answer = planned
        envelope.violations = envelopes.violations(envelope)
        self.ingest.record(envelope)
        if planned != 200:
            return planned, {"detail": "as planned"}
        event_id = envelope.headers.get("event_id")
        return 200, {"id": event_id} if event_id else {}

    def authenticate(self):
        """The project's number; the errors are those of Relay."""
        if self.path == "/stream":
            return "spotlight"
        match = re.fullmatch(r"/api/(\d+)/envelope/", self.path)
        if not match:
            raise envelopes.Malformed(f"no such endpoint: {self.path}", 404)
        header = self.headers.get_all("X-Sentry-Auth") or []
        if len(header) != 1 or self.headers.get("Authorization"):
            raise envelopes.Malformed("missing or multiple authorization payloads", 401)
        scheme, _, rest = header[0].partition(" ")
        fields = [AUTH_FIELD.match(part) for part in rest.split(",")]
        if scheme != "Sentry" or not all(fields):
            raise envelopes.Malformed(f"unparsable authorization {header[0]!r}", 401)
        values = dict(field.groups() for field in fields)
        if values.get("sentry_version") != "7" or "sentry_client" not in values:
            raise envelopes.Malformed(f"authorization {values}", 400)
        if not envelopes.HEX32.match(values.get("sentry_key", "")):
            raise envelopes.Malformed(f"sentry_key {values.get('sentry_key')!r}", 400)
        if values["sentry_key"] != self.ingest.key or match[1] != self.ingest.project:
            raise envelopes.Malformed("project or key disabled", 403)
        self.check_headers(values["sentry_client"])
        return match[1]

    def check_headers(self, client):
        agent = self.headers.get("User-Agent", "")
        if not re.match(r"[\w.-]+/[\w.+-]+( \(.*\))?\Z", agent):
            self.ingest.complain(f"User-Agent {agent!r}")
        if not re.match(r"[\w.-]+/[\w.+-]+\Z", client):
            self.ingest.complain(f"sentry_client {client!r}")
        if self.headers.get("Content-Type") != "application/x-sentry-envelope":
            self.ingest.complain(f"Content-Type {self.headers.get('Content-Type')!r}")

    def decompress(self, body):
        encoding = self.headers.get("Content-Encoding", "")
        try:
            if encoding == "gzip":
                return gzip.decompress(body)
            if encoding == "deflate":
                return zlib.decompress(body)
        except (OSError, EOFError, zlib.error) as error:
            raise envelopes.Malformed(f"{encoding}: {error}") from None
        if encoding not in ("", "utf-8"):
            raise envelopes.Malformed(f"Content-Encoding {encoding!r}", 415)
        return body

    def match_dsn(self, envelope, project):
        dsn = envelope.headers.get("dsn")
        if dsn is None or project == "spotlight":
            return
        if f"//{self.ingest.key}@" not in dsn or not dsn.endswith(f"/{project}"):
            raise envelopes.Malformed(f"the envelope's dsn {dsn} is not the request's")

    def answer(self, status, reply, headers, slowly=False):
        body = json.dumps(reply).encode()
        lines = [f"HTTP/1.1 {status} Planned", f"Content-Length: {len(body)}", "Content-Type: application/json"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        if status >= 500:
            lines.append("Connection: close")
            self.close_connection = True
        message = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        for byte in message if slowly else ():
            self.wfile.write(bytes([byte]))
            if self.ingest.closing.wait(1):
                return
        if not slowly:
            self.wfile.write(message)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--plan", default="ok")
    parser.add_argument("--key", default=secrets.token_hex(16))
    parser.add_argument("--print", action="store_true", help="a line for every item that arrives")
    options = parser.parse_args()
    ingest = Ingest(options.plan, options.port, options.plan == "refuse", key=options.key)
    print(ingest.dsn, flush=True)
    seen = complaints = 0
    try:
        while True:
            with ingest.changed:
                ingest.changed.wait(1)
            for envelope in ingest.envelopes[seen:]:
                for item in envelope.items:
                    text = item.payload.decode("utf-8", "replace") if options.print else ""
                    print(f"{envelope.answer} {item.kind} {len(item.payload)} bytes {text}".rstrip(), flush=True)
                seen += 1
            for problem in ingest.violations[complaints:]:
                print(f"VIOLATION {problem}", flush=True)
                complaints += 1
    except KeyboardInterrupt:
        ingest.close()


if __name__ == "__main__":
    main()
