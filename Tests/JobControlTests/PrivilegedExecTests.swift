import CLinux
import LinuxSystem
import Testing

@testable import JobControl

@Suite struct PrivilegedExecTests {
    private static func status(
        user: Int, group: Int, permitted: String = "0", inheritable: String = "0", noNew: Int = 0
    ) -> [UInt8] {
        Array(
            """
            Name:\tsome (name): Uid:
            Uid:\t1000\t\(user)\t1000\t1000
            Gid:\t1000\t\(group)\t1000\t1000
            CapInh:\t\(inheritable)
            CapPrm:\t\(permitted)
            CapEff:\t0000000000000000
            CapBnd:\t000001ffffffffff
            NoNewPrivs:\t\(noNew)

            """.utf8)
    }

    private static let setID = ["/usr/bin/su", "/bin/su"].lazy.compactMap { try? ExecutedFile(at: $0) }.first

    @Test(.enabled(if: setID?.grantsPrivileges == true, "no set-id su here"))
    func `a set-id program lacks its privileges where its effective user is not the file's owner`() throws {
        let file = try #require(Self.setID)
        func isWithheld(_ status: [UInt8]) throws -> Bool {
            file.isWithheld(from: try #require(ProcessRights(status: status)))
        }
        #expect(try isWithheld(Self.status(user: 1000, group: 1000)))
        #expect(try !isWithheld(Self.status(user: Int(file.owner), group: 1000)))
        #expect(try !isWithheld(Self.status(user: 1000, group: 1000, noNew: 1)))
    }

    @Test func `an ordinary program lacks nothing`() throws {
        let rights = try #require(ProcessRights(status: Self.status(user: 1000, group: 1000)))
        #expect(rights.bounding == 0x1ff_ffff_ffff)
        #expect(try !ExecutedFile(at: "/bin/sh").isWithheld(from: rights))
    }

    @Test func `a status without one of the lines says nothing`() {
        #expect(ProcessRights(status: []) == nil)
        #expect(ProcessRights(status: Array("Uid:\t1\nGid:\t1\t1\n".utf8)) == nil)
    }

    @Test func `capabilities of a file are taken apart`() {
        let second: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
        let capabilities = FileCapabilities(second)
        #expect(capabilities?.permitted == 0x2_0000_2000)
        #expect(capabilities?.inheritable == 1)
        #expect(FileCapabilities(second + [0, 0, 0, 0])?.permitted == 0x2_0000_2000)
        #expect(FileCapabilities([1, 0, 0, 1] + second[4..<12])?.permitted == 0x2000)
        for count in 0..<20 { #expect(FileCapabilities(Array(second[..<count])) == nil) }
        #expect(FileCapabilities([1, 0, 0, 9] + second[4...]) == nil)
    }

    /// The second execve is made to fail with EFAULT: the first one's program then runs as if there had been no second.
    @Test(arguments: [(RegisterLayout.executionStub, "works\n", 0), (RegisterLayout.finalExecutionStub, "", 126)])
    func `a second execve that fails does no harm`(stub: [UInt8], output: String, code: Int32) throws {
        let result = try runThroughExec { tracee in
            let registers = try tracee.registers(.general)
            let image = NewImage(process: tracee.thread)
            let pointer = try #require(RegisterLayout.stackPointer(of: registers))
            let start = try #require(try image.start(at: pointer))
            let room = try #require(try image.unusedCode(holding: 64))
            try tracee.write(stub, at: room)
            var changed = registers
            RegisterLayout.prepare(
                &changed, toExecute: 16, arguments: start.arguments, environment: start.environment, by: room)
            try tracee.setRegisters(.general, changed)
            try tracee.detach()
        }
        #expect(result.output == output)
        #expect(result.code == code)
    }

    @Test func `a program that executes itself again gets the same words, and runs once`() throws {
        let result = try runThroughExec { tracee in
            let file = try ExecutedFile(at: PrivilegedExec.executable(of: tracee.thread))
            let registers = try tracee.registers(.general)
            #expect(PrivilegedExec.executeAgain(tracee, file, at: registers) == .letGo)
        }
        #expect(result.output == "works\n")
        #expect(result.code == 0)
    }

    /// Runs `echo works` from a shell, and has it changed when it was executed.
    private func runThroughExec(_ body: (Tracee) throws -> Void) throws -> (output: String, code: Int32) {
        let input = try Pipe()
        let output = try Pipe()
        let pid = try StoppedProgram.spawn(
            ["/bin/sh", "-c", "read go; exec /bin/echo works"], input: input.readEnd, output: output.writeEnd)
        input.readEnd.close()
        output.writeEnd.close()
        defer { output.readEnd.close() }
        let tracee = Tracee(pid)
        try tracee.seize([.exec])
        try input.writeEnd.writeAll([10])
        input.writeEnd.close()
        #expect(tracee.waitForStop(atMost: 5_000_000_000) == .executed)
        #expect(PrivilegedExec.finishExec(of: tracee))
        try body(tracee)
        let text = String(decoding: try output.readEnd.readAll(), as: UTF8.self)
        var status: Int32 = 0
        try checked(clinux_trace_wait(pid, &status), "waitpid")
        return (text, status & 0x7F == 0 ? status >> 8 & 0xFF : -status)
    }
}
