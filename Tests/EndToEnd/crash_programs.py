"""The programs that crash (Tests/CrashJob), compiled in many variants: each once a session, when first asked for.

A variant whose compiler is not installed skips the test that wants it, and says which one is missing.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[1] / "CrashJob"
C_SOURCES = sorted(set(SOURCES.glob("*.c")) - {SOURCES / name for name in ("plugin.c", "stub.c", "needs_stub.c")})
CXX_SOURCES = sorted(SOURCES.glob("*.cpp"))
MARK = re.compile(r"// crash: ([a-z-]+)")


def line_of(source, mark):
    """The line on which the verb `mark` of that source file dies."""
    lines = (SOURCES / source).read_text().splitlines()
    found = [number for number, line in enumerate(lines, 1) if (match := MARK.search(line)) and match[1] == mark]
    assert len(found) == 1, f"{source}: {len(found)} lines are marked `crash: {mark}`"
    return found[0]


@dataclass(frozen=True)
class Variant:
    """How `crash_job` is compiled. `names`: every function has one; `lines`: every line is known."""

    flags: tuple
    link: tuple = ()
    clang: bool = False
    #: For the C files only: C++ needs its unwind tables.
    c_flags: tuple = ()
    finish: str | None = None
    names: bool = True
    lines: bool = True

    @property
    def static(self):
        return bool({"-static", "-static-pie"} & set(self.link))


VARIANTS = {
    "O0": Variant(("-O0", "-g")),
    "O2": Variant(("-O2", "-g")),
    "omit-frame-pointer": Variant(("-O2", "-g", "-fomit-frame-pointer")),
    "frame-pointer": Variant(("-O2", "-g", "-fno-omit-frame-pointer")),
    "static": Variant(("-O2", "-g"), ("-static",)),
    "static-pie": Variant(("-O2", "-g", "-fPIE"), ("-static-pie",)),
    "no-pie": Variant(("-O2", "-g", "-fno-pie"), ("-no-pie",)),
    "dwarf-4": Variant(("-O2", "-gdwarf-4")),
    "dwarf-5": Variant(("-O2", "-gdwarf-5")),
    "compressed": Variant(("-O2", "-g", "-gz"), ("-gz",)),
    "split": Variant(("-O2", "-g"), finish="split"),
    "mini-debug": Variant(("-O2", "-g"), finish="mini", lines=False),
    "only-symbols": Variant(("-O2",), lines=False),
    "stripped": Variant(("-O2", "-g"), finish="strip", names=False, lines=False),
    "stripped-static": Variant(("-O2", "-g"), ("-static",), finish="strip", names=False, lines=False),
    "no-tables": Variant(
        ("-O0", "-g"), c_flags=("-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-fno-exceptions")
    ),
    "clang": Variant(("-O2", "-g"), clang=True),
}


def command(*arguments, **options):
    result = subprocess.run(
        [str(argument) for argument in arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=300, **options,
    )
    assert result.returncode == 0, f"{arguments}:\n{result.stdout}"
    return result.stdout


def tool(name, *places):
    """The path of a compiler or other tool; its absence skips the test."""
    path = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *places]))
    if not path:
        pytest.skip(f"{name} is not installed")
    return path


class CrashPrograms:
    """Paths of programs; every method builds what is not built yet."""

    def __init__(self, directory):
        self.directory = directory
        self.built = {}

    def once(self, name, build):
        """The path that `build(directory)` returned the first time; a skip or a failure is remembered too."""
        if name not in self.built:
            directory = self.directory / name
            directory.mkdir()
            try:
                self.built[name] = build(directory)
            except (pytest.skip.Exception, AssertionError) as reason:
                self.built[name] = reason
        if isinstance(self.built[name], BaseException):
            raise self.built[name]
        return self.built[name]

    def variant(self, name):
        return self.once(name, lambda directory: build_variant(VARIANTS[name], directory))

    def rust(self, mangling="v0", optimisation=0):
        def build(directory):
            program = directory / "crash"
            flags = ["-g", "-C", f"opt-level={optimisation}", "-C", "panic=abort", "--edition", "2021"]
            # Only one of the two schemes is stable in any one version.
            scheme = ["-Z", "unstable-options", "-C", f"symbol-mangling-version={mangling}"]
            command(
                tool("rustc", str(Path.home() / ".cargo/bin")), *flags, *scheme, "-o", program, SOURCES / "crash.rs",
                env=os.environ | {"RUSTC_BOOTSTRAP": "1"},
            )
            return program

        return self.once(f"rust-{mangling}-{optimisation}", build)

    def swift(self, optimisation="-O"):
        def build(directory):
            flags = ["-g", optimisation, "-module-cache-path", directory / "modules"]
            command(tool("swiftc", "/opt/swift/usr/bin"), *flags, "-o", directory / "crash", SOURCES / "crash.swift")
            return directory / "crash"

        return self.once(f"swift{optimisation}", build)

    def go(self):
        def build(directory):
            settings = {"GOCACHE": str(directory / "cache"), "GOFLAGS": "", "GO111MODULE": "off", "GOPROXY": "off"}
            command(
                tool("go", "/usr/local/go/bin"), "build", "-o", directory / "crash", SOURCES / "crash.go",
                env=os.environ | settings,
            )
            return directory / "crash"

        return self.once("go", build)

    def plugin(self):
        def build(directory):
            library = directory / "libplugin.so"
            command(tool("gcc"), "-O1", "-g", "-shared", "-fPIC", "-o", library, SOURCES / "plugin.c")
            return library

        return self.once("plugin", build)

    def loader_failure(self, kind):
        """A program that cannot be loaded, of one of the kinds of `LOADER_FAILURES`."""
        return self.once(f"loader-{kind}", LOADER_FAILURES[kind])


def build_variant(variant, directory):
    places = ["/opt/swift/usr/bin"] if variant.clang else []
    compilers = {".c": tool("clang" if variant.clang else "gcc", *places)}
    compilers[".cpp"] = tool("clang++" if variant.clang else "g++", *places)
    common = ["-w", "-D_GNU_SOURCE", "-fstack-protector-strong", *variant.flags]
    objects = []
    for source in [*C_SOURCES, *CXX_SOURCES]:
        own = variant.c_flags if source.suffix == ".c" else ["-std=c++17"]
        objects.append(directory / f"{source.stem}.o")
        command(compilers[source.suffix], *common, *own, "-c", source, "-o", objects[-1])
    program = directory / "crash_job"
    linked = ["-Wl,--build-id=sha1", *variant.link, "-o", program, "-lm", "-ldl", "-pthread"]
    command(compilers[".cpp"], *variant.flags, *objects, *linked)
    if variant.finish == "split":
        debug = directory / "crash_job.debug"
        command(tool("objcopy"), "--only-keep-debug", program, debug)
        command("objcopy", "--strip-all", "--add-gnu-debuglink=crash_job.debug", program, cwd=directory)
    elif variant.finish == "mini":
        keep_only_compressed_symbols(program)
    elif variant.finish == "strip":
        command(tool("strip"), program)
    for file in objects:
        file.unlink()
    return program


def keep_only_compressed_symbols(program):
    """As distributions do that ship `.gnu_debugdata`: names of functions, no lines, inside the stripped program."""
    mini = program.with_suffix(".mini")
    command(tool("objcopy"), "--only-keep-debug", program, mini)
    command("objcopy", "--strip-debug", mini)
    command(tool("xz"), "--force", mini)
    command(tool("strip"), program)
    command("objcopy", "--add-section", f".gnu_debugdata={mini}.xz", program)


# Programs that cannot be loaded


def _needing_stub(directory):
    """A program that was linked against a library which had everything, found in its own directory."""
    gcc, library, program = tool("gcc"), directory / "libstub.so", directory / "needs_stub"
    versions = directory / "versions"
    versions.write_text("STUB_1 { global: stub_other; local: *; };\nSTUB_2 { global: stub_value; } STUB_1;\n")
    command(
        gcc, "-shared", "-fPIC", "-DWITH_SYMBOL", f"-Wl,--version-script={versions}", "-Wl,-soname,libstub.so", "-o",
        library, SOURCES / "stub.c",
    )
    command(gcc, "-Wl,-rpath," + str(directory), "-o", program, SOURCES / "needs_stub.c", library)
    return program, library


def _missing_library(directory):
    program, library = _needing_stub(directory)
    library.unlink()
    return program


def _missing_version(directory):
    program, library = _needing_stub(directory)
    versions = directory / "versions"
    versions.write_text("STUB_1 { global: *; };\n")
    command(
        "gcc", "-shared", "-fPIC", "-DWITH_SYMBOL", f"-Wl,--version-script={versions}", "-Wl,-soname,libstub.so", "-o",
        library, SOURCES / "stub.c",
    )
    return program


def _missing_symbol(directory):
    gcc, library, program = tool("gcc"), directory / "libstub.so", directory / "needs_stub"
    command(gcc, "-shared", "-fPIC", "-DWITH_SYMBOL", "-o", library, SOURCES / "stub.c")
    command(gcc, "-Wl,-z,now", "-Wl,-rpath," + str(directory), "-o", program, SOURCES / "needs_stub.c", library)
    command(gcc, "-shared", "-fPIC", "-o", library, SOURCES / "stub.c")
    return program


def _missing_interpreter(directory):
    program = directory / "no_interpreter"
    linker = "-Wl,--dynamic-linker=/nonexistent/ld-linux.so.9"
    command(tool("gcc"), "-DWITH_SYMBOL", linker, "-o", program, SOURCES / "needs_stub.c", SOURCES / "stub.c")
    return program


def _other_architecture(directory):
    """The head of an executable for a processor that this machine is not."""
    theirs = 0x3E if os.uname().machine == "aarch64" else 0xB7
    program = directory / "other_architecture"
    head = bytearray(4096)
    head[:20] = b"\x7fELF\x02\x01\x01" + bytes(9) + (2).to_bytes(2, "little") + theirs.to_bytes(2, "little")
    head[20:24] = (1).to_bytes(4, "little")
    head[52:58] = (64).to_bytes(2, "little") + (56).to_bytes(2, "little") + (0).to_bytes(2, "little")
    program.write_bytes(head)
    program.chmod(0o755)
    return program


LOADER_FAILURES = {
    "library": _missing_library,
    "version": _missing_version,
    "symbol": _missing_symbol,
    "interpreter": _missing_interpreter,
    "architecture": _other_architecture,
}


def build_id_of(path, known={}):
    """As `readelf -n` prints it, `None` where the file has none."""
    path = str(path)
    if path not in known:
        result = subprocess.run(["readelf", "-n", path], capture_output=True, text=True)
        match = re.search(r"Build ID: ([0-9a-f]+)", result.stdout)
        known[path] = match[1] if match else None
    return known[path]
