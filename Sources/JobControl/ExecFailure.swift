// Why a program could not be executed, in words: exec's errno names the program even where its interpreter is missing.

import LinuxSystem

/// An exec that failed, with its cause found.
package struct ExecFailure: Sendable, Equatable {
    package var program: String
    package var errno: Int32
    /// The cause, a clause for people that follows the program's name and a colon.
    package var reason: String

    /// 127 for what does not exist, 126 for what is there and cannot be executed, as env(1) and timeout(1).
    package var exitCode: Int32 { errno == SystemError.noSuchFile ? ExitCode.notFound : ExitCode.notExecutable }

    package var message: String { "\(program.isEmpty ? "''" : program): \(reason)" }

    /// Looks for the cause in the file system. Call it after exec failed: what is there may have changed since.
    ///
    /// - Parameters:
    ///   - program: the job's word.
    ///   - searchPath: PATH, `nil` when unset.
    package static func explain(program: String, errno: Int32, searchPath: String?) -> ExecFailure {
        let file = findProgram(program, searchPath: searchPath)
        return ExecFailure(
            program: program, errno: errno,
            reason: file.map { reason(file: $0, errno: errno) } ?? reasonWithoutFile(program, errno: errno))
    }

    // MARK: The file

    /// The file that exec found: the word itself with a slash, otherwise the first of that name in PATH (an executable
    /// one before one that is not).
    private static func findProgram(_ program: String, searchPath: String?) -> String? {
        if program.contains("/") { return fileExists(program) ? program : nil }
        if program.isEmpty { return nil }
        let candidates = (searchPath ?? "/bin:/usr/bin").split(separator: ":", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? program : "\($0)/\(program)" }
            .filter(fileExists)
        return candidates.first(where: isExecutable) ?? candidates.first
    }

    private static func reasonWithoutFile(_ program: String, errno: Int32) -> String {
        switch errno {
        case SystemError.noSuchFile:
            if program.isEmpty { return "the program's name is empty" }
            return program.contains("/") ? "no such file" : "not found in PATH"
        case SystemError.accessDenied where program.contains("/"):
            return "a directory of this path may not be searched"
        default: return errorText(errno)
        }
    }

    private static func reason(file: String, errno: Int32) -> String {
        switch errno {
        case SystemError.noSuchFile: return interpreterReason(file) ?? errorText(errno)
        case SystemError.accessDenied: return denialReason(file)
        case SystemError.badExecutable: return formatReason(file)
        default: return errorText(errno)
        }
    }

    private static func denialReason(_ file: String) -> String {
        do throws(SystemError) {
            let facts = try FileFacts(of: file)
            if facts.isDirectory { return "is a directory" }
            if !facts.isRegular { return "is not a regular file" }
            if facts.mode & 0o111 == 0 { return "is not executable (mode \(octal(facts.mode)))" }
            if !isExecutable(file) { return "may not be executed by this user (mode \(octal(facts.mode)))" }
            if facts.isOnNoexecMount { return "is on a file system mounted noexec" }
            return interpreterReason(file) ?? errorText(SystemError.accessDenied)
        } catch {
            return errorText(error.code)
        }
    }

    private static func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }

    // MARK: What is in it

    private static func interpreterReason(_ file: String) -> String? {
        guard let image = ExecutableImage(reading: file) else { return nil }
        switch image {
        case .script(let interpreter):
            if interpreter.isEmpty { return "its first line names no interpreter" }
            let shown = interpreter.hasSuffix("\r") ? interpreter.dropLast() + "\\r" : interpreter[...]
            let hint = interpreter.hasSuffix("\r") ? " (the file has Windows line ends)" : ""
            return state(of: interpreter).map { "its interpreter \(shown) \($0)\(hint)" }
        case .elf(let header):
            guard let loader = header.interpreter else { return nil }
            return state(of: loader).map { "its loader \(loader) \($0) (built for another C library or machine)" }
        case .other: return nil
        }
    }

    /// What is wrong with an interpreter; `nil` when it could be executed.
    private static func state(of interpreter: String) -> String? {
        if !fileExists(interpreter) { return "does not exist" }
        return isExecutable(interpreter) ? nil : "is not executable"
    }

    private static func formatReason(_ file: String) -> String {
        let own = machineName()
        guard case .elf(let header)? = ExecutableImage(reading: file) else {
            return errorText(SystemError.badExecutable)
        }
        guard let machine = header.machineName, machine != own else { return "is a damaged ELF file" }
        return "is built for \(machine), this machine is \(own)"
    }
}
