"""Reads envelopes as Relay does, and says what Relay (or its specification) would object to.

`parse` raises `Malformed` where the server would answer an error; `violations` collects what a server tolerates but a
reviewer would not (a missing `sent_at`, a breadcrumb level that becomes something else).
"""

import json
import re
from dataclasses import dataclass, field

HEX32 = re.compile(r"[0-9a-f]{32}\Z")
HEX16 = re.compile(r"[0-9a-f]{16}\Z")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\Z")
SLUG = re.compile(r"[a-z0-9_-]{1,50}\Z")
TAG_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,200}\Z")

PLATFORMS = set(
    "as3 c cfml cocoa csharp elixir go groovy haskell java javascript native node objc other perl php python ruby".split()
)
EVENT_LEVELS = {"fatal", "error", "warning", "info", "debug"}
LOG_LEVELS = {"trace", "debug", "info", "warn", "error", "fatal"}
SPAN_STATUSES = set(
    "ok cancelled unknown invalid_argument deadline_exceeded not_found already_exists permission_denied "
    "resource_exhausted failed_precondition aborted out_of_range unimplemented internal_error unavailable data_loss "
    "unauthenticated".split()
)
SESSION_STATUSES = {"ok", "exited", "crashed", "abnormal", "unhandled"}
DISCARD_REASONS = set(
    "queue_overflow cache_overflow buffer_overflow ratelimit_backoff network_error send_error internal_sdk_error "
    "sample_rate before_send event_processor ignored insufficient_data backpressure invalid".split()
)
CATEGORIES = set(
    "error transaction span attachment attachment_item session monitor log_item log_byte profile profile_chunk "
    "profile_chunk_ui feedback replay internal security trace_metric trace_metric_byte default".split()
)
INTERVAL_UNITS = {"year", "month", "week", "day", "hour", "minute"}
LOG_CONTENT_TYPE = "application/vnd.sentry.items.log+json"
NEEDS_EVENT_ID = {"event", "transaction", "attachment", "feedback", "profile"}
KNOWN_KINDS = NEEDS_EVENT_ID | {"session", "sessions", "check_in", "log", "client_report", "profile_chunk", "trace_metric"}

MIB = 1 << 20
SIZE_LIMITS = {
    "event": MIB,
    "transaction": MIB,
    "check_in": 100 * 1024,
    "log": 12 * MIB,
    "session": 10 * MIB,
    "client_report": 4 * 1024,
    "attachment": 200 * MIB,
    "profile": 50 * MIB,
    "profile_chunk": 50 * MIB,
}


class Malformed(Exception):
    """The server refuses the whole envelope; `status` is its answer."""

    def __init__(self, detail, status=400):
        super().__init__(detail)
        self.status = status


@dataclass
class Item:
    headers: dict
    payload: bytes

    @property
    def kind(self):
        return self.headers.get("type")

    @property
    def json(self):
        return json.loads(self.payload)


@dataclass
class Envelope:
    headers: dict
    items: list
    #: Seconds, time.time() and time.monotonic(), when the request had been read.
    arrived: float = 0.0
    arrived_monotonic: float = 0.0
    project: str = ""
    request_headers: dict = field(default_factory=dict)
    #: Bytes of the request's body as it came, before decompression.
    request_bytes: int = 0
    connection: int = 0
    #: The HTTP status that it was answered with; None for none at all.
    answer: int | None = None
    violations: list = field(default_factory=list)

    @property
    def kinds(self):
        return [item.kind for item in self.items]

    def of(self, kind):
        return [item for item in self.items if item.kind == kind]


def _unique_object(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise Malformed(f"duplicate key in {keys}")
    return dict(pairs)


def _json_line(text, what):
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_unique_object)
    except (ValueError, UnicodeDecodeError) as error:
        raise Malformed(f"{what} is not JSON: {error}: {text[:200]!r}") from None
    if not isinstance(value, dict):
        raise Malformed(f"{what} is no object")
    return value


def parse(body):
    """Headers and items of a decompressed body (protocol: the grammar of envelopes)."""
    if not body:
        raise Malformed("empty body")
    head, _, rest = body.partition(b"\n")
    envelope = Envelope(_json_line(head, "envelope header"), [])
    while rest:
        line, newline, rest = rest.partition(b"\n")
        if not newline:
            raise Malformed("an item without payload")
        headers = _json_line(line, "item header")
        if not isinstance(headers.get("type"), str):
            raise Malformed("an item without type")
        length = headers.get("length")
        if length is None:
            payload, _, rest = rest.partition(b"\n")
        else:
            if not isinstance(length, int) or length < 0 or length >= 1 << 32:
                raise Malformed(f"length {length!r}")
            if len(rest) < length:
                raise Malformed(f"unexpected end of file: {headers} but {len(rest)} bytes are left")
            payload, rest = rest[:length], rest[length:]
            if rest and rest[:1] != b"\n":
                raise Malformed(f"no newline after the payload of {headers}")
            rest = rest[1:]
        envelope.items.append(Item(headers, payload))
    _count(envelope)
    return envelope


def _count(envelope):
    """The counts and sizes whose violation costs the whole envelope: answered with 413."""
    kinds = envelope.kinds
    if sum(kind in ("event", "transaction", "feedback") for kind in kinds) > 1:
        raise Malformed(f"more than one of event, transaction, feedback: {kinds}", 413)
    for kind, most in {"check_in": 1, "log": 1, "profile": 1, "profile_chunk": 1, "attachment": 30, "session": 100}.items():
        if kinds.count(kind) > most:
            raise Malformed(f"{kinds.count(kind)} items of type {kind}", 413)
    for item in envelope.items:
        if len(item.payload) > SIZE_LIMITS.get(item.kind, 200 * MIB):
            raise Malformed(f"{item.kind} of {len(item.payload)} bytes", 413)


# What is in an item


def violations(envelope):
    """Sentences, empty where the envelope is as it should be."""
    found = []
    headers = envelope.headers
    kinds = set(envelope.kinds)
    if not envelope.items:
        found.append("an envelope without items was sent")
    if kinds & NEEDS_EVENT_ID and not _is(HEX32, headers.get("event_id")):
        found.append(f"event_id {headers.get('event_id')!r} with {sorted(kinds)}")
    if not _is(RFC3339, headers.get("sent_at")):
        found.append(f"sent_at {headers.get('sent_at')!r}")
    elif envelope.arrived and abs(envelope.arrived - rfc3339(headers["sent_at"])) > 60:
        found.append(f"sent_at {headers['sent_at']} is not the time of sending")
    if not isinstance(headers.get("sdk"), dict) or not headers["sdk"].get("name") or not headers["sdk"].get("version"):
        found.append(f"sdk {headers.get('sdk')!r}")
    if unknown := set(headers) - {"event_id", "dsn", "sdk", "sent_at", "trace"}:
        found.append(f"unknown envelope headers {sorted(unknown)}")
    if "trace" in headers:
        found += _dynamic_sampling_context(headers["trace"])
    if "check_in" in kinds and len(envelope.items) > 1 and kinds - {"check_in", "client_report"}:
        found.append(f"a check-in that shares its envelope with {envelope.kinds}")
    if "log" in kinds and kinds - {"log", "client_report"}:
        found.append(f"logs that share their envelope with {envelope.kinds}")
    for item in envelope.items:
        found += _item(item, envelope)
    return found


def rfc3339(text):
    """Seconds since the epoch."""
    from datetime import datetime

    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def seconds(value):
    """An event's or a transaction's timestamp in seconds, whichever of the two forms it has."""
    return rfc3339(value) if isinstance(value, str) else float(value)


def _is(pattern, value):
    return isinstance(value, str) and pattern.match(value) is not None and set(value) != {"0"}


def _timestamp(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) or _is(RFC3339, value)


def _dynamic_sampling_context(trace):
    found = [f"trace.{key} is no string: {value!r}" for key, value in trace.items() if not isinstance(value, str)]
    for key in ("trace_id", "public_key"):
        if not _is(HEX32, trace.get(key)):
            found.append(f"trace.{key} {trace.get(key)!r}")
    if "sample_rand" in trace and not re.match(r"0\.\d{6}\Z", trace["sample_rand"]):
        found.append(f"trace.sample_rand {trace['sample_rand']!r}")
    if trace.get("sampled") not in (None, "true", "false"):
        found.append(f"trace.sampled {trace['sampled']!r}")
    return found


def _item(item, envelope):
    if item.kind not in KNOWN_KINDS:
        return [f"unknown item type {item.kind!r}"]
    if "length" not in item.headers:
        return [f"{item.kind} without length"]
    if item.kind == "attachment":
        name = item.headers.get("filename")
        return [] if name and "/" not in name else [f"attachment filename {name!r}"]
    try:
        body = item.json
    except ValueError as error:
        return [f"{item.kind} is not JSON: {error}"]
    check = {
        "event": _event,
        "transaction": _transaction,
        "session": _session,
        "check_in": _check_in,
        "log": _log,
        "client_report": _client_report,
        "profile": _profile,
        "profile_chunk": _profile_chunk,
    }.get(item.kind)
    return [f"{item.kind}: {problem}" for problem in check(body, item, envelope)] if check else []


EVENT_KEYS = set(
    "event_id timestamp platform level logger transaction server_name release environment dist tags extra user contexts "
    "breadcrumbs logentry exception threads debug_meta fingerprint sdk modules measurements spans start_timestamp "
    "transaction_info type".split()
)


def _event_base(event, envelope):
    if event.get("event_id") != envelope.headers.get("event_id"):
        yield f"event_id {event.get('event_id')!r} is not the header's"
    if unknown := set(event) - EVENT_KEYS:
        yield f"unknown keys {sorted(unknown)}"
    if not _timestamp(event.get("timestamp")):
        yield f"timestamp {event.get('timestamp')!r}"
    if event.get("platform") not in PLATFORMS:
        yield f"platform {event.get('platform')!r}"
    for key, most in {"release": 200, "environment": 64, "transaction": 200, "server_name": 200}.items():
        value = event.get(key)
        if value is not None and (not isinstance(value, str) or not 0 < len(value) <= most or "\n" in value):
            yield f"{key} {value!r}"
    for key, value in (event.get("tags") or {}).items():
        if not TAG_KEY.match(key) or not isinstance(value, str) or not 0 < len(value) <= 200 or "\n" in value:
            yield f"tag {key!r} {value!r}"
        if key in ("release", "environment"):
            yield f"reserved tag {key}"
    for name, context in (event.get("contexts") or {}).items():
        if not isinstance(context, dict):
            yield f"context {name} is no object"
        elif len(json.dumps(context)) > 8192 and name != "flags":
            yield f"context {name} has {len(json.dumps(context))} bytes"
    trace = (event.get("contexts") or {}).get("trace")
    if trace is None:
        yield "no trace context"
    elif not _is(HEX32, trace.get("trace_id")) or not _is(HEX16, trace.get("span_id")):
        yield f"trace context {trace}"
    elif "trace" in envelope.headers and trace["trace_id"] != envelope.headers["trace"].get("trace_id"):
        yield "the trace context is not of the envelope's trace"


def _event(event, item, envelope):
    yield from _event_base(event, envelope)
    if "type" in event:
        yield "type must be left out"
    if event.get("level") not in EVENT_LEVELS:
        yield f"level {event.get('level')!r}"
    for crumb in (event.get("breadcrumbs") or {}).get("values", []):
        if crumb.get("level") not in EVENT_LEVELS | {None} or not _timestamp(crumb.get("timestamp")):
            yield f"breadcrumb {crumb}"
        if len(crumb.get("message") or "") > 8192:
            yield "a breadcrumb's message has more than 8192 characters"
    for error in (event.get("exception") or {}).get("values", []):
        if not error.get("type") and not error.get("value"):
            yield f"exception {error}"
        mechanism = error.get("mechanism")
        if mechanism is not None and not mechanism.get("type"):
            yield f"mechanism {mechanism}"
        if "stacktrace" in error and not error["stacktrace"].get("frames"):
            yield "a stack trace without frames"
    if not event.get("exception") and not event.get("logentry"):
        yield "neither exception nor logentry"


def _transaction(event, item, envelope):
    yield from _event_base(event, envelope)
    if event.get("type") != "transaction":
        yield f"type {event.get('type')!r}"
    if not event.get("transaction"):
        yield "no name"
    begin, end = event.get("start_timestamp"), event.get("timestamp")
    if not _timestamp(begin) or not _timestamp(end) or seconds(end) < seconds(begin):
        yield f"from {begin} to {end}"
    trace = (event.get("contexts") or {}).get("trace") or {}
    if trace.get("status") not in SPAN_STATUSES:
        yield f"status {trace.get('status')!r}"
    if not isinstance(event.get("spans"), list):
        yield "no list of spans"
    known = {trace.get("span_id")} | {span.get("span_id") for span in event.get("spans") or []}
    for span in event.get("spans") or []:
        if not _is(HEX16, span.get("span_id")) or span.get("trace_id") != trace.get("trace_id"):
            yield f"span ids {span}"
        elif seconds(span["timestamp"]) < seconds(span["start_timestamp"]):
            yield f"span ends before it starts: {span}"
        elif span.get("parent_span_id") not in known:
            yield f"span without its parent: {span}"
        if span.get("status") not in SPAN_STATUSES | {None}:
            yield f"span status {span.get('status')!r}"
    if len(json.dumps(event.get("spans") or [])) > 800 * 1024:
        yield "more than 800 KiB of spans"
    for name in event.get("measurements") or {}:
        if not re.match(r"[a-z0-9._]+\Z", name):
            yield f"measurement {name!r}"


def _sampled(profile, is_chunk):
    """The member `profile` of both kinds: what Relay looks at, and what would be cut or refused (reference 8.2, 8.3)."""
    frames, stacks, samples = (profile.get(key) for key in ("frames", "stacks", "samples"))
    if not all(isinstance(part, list) for part in (frames, stacks, samples)):
        yield "frames, stacks and samples are not lists"
        return
    for frame in frames:
        if not (frame.get("function") or frame.get("filename") or frame.get("instruction_addr")):
            yield f"frame {frame} names nothing"
        if not isinstance(frame.get("in_app"), bool) or "platform" in frame:
            yield f"frame {frame} counts for nothing"
    if any(not 0 <= index < len(frames) for stack in stacks for index in stack):
        yield "a stack of frames that are not there"
    times, threads = [], {}
    for sample in samples:
        thread = sample.get("thread_id")
        if not isinstance(thread, str) or not thread.isdigit():
            yield f"thread {thread!r}"
        if type(sample.get("stack_id")) is not int or not 0 <= sample["stack_id"] < len(stacks):
            yield f"stack {sample.get('stack_id')!r} of {len(stacks)}"
        else:
            threads[thread] = threads.get(thread, 0) + bool(stacks[sample["stack_id"]])
        if is_chunk and isinstance(sample.get("timestamp"), (int, float)):
            times.append(sample["timestamp"])
        elif not is_chunk and re.match(r"\d+\Z", str(sample.get("elapsed_since_start_ns"))):
            times.append(int(sample["elapsed_since_start_ns"]) / 1e9)
        else:
            yield f"sample {sample} has no time"
    if not any(count >= 2 for count in threads.values()):
        yield f"not enough samples: {threads}"
    if not is_chunk and times and max(times) > 30:
        yield f"a profile of {max(times)} s"
    if is_chunk and times and max(times) - min(times) > 66:
        yield f"a chunk of {max(times) - min(times)} s"
    for thread, data in (profile.get("thread_metadata") or {}).items():
        if not thread.isdigit() or not isinstance(data.get("name", ""), str):
            yield f"thread_metadata {thread}: {data}"


def _profile(profile, item, envelope):
    transactions = envelope.of("transaction")
    if not transactions:
        yield "a profile without its transaction"
    elif envelope.items.index(item) < envelope.items.index(transactions[0]):
        yield "a profile before its transaction"
    if profile.get("version") != "1" or profile.get("platform") != "native":
        yield f"version {profile.get('version')!r}, platform {profile.get('platform')!r}"
    for key in ("event_id",):
        if not _is(HEX32, profile.get(key)):
            yield f"{key} {profile.get(key)!r}"
    if not _is(RFC3339, profile.get("timestamp")):
        yield f"timestamp {profile.get('timestamp')!r}"
    if not (profile.get("device") or {}).get("architecture"):
        yield f"device {profile.get('device')}"
    if not (profile.get("os") or {}).get("name") or not profile["os"].get("version"):
        yield f"os {profile.get('os')}"
    described = profile.get("transaction") or {}
    if transactions:
        transaction = transactions[0].json
        if described.get("id") != transaction.get("event_id") or not described.get("name"):
            yield f"transaction {described}"
        if described.get("trace_id") != transaction["contexts"]["trace"]["trace_id"]:
            yield f"another trace: {described}"
        if "profiler_id" in (transaction["contexts"].get("profile") or {}):
            yield "a transaction with both kinds of profile"
        if not (transaction.get("sdk") or {}).get("version"):
            yield "the server does not know who made the profile"
    if not str(described.get("active_thread_id")).isdigit():
        yield f"active thread {described.get('active_thread_id')!r}"
    yield from _sampled(profile.get("profile") or {}, is_chunk=False)


CHUNK_KEYS = {
    "version", "chunk_id", "profiler_id", "platform", "client_sdk", "release", "environment", "debug_meta", "measurements",
    "profile",
}


def _profile_chunk(chunk, item, envelope):
    if unknown := set(chunk) - CHUNK_KEYS:
        yield f"unknown keys {sorted(unknown)}"
    if chunk.get("version") != "2" or chunk.get("platform") != "native":
        yield f"version {chunk.get('version')!r}, platform {chunk.get('platform')!r}"
    if item.headers.get("platform") != chunk.get("platform"):
        yield f"the header's platform is {item.headers.get('platform')!r}"
    for key in ("chunk_id", "profiler_id"):
        if not _is(HEX32, chunk.get(key)):
            yield f"{key} {chunk.get(key)!r}"
    sdk = chunk.get("client_sdk") or {}
    if not sdk.get("name") or not sdk.get("version"):
        yield f"client_sdk {sdk}"
    if not chunk.get("release"):
        yield "no release"
    yield from _sampled(chunk.get("profile") or {}, is_chunk=True)


def _session(session, item, envelope):
    if not _is(HEX32, (session.get("sid") or "").replace("-", "")):
        yield f"sid {session.get('sid')!r}"
    if session.get("status") not in SESSION_STATUSES:
        yield f"status {session.get('status')!r}"
    if not _timestamp(session.get("started")):
        yield f"started {session.get('started')!r}"
    release = (session.get("attrs") or {}).get("release")
    if not release:
        yield "no release: the server drops the session"
    if session.get("status") == "crashed" and not session.get("errors"):
        yield "crashed without errors"


def _check_in(check_in, item, envelope):
    if not _is(HEX32, (check_in.get("check_in_id") or "").replace("-", "")):
        yield f"check_in_id {check_in.get('check_in_id')!r}"
    if not _is(SLUG, check_in.get("monitor_slug")):
        yield f"monitor_slug {check_in.get('monitor_slug')!r}"
    if check_in.get("status") not in ("in_progress", "ok", "error"):
        yield f"status {check_in.get('status')!r}"
    duration = check_in.get("duration")
    if duration is not None and (isinstance(duration, bool) or not 0 <= duration < 2**31 / 1000):
        yield f"duration {duration!r}"
    if len(check_in.get("environment") or "") > 64:
        yield "environment is too long"
    trace = (check_in.get("contexts") or {}).get("trace")
    if trace is not None and not _is(HEX32, trace.get("trace_id")):
        yield f"trace context {trace}"
    if (config := check_in.get("monitor_config")) is not None:
        yield from _monitor_config(config)


def _monitor_config(config):
    schedule = config.get("schedule") or {}
    if schedule.get("type") == "crontab":
        value = schedule.get("value") or ""
        if not value.startswith("@") and len(value.split()) != 5:
            yield f"crontab {value!r}"
    elif schedule.get("type") == "interval":
        if type(schedule.get("value")) is not int or schedule["value"] < 1 or schedule.get("unit") not in INTERVAL_UNITS:
            yield f"interval {schedule}"
    else:
        yield f"schedule {schedule}"
    ranges = {
        "checkin_margin": (1, 40320),
        "max_runtime": (1, 10080),
        "failure_issue_threshold": (1, 720),
        "recovery_threshold": (1, 720),
    }
    for key, (least, most) in ranges.items():
        if key in config and (type(config[key]) is not int or not least <= config[key] <= most):
            yield f"{key} {config[key]!r}"
    if unknown := set(config) - set(ranges) - {"schedule", "timezone", "owner"}:
        yield f"monitor_config has unknown keys {sorted(unknown)}"


def _log(container, item, envelope):
    entries = container.get("items")
    if item.headers.get("content_type") != LOG_CONTENT_TYPE:
        yield f"content_type {item.headers.get('content_type')!r}"
    if not isinstance(entries, list) or item.headers.get("item_count") != len(entries):
        yield f"item_count {item.headers.get('item_count')!r}"
        return
    if not 0 < len(entries) <= 100:
        yield f"{len(entries)} entries"
    for entry in entries:
        if not isinstance(entry.get("timestamp"), (int, float)) or not _is(HEX32, entry.get("trace_id")):
            yield f"entry {entry}"
        if entry.get("level") not in LOG_LEVELS or not isinstance(entry.get("body"), str):
            yield f"entry {entry}"
        if len(json.dumps(entry)) > MIB:
            yield "an entry of more than 1 MiB"
        for key, attribute in (entry.get("attributes") or {}).items():
            if not _attribute(attribute):
                yield f"attribute {key}: {attribute}"


def _attribute(attribute):
    kinds = {"string": str, "boolean": bool, "integer": int, "double": (int, float)}
    if not isinstance(attribute, dict) or attribute.get("type") not in kinds:
        return False
    value = attribute.get("value")
    if isinstance(value, bool) and attribute["type"] != "boolean":
        return False
    return isinstance(value, kinds[attribute["type"]]) and (attribute["type"] != "integer" or abs(value) < 2**63)


def _client_report(report, item, envelope):
    if "timestamp" in report and not _timestamp(report["timestamp"]):
        yield f"timestamp {report['timestamp']!r}"
    if not report.get("discarded_events"):
        yield "an empty report"
    for loss in report.get("discarded_events") or []:
        if loss.get("reason") not in DISCARD_REASONS or loss.get("category") not in CATEGORIES:
            yield f"loss {loss}"
        if type(loss.get("quantity")) is not int or loss["quantity"] < 1:
            yield f"quantity {loss}"
