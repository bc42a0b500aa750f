// Starting a program, with everything about its process that the starter decides.

import CLinux
import Glibc

/// A C array of C strings that ends with a null pointer: an argv or an environment, as raw bytes.
package typealias RawWords = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// This process's environment block as exec handed it over.
package func rawEnvironment() -> RawWords { clinux_environment() }

/// A new block of `words` (copied) after `kept` (not copied). It is never freed: exec needs it, and there is one.
package func makeRawWords(_ words: [String], then kept: [UnsafeMutablePointer<CChar>] = []) -> RawWords {
    let block = RawWords.allocate(capacity: words.count + kept.count + 1)
    for (index, word) in words.enumerated() { block[index] = word.withCString { strdup($0) } }
    for (index, word) in kept.enumerated() { block[words.count + index] = word }
    block[words.count + kept.count] = nil
    return block
}

/// The words of a block, without the null at its end.
package func elements(of words: RawWords) -> [UnsafeMutablePointer<CChar>] {
    var result: [UnsafeMutablePointer<CChar>] = []
    var index = 0
    while let word = words[index] {
        result.append(word)
        index += 1
    }
    return result
}

/// The environment `base` with `additions` in place of the entries of the same names.
package func rawEnvironment(_ base: RawWords, replacing additions: [(name: String, value: String)]) -> RawWords {
    let added = elements(of: makeRawWords(additions.map { $0.name + "=" + $0.value }))
    let kept = elements(of: base).filter { entry in !added.contains { nameTheSameVariable($0, entry) } }
    return makeRawWords([], then: added + kept)
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

/// A program to start.
package struct ProcessLaunch {
    /// Looked for in PATH as execvp(3) does where it has no slash.
    package var program: UnsafePointer<CChar>
    package var arguments: RawWords
    package var environment: RawWords
    /// `target` becomes a copy of `source` in the new process; a `source` of `nil` closes it. At most 64.
    package var descriptors: [(source: FileDescriptor?, target: FileDescriptor)] = []
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
        let moves = descriptors.map {
            clinux_descriptor_move(source: $0.source?.raw ?? -1, target: $0.target.raw)
        }
        return moves.withUnsafeBufferPointer { moves in
            var request = clinux_spawn_request(
                program: program, arguments: UnsafePointer(arguments), environment: UnsafePointer(environment),
                moves: moves.baseAddress, move_count: Int32(moves.count), close_from: closeFrom ?? -1,
                signal_mask: signals.mask, shell_fallback: shellFallback,
                ignore_child_signal: signals.ignoresChildSignal, own_group: ownGroup,
                foreground_terminal: foregroundTerminal?.raw ?? -1, gate: nil)
            return body(&request)
        }
    }
}
