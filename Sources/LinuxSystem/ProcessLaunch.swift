// Starting a program, with everything about its process that the starter decides.

import CLinux
import Glibc

/// A C array of C strings that ends with a null pointer: an argv or an environment, as raw bytes.
package typealias RawWords = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// This process's environment block as exec handed it over.
package func rawEnvironment() -> RawWords { clinux_environment() }

/// A new block of `words` (copied), then those of `others` without its first (not copied). It is never freed: exec needs it,
/// and there is one.
package func makeRawWords(_ words: [String], thenArgumentsOf others: RawWords? = nil) -> RawWords {
    let kept = others.map { max(0, count(of: $0) - 1) } ?? 0
    let block = RawWords.allocate(capacity: words.count + kept + 1)
    for (index, word) in words.enumerated() { block[index] = word.withCString { strdup($0) } }
    for index in 0..<kept { block[words.count + index] = others?[index + 1] }
    block[words.count + kept] = nil
    return block
}

/// The words of a block from `first` on, invalid UTF-8 repaired.
package func texts(of words: RawWords, from first: Int = 0) -> [String] {
    (first..<max(first, count(of: words))).map { index in words[index].map { text(cString: $0) } ?? "" }
}

/// A C string, invalid UTF-8 repaired. By the code that all other texts need, too, unlike `String(cString:)`.
package func text(cString bytes: UnsafePointer<CChar>) -> String {
    String(decoding: UnsafeRawBufferPointer(start: bytes, count: strlen(bytes)), as: UTF8.self)
}

/// The environment `base` with `additions` in place of the entries of the same names.
package func rawEnvironment(_ base: RawWords, replacing additions: [(key: String, value: String)]) -> RawWords {
    // By pointers alone: an array of a type of its own costs every start some 15 µs for that type's metadata.
    let room = additions.count + count(of: base)
    let block = RawWords.allocate(capacity: room + 1)
    for (index, addition) in additions.enumerated() { block[index] = entry(addition.key, addition.value) }
    var end = additions.count
    for index in 0..<count(of: base) {
        guard let entry = base[index], !names(block, additions.count, theVariableOf: entry) else { continue }
        block[end] = entry
        end += 1
    }
    block[end] = nil
    return block
}

/// `NAME=VALUE` as C has it.
private func entry(_ name: String, _ value: String) -> UnsafeMutablePointer<CChar> {
    let entry = UnsafeMutablePointer<CChar>.allocate(capacity: name.utf8.count + value.utf8.count + 2)
    var end = 0
    func put(_ byte: UInt8) {
        entry[end] = CChar(bitPattern: byte)
        end += 1
    }
    for byte in name.utf8 { put(byte) }
    put(UInt8(ascii: "="))
    for byte in value.utf8 { put(byte) }
    put(0)
    return entry
}

/// How many words a block has before the null at its end.
private func count(of words: RawWords) -> Int {
    var count = 0
    while words[count] != nil { count += 1 }
    return count
}

/// Whether one of the first entries of `block` is of the same variable.
private func names(_ block: RawWords, _ count: Int, theVariableOf entry: UnsafeMutablePointer<CChar>) -> Bool {
    for index in 0..<count {
        if let other = block[index], nameTheSameVariable(other, entry) { return true }
    }
    return false
}

/// Whether two entries are equal up to and including their first `=`.
private func nameTheSameVariable(_ one: UnsafeMutablePointer<CChar>, _ other: UnsafeMutablePointer<CChar>) -> Bool {
    var index = 0
    while one[index] == other[index], one[index] != 0 {
        if one[index] == CChar(bitPattern: UInt8(ascii: "=")) { return true }
        index += 1
    }
    return false
}

/// Becomes another program, searched as execvp(3) does.
///
/// - Parameter program: `nil` takes the first of `words`, and a file without a format is given to /bin/sh.
/// - Returns: only on failure, errno.
package func replaceProcess(
    by words: RawWords, program: UnsafePointer<CChar>? = nil, environment: RawWords
) -> Int32 {
    guard let file = program ?? words[0].map({ UnsafePointer($0) }) else { return ENOENT }
    return clinux_exec(file, UnsafePointer(words), UnsafePointer(environment), program == nil)
}

/// What a descriptor of a new process is: `target` becomes a copy of `source`, or is closed where that is `nil`.
package struct DescriptorMove: Sendable, Equatable {
    package let source: FileDescriptor?
    package let target: FileDescriptor

    package init(_ source: FileDescriptor?, to target: FileDescriptor) {
        self.source = source
        self.target = target
    }
}

/// A program to start.
package struct ProcessLaunch {
    /// Looked for in PATH as execvp(3) does where it has no slash.
    package var program: UnsafePointer<CChar>
    package var arguments: RawWords
    package var environment: RawWords
    /// Made in this order. At most 64.
    package var descriptors: [DescriptorMove] = []
    /// Closes every descriptor from this number on, after `descriptors` were put in place.
    package var closeFrom: Int32?
    package var signals: CallerSignals
    /// A file without a format is given to /bin/sh, as execvp(3) does: a shell would have done so with the job.
    package var shellFallback = false
    /// The process leads a new process group,
    package var ownGroup = false
    /// which becomes this terminal's foreground group.
    package var foregroundTerminal: FileDescriptor?

    package init(
        program: UnsafePointer<CChar>, arguments: RawWords, environment: RawWords, signals: CallerSignals
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.signals = signals
    }

    /// Starts it and returns once it was executed.
    ///
    /// The calling thread must have all signals blocked (``CallerSignals/block()``); call it from one thread at a time.
    /// - Throws: the errno of whatever failed on the way to exec, exec itself included; then there is no child.
    ///
    /// Source: clone(2) with CLONE_VM | CLONE_VFORK: 50 µs whatever our size, where fork takes 220 µs and more.
    package func start() throws(SystemError) -> Int32 {
        let pid = withSpawnRequest { clinux_spawn($0) }
        // The subject is made into a String only where there is an error to tell of.
        if pid < 0 { throw SystemError("exec", on: String(cString: program), code: -pid) }
        return pid
    }

    /// Runs `body` with the launch as C has it.
    func withSpawnRequest<Result>(_ body: (UnsafePointer<clinux_spawn_request>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: clinux_descriptor_move.self, capacity: descriptors.count) { moves in
            for (index, move) in descriptors.enumerated() {
                moves.initializeElement(
                    at: index, to: clinux_descriptor_move(source: move.source?.raw ?? -1, target: move.target.raw))
            }
            var request = clinux_spawn_request(
                program: program, arguments: UnsafePointer(arguments), environment: UnsafePointer(environment),
                moves: UnsafePointer(moves.baseAddress), move_count: Int32(moves.count), close_from: closeFrom ?? -1,
                signal_mask: signals.mask, shell_fallback: shellFallback,
                ignore_child_signal: signals.ignoresChildSignal, own_group: ownGroup,
                foreground_terminal: foregroundTerminal?.raw ?? -1, gate: nil)
            return body(&request)
        }
    }
}
