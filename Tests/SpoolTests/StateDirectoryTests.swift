import Glibc
import LinuxSystem
import Spool
import TestFiles
import Testing

@Suite struct StateDirectoryTests {
    struct Place: Sendable, CustomTestStringConvertible {
        var option: String?
        var variables: [String: String] = [:]
        var root = false
        var home: String?
        var expected: String
        var testDescription: String { expected }
    }

    @Test(arguments: [
        Place(option: "/o", variables: ["SENTRY_RUN_STATE_DIR": "/v"], root: true, home: "/root", expected: "/o"),
        Place(variables: ["SENTRY_RUN_STATE_DIR": "/v", "XDG_STATE_HOME": "/x"], home: "/h", expected: "/v"),
        Place(variables: ["XDG_STATE_HOME": "/x"], root: true, home: "/root", expected: "/x/sentry-run"),
        Place(variables: ["XDG_STATE_HOME": "/x/"], home: "/h", expected: "/x/sentry-run"),
        Place(variables: ["XDG_STATE_HOME": "relative"], home: "/h", expected: "/h/.local/state/sentry-run"),
        Place(
            variables: ["SENTRY_RUN_STATE_DIR": "", "XDG_STATE_HOME": ""], root: true, expected: "/var/lib/sentry-run"),
        Place(root: true, home: "/root", expected: "/var/lib/sentry-run"),
        Place(option: "", home: "/h", expected: "/h/.local/state/sentry-run"),
        Place(home: "/", expected: "/.local/state/sentry-run"),
        Place(home: nil, expected: "/var/tmp/sentry-run"),
    ])
    func `the first place that is named wins`(_ place: Place) {
        let resolved = StateDirectory.resolve(
            option: place.option, environment: { place.variables[$0] }, userIsRoot: place.root, home: place.home)
        #expect(resolved == place.expected)
    }

    @Test func `it is made with its parents, for its owner only`() throws {
        let temporary = try TemporaryDirectory()
        let state = try StateDirectory.open("\(temporary.path)/a/b")
        defer { state.close() }
        for name in ["outbox", "kept", "tmp", "spotlight", "runs"] {
            #expect(try state.root.status(name)?.mode == 0o700)
        }
        #expect(try state.root.descriptor.status().mode == 0o700)
    }

    @Test func `opening it again finds what is there`() throws {
        let temporary = try TemporaryDirectory()
        try StateDirectory.open("\(temporary.path)/s").close()
        try temporary.file("s/outbox/x", "kept")
        try StateDirectory.open("\(temporary.path)/s").close()
        #expect(temporary.text("s/outbox/x") == "kept")
    }

    @Test func `a symbolic link in its place is refused`() throws {
        let temporary = try TemporaryDirectory()
        mkdir("\(temporary.path)/victim", 0o700)
        symlink("\(temporary.path)/victim", "\(temporary.path)/state")
        #expect(throws: SpoolError.self) { try StateDirectory.open("\(temporary.path)/state") }
        #expect(try temporary.names("victim") == [])
    }

    @Test(arguments: ["outbox", "tmp", "runs"])
    func `a symbolic link in place of a directory inside it is refused`(_ name: String) throws {
        let temporary = try TemporaryDirectory()
        mkdir("\(temporary.path)/victim", 0o700)
        mkdir("\(temporary.path)/state", 0o700)
        symlink("\(temporary.path)/victim", "\(temporary.path)/state/\(name)")
        #expect(throws: SpoolError.self) { try StateDirectory.open("\(temporary.path)/state") }
        #expect(try temporary.names("victim") == [])
    }

    @Test func `a directory that others may write to is refused and keeps its mode`() throws {
        let temporary = try TemporaryDirectory()
        mkdir("\(temporary.path)/shared", 0o700)
        chmod("\(temporary.path)/shared", 0o1777)
        let error = #expect(throws: SpoolError.self) { try StateDirectory.open("\(temporary.path)/shared") }
        #expect(error?.description.contains("chmod go-w") == true)
        #expect(try temporary.names("shared") == [])
    }

    @Test func `a directory of the user's that others may read is used as it is`() throws {
        let temporary = try TemporaryDirectory()
        mkdir("\(temporary.path)/mine", 0o700)
        chmod("\(temporary.path)/mine", 0o755)
        let state = try StateDirectory.open("\(temporary.path)/mine")
        defer { state.close() }
        #expect(try state.root.descriptor.status().mode == 0o755)
        #expect(try state.outbox.descriptor.status().mode == 0o700)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a directory away"))
    func `another user's directory is refused`() throws {
        let temporary = try TemporaryDirectory()
        mkdir("\(temporary.path)/theirs", 0o700)
        chown("\(temporary.path)/theirs", 4711, 4711)
        let error = #expect(throws: SpoolError.self) { try StateDirectory.open("\(temporary.path)/theirs") }
        #expect(error?.description.contains("belongs to another user") == true)
    }

    @Test func `a file in its place is refused with a reason`() throws {
        let temporary = try TemporaryDirectory()
        try temporary.file("state")
        #expect(throws: SpoolError.self) { try StateDirectory.open("\(temporary.path)/state") }
    }
}
