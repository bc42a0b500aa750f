import CrashReporting
import Testing

private let maps = """
    55d0c0de0000-55d0c0de1000 r--p 00000000 08:01 12    /srv/app/importer
    55d0c0de1000-55d0c0de4000 r-xp 00001000 08:01 12    /srv/app/importer
    55d0c0de4000-55d0c0de5000 rw-p 00004000 08:01 12    /srv/app/importer
    7f0000000000-7f0000001000 ---p 00000000 00:00 0
    7f0000001000-7f0000801000 rw-p 00000000 00:00 0
    7f0001000000-7f0001010000 r--s 00000000 08:01 77    /var/lib/rows with blanks.db
    7f0002000000-7f0002001000 ---p 00000000 00:00 0
    7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0     [stack]
    """

private struct Row: CustomTestStringConvertible, Sendable {
    var signal: Int32
    var code: Int32?
    var address: UInt64 = 0
    var sender: Int32?
    var registers: [String: UInt64] = ["rip": 0x55D0_C0DE_1234, "rsp": 0x7FFD_0001_0000]
    var functions: [String?] = []
    var errorLines: [String] = []
    let kind: CrashExplanation.Kind
    let title: String
    var says: [String] = []

    var testDescription: String { "\(kind): \(title)" }

    var scene: CrashScene {
        var info = code.map { SignalInfo(signal: signal, code: $0, detail: .fault(address: address)) }
        if let sender { info = SignalInfo(signal: signal, code: 0, detail: .sent(process: sender, user: 0)) }
        return CrashScene(
            signal: signal, info: info, process: 4242, maps: MemoryMap(parsing: maps), registers: registers,
            functions: functions, errorLines: errorLines)
    }
}

private let memoryRows: [Row] = [
    Row(
        signal: 11, code: 1, address: 0, kind: .nullPointer, title: "null pointer dereference at 0x0",
        says: ["through a null pointer"]),
    Row(
        signal: 11, code: 1, address: 0x10, kind: .nullPointer, title: "null pointer dereference at 0x10",
        says: ["it accessed 0x10", "inferred from an address that small", "a member of"]),
    Row(
        signal: 11, code: 1, address: 0, registers: ["rip": 0], kind: .nullCall, title: "call through a null pointer",
        says: ["inferred from the program counter"]),
    Row(
        signal: 11, code: 1, address: 0x7FFC_FFFF_FFF8, registers: ["rip": 0x55D0_C0DE_1234, "rsp": 0x7FFD_0000_0000],
        kind: .stackOverflow, title: "stack overflow", says: ["close to the stack pointer", "132 KiB"]),
    Row(
        signal: 11, code: 2, address: 0x7F00_0000_0FF8, registers: ["pc": 0x55D0_C0DE_1234, "sp": 0x7F00_0000_1010],
        kind: .stackOverflow, title: "stack overflow", says: ["8192 KiB"]),
    Row(
        signal: 11, code: 2, address: 0x7F00_0000_0FF8, kind: .guardedMemory, title: "access to guarded memory",
        says: ["a guard page"]),
    Row(
        signal: 11, code: 1, address: 0x1234_5678_9000, kind: .unmappedMemory, title: "access to unmapped memory",
        says: ["where nothing is mapped (SEGV_MAPERR)"]),
    Row(
        signal: 11, code: 1, address: 0x1234_5678_9000, registers: ["rip": 0x1234_5678_9000], kind: .unmappedCode,
        title: "jump to an address without code", says: ["wild function pointer"]),
    Row(
        signal: 11, code: 2, address: 0x55D0_C0DE_4010, registers: ["rip": 0x55D0_C0DE_4010], kind: .notExecutable,
        title: "execution of memory that is not executable", says: ["/srv/app/importer", "rw-p"]),
    Row(
        signal: 11, code: 2, address: 0x55D0_C0DE_0010, kind: .readOnlyMemory, title: "write to read-only memory",
        says: ["inferred from SEGV_ACCERR and its mapping", "(r--p)"]),
    Row(
        signal: 11, code: 0x80, address: 0, kind: .nonCanonical,
        title: "a non-canonical address or a general protection fault", says: ["SI_KERNEL"]),
    Row(
        signal: 7, code: 2, address: 0x7F00_0100_2000, kind: .beyondFile,
        title: "access beyond the end of mapped file rows with blanks.db", says: ["inferred from BUS_ADRERR"]),
    Row(signal: 7, code: 1, address: 0x1001, kind: .misaligned, title: "misaligned memory access"),
    Row(signal: 7, code: 4, address: 0x1000, kind: .hardwareMemory, title: "hardware memory error"),
    Row(
        signal: 11, sender: 4242, kind: .sent, title: "SIGSEGV was sent by the program itself", says: ["raise()"]),
    Row(
        signal: 11, sender: 812, kind: .sent, title: "SIGSEGV was sent by another process",
        says: ["pid 812", "no fault"]),
    Row(signal: 11, kind: .other, title: "segmentation fault", says: ["not known"]),
    Row(
        signal: 11, code: 1, address: 0xFFFF_FFFF_FFFF_FFF8, kind: .nullPointer,
        title: "null pointer dereference at -0x8"),
]

private let otherRows: [Row] = [
    Row(signal: 8, code: 1, kind: .divisionByZero, title: "integer division by zero", says: ["FPE_INTDIV"]),
    Row(signal: 8, code: 7, kind: .arithmetic, title: "invalid floating-point operation"),
    Row(
        signal: 4, code: 2, address: 0x55D0_C0DE_1234, functions: ["check", "main"], kind: .illegalInstruction,
        title: "illegal instruction", says: ["__builtin_trap()", "ILL_ILLOPN"]),
    Row(
        signal: 4, code: 2, address: 0x7F00_0000_2000, kind: .illegalInstruction,
        title: "illegal instruction outside of any program file", says: ["wild jump"]),
    Row(
        signal: 4, code: 2, address: 0x55D0_C0DE_1234,
        functions: ["Swift runtime failure: Index out of range", "main"],
        kind: .trap, title: "Swift runtime failure: Index out of range", says: ["the frame that is named after it"]),
    Row(
        signal: 4, code: 2, address: 0x55D0_C0DE_1234,
        functions: ["Swift._assertionFailure(_:_:file:line:flags:)", "main"],
        errorLines: ["app/main.swift:3: Fatal error: no config"], kind: .trap, title: "Fatal error: no config",
        says: ["message on stderr"]),
    Row(
        signal: 4, code: 2, address: 0x55D0_C0DE_1234, functions: ["std::process::abort", "main"], kind: .trap,
        title: "Rust abort"),
    Row(signal: 5, code: 1, address: 0x55D0_C0DE_1234, kind: .trap, title: "trap instruction"),
    Row(
        signal: 6, sender: 4242,
        functions: ["__pthread_kill_implementation", "raise", "abort", "__assert_fail", "main"],
        errorLines: ["importer: rows.c:12: main: Assertion `rows > 0' failed."], kind: .abort,
        title: "assertion failed: rows > 0 (rows.c:12)", says: ["an assertion failed", "inferred from __assert_fail"]),
    Row(
        signal: 6, sender: 4242, functions: ["raise", "abort", "main"], kind: .abort, title: "aborted",
        says: ["by abort()", "no reason"]),
    Row(signal: 6, sender: 1, kind: .sent, title: "SIGABRT was sent by another process"),
    Row(signal: 24, code: 0x80, kind: .processorTime, title: "CPU time limit exceeded"),
    Row(signal: 25, code: 0x80, kind: .fileSize, title: "file size limit exceeded"),
    Row(signal: 14, code: 0x80, kind: .other, title: "SIGALRM (alarm clock)"),
]

@Suite struct CrashExplanationTests {
    @Test(arguments: memoryRows) fileprivate func `an access to memory is classified`(row: Row) { check(row) }
    @Test(arguments: otherRows) fileprivate func `other signals are explained`(row: Row) { check(row) }

    private func check(_ row: Row) {
        let explanation = CrashExplanation(row.scene)
        #expect(explanation.kind == row.kind)
        #expect(explanation.title == row.title)
        for part in row.says { #expect(explanation.sentence.contains(part)) }
        #expect(!explanation.sentence.hasSuffix("."))
    }

    @Test func `hostile maps and registers do no harm`() {
        for address in [0, 1, UInt64.max, 1 << 47] {
            for stackPointer in [0, 8, UInt64.max] {
                let scene = CrashScene(
                    signal: 11, info: SignalInfo(signal: 11, code: 1, detail: .fault(address: address)),
                    maps: MemoryMap(parsing: "nonsense\nffff-0 rw-p 0 0 0\n0-ffffffffffffffff rw-p 0 0 0\n"),
                    registers: ["rsp": stackPointer, "rip": address])
                #expect(!CrashExplanation(scene).title.isEmpty)
            }
        }
    }

    @Test(
        arguments: [
            (
                ["a: a.c:12: main: Assertion `x == \"a: b\"' failed."], .assertion,
                "assertion failed: x == \"a: b\" (a.c:12)"
            ),
            (["Assertion failed: x > 0 (a.c: main: 12)"], .assertion, "assertion failed: x > 0 (a.c: main: 12)"),
            (
                ["terminate called after throwing an instance of 'std::runtime_error'", "  what():  no rows"],
                .uncaughtException, "uncaught std::runtime_error: no rows"
            ),
            (["terminate called after throwing an instance of 'int'"], .uncaughtException, "uncaught int"),
            (
                ["libc++abi: terminating due to uncaught exception of type std::out_of_range: vector"],
                .uncaughtException,
                "uncaught std::out_of_range: vector"
            ),
            (["free(): double free detected in tcache 2"], .heapCorruption, "free(): double free detected in tcache 2"),
            (["double free or corruption (fasttop)"], .heapCorruption, "double free or corruption (fasttop)"),
            (["malloc(): corrupted top size"], .heapCorruption, "malloc(): corrupted top size"),
            (["free(): invalid pointer"], .heapCorruption, "free(): invalid pointer"),
            (
                ["*** Error in `./x': double free or corruption (top): 0x000001 ***"], .heapCorruption,
                "double free or corruption (top)"
            ),
            (["*** stack smashing detected ***: terminated"], .stackSmashing, "stack smashing detected"),
            (["*** buffer overflow detected ***: terminated"], .bufferOverflow, "buffer overflow detected"),
            (
                ["pure virtual method called", "terminate called without an active exception"], .pureVirtualCall,
                "pure virtual method called"
            ),
            (
                ["terminate called without an active exception"], .uncaughtException,
                "terminate called without an active exception"
            ),
            (
                ["thread 'main' panicked at src/main.rs:2:5:", "no rows", "note: run with"], .rustPanic,
                "panic: no rows"
            ),
            (["thread 'main' (7225) panicked at r.rs:1:88:", "note: run with"], .rustPanic, "panic at r.rs:1:88"),
            (["thread 'main' panicked at 'no rows', src/main.rs:2:5"], .rustPanic, "panic: no rows"),
            (
                ["Swift/ContiguousArrayBuffer.swift:600: Fatal error: Index out of range"], .swiftFatalError,
                "Fatal error: Index out of range"
            ),
            (["a.c:3:7: runtime error: signed integer overflow"], .undefinedBehaviour, "signed integer overflow"),
            (
                ["SUMMARY: AddressSanitizer: heap-use-after-free a.c:3 in main"], .sanitizer,
                "AddressSanitizer: heap-use-after-free a.c:3 in main"
            ),
            (
                ["panic: runtime error: index out of range [3] with length 3"], .goPanic,
                "panic: runtime error: index out of range [3] with length 3"
            ),
        ] as [([String], LastWords.Kind, String)])
    func `a program's last words are recognised`(lines: [String], kind: LastWords.Kind, title: String) throws {
        let words = try #require(LastWords(in: ["starting"] + lines + ["Aborted"]))
        #expect(words.kind == kind)
        #expect(words.title == title)
    }

    @Test func `ordinary lines are no last words`() {
        #expect(LastWords(in: ["free space: 3 GB", "done", "the panic button", "", "failed."]) == nil)
    }
}
