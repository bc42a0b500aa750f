#!/usr/bin/env python3
"""Records the corpus anew: runs each program with the language that this machine has, keeps what it printed on stderr
(`NAME.VERSION.txt`) and, where the language can tell, what it says of the exception itself (`NAME.VERSION.json`).

usage: record.py [LANGUAGE ...]

The tests replay what is kept; no language is needed for them. A new language is a function below, or a folder with a table
`cases` where the language cannot report on itself: there `expected` says by hand what is to be recognised. It stays as it is
when the corpus is recorded anew: addresses, process numbers and times are no part of it.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
# The same in every recording, so that recordings differ only where the language does.
ROOM = pathlib.Path("/tmp/corpus-app")


def run(words, environment=None, directory=ROOM):
    process = subprocess.run(
        [str(word) for word in words], cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | (environment or {}), timeout=120)
    return process


def version(words, pattern=r"(\d+\.\d+(\.\d+)?)"):
    process = run(words, directory="/")
    return re.search(pattern, (process.stdout + process.stderr).decode()).group(1)


class Case:
    def __init__(self, language, source, label):
        self.language, self.source, self.label = language, source, label
        self.base = HERE / language / f"{pathlib.Path(source).stem}.{label}"

    def keep(self, words, environment=None, stream="stderr"):
        process = run(words, environment)
        text = getattr(process, stream)
        end = f"exit {process.returncode}" if process.returncode >= 0 else f"signal {-process.returncode}"
        self.base.with_name(self.base.name + ".txt").write_bytes(text)
        print(f"{self.language}/{self.base.name}: {end}, {len(text.splitlines())} lines")
        return process

    def dump(self, words, environment=None):
        """A second run, in which the language writes what it knows."""
        output = self.base.with_name(self.base.name + ".json")
        output.unlink(missing_ok=True)
        run([output if word == "OUTPUT" else word for word in words], (environment or {}) | {"DUMP": str(output)})


def sources(language, suffix):
    return sorted(path.name for path in (HERE / language).iterdir() if path.suffix == suffix and not path.name.startswith("dump"))


def python():
    minimum = {"group.py": (3, 11)}
    # Where a version prints no more than another, one of them is enough.
    for program in os.environ.get("PYTHONS", "/usr/bin/python3").split(":"):
        label = version([program, "--version"], r"(\d+\.\d+)")
        for source in sources("python", ".py"):
            if minimum.get(source, (3, 0)) > tuple(map(int, label.split("."))):
                continue
            case = Case("python", source, label)
            case.keep([program, ROOM / source])
            if source not in ("logged.py", "thread.py", "fault.py"):
                case.dump([program, ROOM / "dump.py.hook", "OUTPUT", ROOM / source])


def java():
    label = version(["java", "-version"], r'"(\d+)')
    for source in sources("java", ".java"):
        run(["javac", "-g", source])
    for source in sources("java", ".java"):
        name = pathlib.Path(source).stem
        if name == "Dump":
            continue
        case = Case("java", source, label)
        case.keep(["java", "-cp", ".", name])
        if name not in ("Logged", "Plain"):
            case.dump(["java", "-cp", ".", "Dump", "OUTPUT", name])


def node():
    label = version(["node", "--version"], r"v(\d+)")
    for source in sources("node", ".js") + sources("node", ".mjs"):
        case = Case("node", source, label)
        case.keep(["node", ROOM / source])
        if source not in ("logged.js", "syntax.js"):
            case.dump(["node", "-r", ROOM / "dump.cjs.hook", ROOM / source])


def go():
    label = version(["go", "version"], r"go(\d+\.\d+)")
    for source in sources("go", ".go"):
        flags = ["-race"] if source == "race.go" else []
        program = ROOM / pathlib.Path(source).stem
        built = run(["go", "build", *flags, "-o", program, source], {"GO111MODULE": "off", "GOFLAGS": ""})
        if built.returncode != 0:
            print(f"go/{source}: not built: {built.stderr.decode()[:200]}")
            continue
        Case("go", source, label).keep([program])
    Case("go", "panic.go", label + "-all").keep([ROOM / "panic"], {"GOTRACEBACK": "all"})


def rust():
    label = version(["rustc", "--version"], r"(\d+\.\d+)")
    for source in sources("rust", ".rs"):
        program = ROOM / pathlib.Path(source).stem
        run(["rustc", "-g", source, "-o", program])
        for backtrace in ("0", "1", "full"):
            Case("rust", source, f"{label}-backtrace-{backtrace}").keep([program], {"RUST_BACKTRACE": backtrace})


def ruby():
    label = version(["ruby", "--version"], r"ruby (\d+\.\d+)")
    for source in sources("ruby", ".rb"):
        case = Case("ruby", source, label)
        case.keep(["ruby", ROOM / source])
        if source not in ("thread.rb",):
            case.dump(["ruby", "-r", ROOM / "dump_hook.rb", ROOM / source])


def php():
    label = version(["php", "--version"], r"PHP (\d+\.\d+)")
    for source in sources("php", ".php"):
        case = Case("php", source, label)
        case.keep(["php", "-n", "-d", "display_errors=stderr", "-d", "error_reporting=-1", ROOM / source])
        if source in ("previous.php", "type_error.php"):
            case.dump(["php", "-n", "-d", f"auto_prepend_file={ROOM / 'dump.php.hook'}", ROOM / source])
    logged = Case("php", "previous.php", label + "-log")
    logged.keep(["php", "-n", "-d", "display_errors=0", "-d", "log_errors=1", ROOM / "previous.php"])


def perl():
    label = version(["perl", "--version"], r"v(\d+\.\d+)")
    for source in sources("perl", ".pl"):
        Case("perl", source, label).keep(["perl", ROOM / source])


def swift():
    label = version(["swiftc", "--version"], r"version (\d+\.\d+)")
    for source in sources("swift", ".swift"):
        program = ROOM / pathlib.Path(source).stem
        run(["swiftc", "-g", "-Onone", source, "-o", program])
        Case("swift", source, label).keep([program], {"SWIFT_BACKTRACE": "enable=no"})
        Case("swift", source, label + "-backtrace").keep(
            [program], {"SWIFT_BACKTRACE": "enable=yes,color=no,interactive=no,output-to=stderr"})


def csharp():
    label = "mono-" + version(["mono", "--version"], r"version (\d+\.\d+)")
    for source in sources("csharp", ".cs"):
        program = pathlib.Path(source).stem + ".exe"
        run(["mcs", "-debug", source])
        Case("csharp", source, label).keep(["mono", "--debug", program])


LANGUAGES = [python, java, node, go, rust, ruby, php, perl, swift, csharp]


def table(language):
    """Languages that cannot report on themselves: `cases` has a line for each program, NAME | BUILD | RUN, both for bash.
    What RUN prints on either stream is kept. `# needs PROGRAM`, `# version COMMAND` and `# after COMMAND` say the rest."""
    folder = HERE / language
    lines = (folder / "cases").read_text().splitlines()
    notes = [line[2:].split(" ", 1) for line in lines if line.startswith("# ")]
    missing = [word for key, words in notes if key == "needs" for word in words.split() if not shutil.which(word)]
    if missing:
        print(f"{language}: no {', '.join(missing)} here, left as it is")
        return
    # Paths and names stay the same in every recording, so the room has the language's name.
    room = pathlib.Path("/tmp/sentry-run-corpus") / language
    shutil.rmtree(room, ignore_errors=True)
    shutil.copytree(folder, room, ignore=shutil.ignore_patterns("*.txt", "expected"))

    def shell(command, output):
        return subprocess.run(
            ["bash", "-c", f"ulimit -c 0; {command}"], cwd=room, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, timeout=120).returncode

    with open(folder / "versions", "wb") as output:
        for key, command in notes:
            if key == "version":
                shell(command, output)
                output.flush()
    kept = (folder / "statuses").read_text().splitlines()
    statuses = []
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        name, build, command = (part.strip() for part in line.split("|", 2))
        if build and shell(build, subprocess.DEVNULL) != 0:
            print(f"{language}/{name} does not build here, left as it is: {build}")
            statuses += [status for status in kept if status.split()[0] == name]
            continue
        with open(folder / f"{name}.txt", "wb") as output:
            status = shell(command, output)
            statuses.append(f"{name} " + (f"exit {status}" if status >= 0 else f"signal {-status}"))
    (folder / "statuses").write_text("\n".join(statuses) + "\n")
    print(f"{language}: {len(statuses)} programs")
    for key, command in notes:
        if key == "after":
            shell(command, subprocess.DEVNULL)


def main():
    wanted = sys.argv[1:]
    for language in LANGUAGES:
        if wanted and language.__name__ not in wanted:
            continue
        shutil.rmtree(ROOM, ignore_errors=True)
        shutil.copytree(HERE / language.__name__, ROOM, ignore=shutil.ignore_patterns("*.txt", "*.json"))
        language()
    shutil.rmtree(ROOM, ignore_errors=True)
    for cases in sorted(HERE.glob("*/cases")):
        if not wanted or cases.parent.name in wanted:
            table(cases.parent.name)


main()
