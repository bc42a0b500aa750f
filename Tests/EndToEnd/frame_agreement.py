"""Whether two tools mean the same stack: names are brought to one form, frames are paired by address.

What counts, of gdb's frames (the innermost `LIMIT` of a thread):

- same function and same line (where gdb has one): agrees. Same function means the same last part of the qualified
  name, without parameters, template arguments, hashes and suffixes of clones; or two names of one address in the file.
- gdb has no name: agrees if we have none either, or one that is in the file's symbol tables (gdb not knowing it is not
  our error). Without a name and outside of every file, beyond the innermost frame, it is rubbish and not compared.
- gdb has a name and we have none, or another one, or another line, or no such frame: differs.
- We have an inlined call more than gdb at the same address: differs. We have further frames where gdb gave up: not
  compared, but printed.
"""

import difflib
import os
import re
import subprocess
from dataclasses import dataclass, field

LIMIT = 100

_HASH = re.compile(r"::h[0-9a-f]{16}$")
_CLONE = re.compile(r"(\.(isra|constprop|part|cold|lto_priv|llvm|localalias|clone)(\.\d+)*)+$|@.*$| \[clone [^]]*\]")
_CLOSURE = re.compile(r"\{\{?closure(_env)?(#\d+)?\}?\}")
_LAMBDA = re.compile(r"\{lambda\([^)]*\)#\d+\}|<lambda\([^)]*\)>|\$_\d+|'lambda\d*'\([^)]*\)")


def base_name(function):
    """The last part of a function's name: `std::vector<int>::at(unsigned long) const` → `at`."""
    if not function:
        return None
    name = _HASH.sub("", function.strip())
    name = _CLOSURE.sub("closure", _LAMBDA.sub("lambda", name))
    name = _CLONE.sub("", name)
    if "operator()" in name:
        return "operator()"
    if match := re.search(r"operator\s*[^\w\s:]+", name):
        return match[0].replace(" ", "")
    name = re.sub(r"^<(.+) as (.+)>::", r"", name) if name.startswith("<") else name
    name = _without_brackets(name.replace("(anonymous namespace)", "anonymous"))
    name = re.sub(r"\b(const|volatile|noexcept)\b\s*$", "", name).strip()
    if " " in name:  # a return type stands before the name of a template's instance
        name = name.split(" ")[-1]
    last = name.rstrip(":").split("::")[-1]
    last = last.split(".")[-1].lstrip("*&").removeprefix("__GI_")
    return last or function


def _without_brackets(name):
    """Without what is in <…> and (…), and without what follows the parameters (Swift's `-> Int`)."""
    kept, depth = [], 0
    for index, character in enumerate(name):
        if character in "<(" and name[index - 1 : index + 1] != "->":
            depth += 1
        elif character in ">)" and name[index - 1 : index + 1] != "->":
            depth = max(0, depth - 1)
        elif depth == 0:
            kept.append(character)
    return "".join(kept).split(" -> ")[0].strip()


def aliases_of(path, known={}):
    """{name: addresses} of the file's symbol tables; empty where it cannot be read."""
    if path not in known:
        known[path] = {}
        if path and os.path.isfile(path):
            listing = subprocess.run(["readelf", "-Ws", path], capture_output=True, text=True).stdout
            for line in listing.splitlines():
                parts = line.split()
                if len(parts) >= 8 and parts[0].rstrip(":").isdigit():
                    known[path].setdefault(parts[7].partition("@")[0], set()).add(parts[1])
    return known[path]


def swift_name(symbol, known={}):
    """Swift's mangled name as source: gdb does not know that language."""
    if symbol and symbol.startswith(("$s", "$S", "_$s")) and symbol not in known:
        tool = "/opt/swift/usr/bin/swift-demangle" if os.path.exists("/opt/swift/usr/bin/swift-demangle") else None
        known[symbol] = symbol
        try:
            command = [tool or "swift-demangle", "-compact", "-simplified", symbol]
            known[symbol] = subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip() or symbol
        except OSError:
            pass
    return known.get(symbol, symbol)


@dataclass
class Agreement:
    counted: int = 0
    agreed: int = 0
    differences: list = field(default_factory=list)
    #: Frames that gdb did not find.
    beyond: int = 0

    def __iadd__(self, other):
        self.counted += other.counted
        self.agreed += other.agreed
        self.differences += other.differences
        self.beyond += other.beyond
        return self

    @property
    def percentage(self):
        return 100 * self.agreed / self.counted if self.counted else 0.0


def from_event(frames):
    """The frames of an event's stack trace in gdb's order and words."""
    return [
        {
            "function": frame.get("function"), "symbol": frame.get("symbol") or frame.get("raw_function"),
            "file": frame.get("abs_path") or frame.get("filename"), "line": frame.get("lineno"),
            "address": int(frame["instruction_addr"], 16) if "instruction_addr" in frame else None,
            "image": frame.get("package"),
        }
        for frame in reversed(frames)
    ]


def compare(theirs, ours, label="", page_offsets=False):
    """gdb's frames against ours, both innermost first. `page_offsets`: two processes, so only offsets in pages agree."""
    result = Agreement()
    ended = len(theirs) <= LIMIT
    theirs, ours = theirs[:LIMIT], ours[:LIMIT]

    def keys(frames):
        return [frame["address"] % 4096 if page_offsets and frame["address"] else frame["address"] for frame in frames]

    matcher = difflib.SequenceMatcher(None, keys(theirs), keys(ours), autojunk=False)
    for kind, low, high, our_low, our_high in matcher.get_opcodes():
        for index in range(low, high):
            if kind == "equal":
                _count(result, theirs[index], ours[our_low + index - low], label)
            elif index == 0 or theirs[index]["function"] or theirs[index]["image"]:
                _count(result, theirs[index], None, label)
        if kind in ("insert", "replace"):
            for index in range(our_low, our_high):
                extra = ours[index]
                if low > 0 and extra["address"] == theirs[low - 1]["address"]:
                    result.counted += 1
                    result.differences.append(f"{label}: no such frame in gdb: {_text(extra)}")
                elif ended:
                    result.beyond += 1
    return result


def _count(result, frame, ours, label):
    result.counted += 1
    if ours is not None and _same_name(frame, ours) and _same_line(frame, ours):
        result.agreed += 1
    else:
        result.differences.append(f"{label}: gdb {_text(frame)}, we {_text(ours) if ours else 'have no such frame'}")


def _same_name(frame, ours):
    if frame.get("trampoline"):
        return True
    name, symbols = ours["function"], aliases_of(ours["image"])
    if not frame["function"]:
        return not name or base_name(name) in symbols or ours.get("symbol") in symbols or not symbols
    if not name:
        return False
    function = swift_name(frame["function"])
    if base_name(function) == base_name(swift_name(name)) or frame["function"] in (name, ours.get("symbol")):
        return True
    return any(
        symbols.get(one, set()) & symbols.get(other, set())
        for one in (function, frame["function"]) for other in (name, ours.get("symbol"))
    )


def _same_line(frame, ours):
    if not frame["line"]:
        return True
    names = [os.path.basename(place["file"] or "") for place in (frame, ours)]
    return frame["line"] == ours["line"] and names[0] == names[1]


def _text(frame):
    place = f" {os.path.basename(frame['file'])}:{frame['line']}" if frame.get("line") and frame.get("file") else ""
    return f"{frame['function'] or '??'}{place} at {frame['address'] or 0:#x}"
