// Programs that are visited before they are executed.

import LinuxSystem
import Testing

/// One at a time: they wait for children of this process.
@Suite(.serialized) struct HeldLaunchTests {
    private func launch(_ words: [String]) throws -> ProcessLaunch {
        let block = makeRawWords(words)
        return ProcessLaunch(
            program: try #require(block[0]), arguments: block, environment: rawEnvironment(),
            signals: CallerSignals(mask: 0, ignoresChildSignal: false))
    }

    @Test func `it is visited before it executes anything, and runs then`() throws {
        let signals = CallerSignals.block()
        defer { signals.restore() }
        let own = try readLink("/proc/self/exe")
        var visited: [(process: Int32, program: String?)] = []
        let process = try launch(["sleep", "60"]).startHeld {
            visited.append(($0, try? readLink("/proc/\($0)/exe")))
        }
        #expect(try readLink("/proc/\(process)/exe") != own)
        try send(.kill, to: process)
        #expect(try ChildChange.waitForEnd(of: process).status == .killed(by: .kill, dumpedCore: false))
        #expect(visited.map(\.process) == [process])
        #expect(visited.map(\.program) == [own])
    }

    @Test func `one that cannot be executed leaves no child`() throws {
        let signals = CallerSignals.block()
        defer { signals.restore() }
        var visited: Int32 = 0
        #expect(throws: SystemError.self) { try launch(["/nonexistent/program"]).startHeld { visited = $0 } }
        #expect(visited != 0)
        #expect(throws: SystemError.self) { try ChildChange.waitForEnd(of: visited) }
    }

    @Test func `one that is killed at its gate has ended`() throws {
        let signals = CallerSignals.block()
        defer { signals.restore() }
        let process = try launch(["sleep", "60"]).startHeld { try? send(.kill, to: $0) }
        #expect(try ChildChange.waitForEnd(of: process).status == .killed(by: .kill, dumpedCore: false))
    }

    @Test func `a launch whose descriptors would hide the exec is refused`() throws {
        let signals = CallerSignals.block()
        defer { signals.restore() }
        var closing = try launch(["true"])
        closing.closeFrom = 3
        #expect(throws: SystemError.self) { try closing.startHeld { _ in } }
        var moving = try launch(["true"])
        moving.descriptors = [DescriptorMove(.standardError, to: FileDescriptor(5))]
        #expect(throws: SystemError.self) { try moving.startHeld { _ in } }
    }

    @Test func `events that are opened at the gate see the program from its start`() throws {
        let signals = CallerSignals.block()
        defer { signals.restore() }
        guard (try? PerfSampling.probe()) != nil else { return }
        var opened: PerfSampling?
        let process = try launch(["true"]).startHeld {
            opened = try? PerfSampling($0, PerfSamplingOptions(frequency: 100, startsAtExec: true))
        }
        _ = try ChildChange.waitForEnd(of: process)
        #expect(opened?.descriptors.isEmpty == false)
        opened?.close()
    }
}
