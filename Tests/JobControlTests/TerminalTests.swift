// What is decided about terminals, as tables.

import LinuxSystem
import Testing

@testable import JobControl

private let ours = TerminalFacts.Stream(device: 0x8801, isControlling: true)
private let other = TerminalFacts.Stream(device: 0x8802)

@Suite struct TerminalPlanTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var facts: TerminalFacts
        var plan: TerminalPlan?
    }

    static func plan(_ streams: String, controlling: Bool = true, waits: Bool = false) -> TerminalPlan {
        TerminalPlan(
            input: streams.contains("0"), output: streams.contains("1"), error: streams.contains("2"),
            standsForControllingTerminal: controlling, waitsForDemand: waits)
    }

    static let cases: [Case] = [
        Case(
            testDescription: "an interactive command",
            facts: TerminalFacts(input: ours, output: ours, error: ours), plan: plan("012")),
        Case(
            testDescription: "nothing is a terminal",
            facts: TerminalFacts(input: .null, output: .pipe, error: .file), plan: nil),
        Case(
            testDescription: "stdin alone is a terminal",
            facts: TerminalFacts(input: ours, output: .pipe, error: .pipe), plan: nil),
        Case(
            testDescription: "stdout to a file",
            facts: TerminalFacts(input: ours, output: .file, error: ours), plan: plan("02")),
        Case(
            testDescription: "stderr to a file",
            facts: TerminalFacts(input: ours, output: ours, error: .file), plan: plan("01")),
        Case(
            testDescription: "stdin from a file",
            facts: TerminalFacts(input: .file, output: ours, error: ours), plan: plan("12")),
        Case(
            testDescription: "the first of a pipeline waits until the job asks for the terminal",
            facts: TerminalFacts(input: ours, output: .pipe, error: ours), plan: plan("02", waits: true)),
        Case(
            testDescription: "the last of a pipeline waits",
            facts: TerminalFacts(input: .pipe, output: ours, error: ours), plan: plan("12", waits: true)),
        Case(
            testDescription: "a script's background command waits",
            facts: TerminalFacts(input: .null, output: ours, error: ours), plan: plan("12", waits: true)),
        Case(
            testDescription: "a terminal that is not our session's is only written to",
            facts: TerminalFacts(input: other, output: other, error: other), plan: plan("12", controlling: false)),
        Case(
            testDescription: "stderr at another terminal than stdout stays there",
            facts: TerminalFacts(input: ours, output: ours, error: other), plan: plan("01")),
    ]

    @Test(arguments: cases)
    func onlyStreamsThatAreTheTerminalBecomeThePty(_ each: Case) {
        #expect(TerminalPlan.decide(each.facts) == each.plan)
    }
}

@Suite struct NewlineRestorationTests {
    @Test(arguments: [
        ("", ""), ("a\r\nb\r\n", "a\nb\n"), ("\r\r\n", "\r\n"), ("50 %\r", "50 %\r"), ("a\rb\n", "a\rb\n"),
        ("\n\n", "\n\n"), ("\r\n", "\n"), ("no newline", "no newline"),
    ])
    func theCarriageReturnThatThePtyAddedIsTakenAway(_ shown: String, _ written: String) {
        var bytes = Array(shown.utf8)
        let restored = bytes.withUnsafeMutableBytes { Array(restoringNewlines(in: $0)) }
        #expect(String(decoding: restored, as: UTF8.self) == written)
    }
}

@Suite struct TerminalKeyboardTests {
    private func modes(_ change: (TerminalAttributes) -> TerminalAttributes) throws -> TerminalAttributes {
        let pty = try PseudoTerminal()
        defer {
            pty.primary.close()
            pty.secondary.close()
        }
        return change(try pty.secondary.terminalAttributes())
    }

    @Test func controlKeysAreSignalsInCookedMode() throws {
        var keyboard = TerminalKeyboard()
        #expect(
            keyboard.signals(typed: Array("ls\u{3}\u{1c}\r".utf8), modes: try modes(\.cooked)) == [.interrupt, .quit])
    }

    @Test func aQuotedControlKeyIsNoSignalEvenInTwoReads() throws {
        var keyboard = TerminalKeyboard()
        let cooked = try modes(\.cooked)
        #expect(keyboard.signals(typed: [0x16], modes: cooked).isEmpty)
        #expect(keyboard.signals(typed: [3, 3], modes: cooked) == [.interrupt])
    }

    @Test func noKeyIsASignalInRawMode() throws {
        var keyboard = TerminalKeyboard()
        #expect(keyboard.signals(typed: [3, 0x1c, 0x1a], modes: try modes(\.raw)).isEmpty)
    }

    @Test func whatThePtyDoesNotTakeIsKeptUpToTheCapacity() throws {
        let typed = try Pipe(size: 1 << 20)
        let pty = try PseudoTerminal()
        defer { [typed.readEnd, typed.writeEnd, pty.primary, pty.secondary].forEach { $0.close() } }
        try pty.primary.setTerminalAttributes(try pty.primary.terminalAttributes().raw)
        let paste = [UInt8](repeating: UInt8(ascii: "x"), count: 200_000)
        try typed.writeEnd.writeAll(paste)

        var keyboard = TerminalKeyboard()
        var isFull = false
        while keyboard.room > 0 {
            _ = try keyboard.read(from: typed.readEnd)
            do throws(SystemError) { try keyboard.write(to: pty.primary) } catch { isFull = error.isWouldBlock }
        }
        #expect(isFull)
        #expect(keyboard.rest.count == TerminalKeyboard.capacity)

        var arrived = 0
        var chunk = [UInt8](repeating: 0, count: 65536)
        while !keyboard.isEmpty {
            arrived += try chunk.withUnsafeMutableBytes { try pty.secondary.read(into: $0) }
            do throws(SystemError) { try keyboard.write(to: pty.primary) } catch { isFull = error.isWouldBlock }
        }
        #expect(arrived > 0)
        #expect(keyboard.room == TerminalKeyboard.capacity)
    }
}
