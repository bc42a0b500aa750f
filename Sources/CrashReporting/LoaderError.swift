// Programs that could not be loaded: the dynamic loader's own words, and exec's.

/// Why a program did not get as far as its first instruction.
package struct LoaderError: Sendable, Equatable {
    package var kind: Kind
    /// What is missing or wrong: a library, a symbol, a version, a machine, an interpreter.
    package var subject: String
    /// The file that needs it; `nil` where the message does not say.
    package var neededBy: String?
    /// The line of stderr, or the reason of the failed exec.
    package var message: String

    /// The exception's type.
    package enum Kind: String, Sendable, CaseIterable {
        case missingSharedLibrary = "MissingSharedLibrary"
        case missingSymbol = "MissingSymbol"
        case missingLibraryVersion = "MissingLibraryVersion"
        case wrongArchitecture = "WrongArchitecture"
        case missingInterpreter = "MissingInterpreter"
    }

    package init(kind: Kind, subject: String, neededBy: String?, message: String) {
        self.kind = kind
        self.subject = subject
        self.neededBy = neededBy
        self.message = message
    }

    /// The loader's last complaint.
    ///
    /// - Parameter lines: the last ones of stderr, oldest first.
    package init?(in lines: [String]) {
        guard let found = lines.reversed().lazy.compactMap(Self.init(line:)).first else { return nil }
        self = found
    }

    /// The exception's value: what is missing, without what changes from host to host.
    package var title: String {
        let file = neededBy.map { " (needed by \($0.baseName))" } ?? ""
        switch kind {
        case .missingSharedLibrary: return "shared library \(subject) is missing\(file)"
        case .missingSymbol: return "symbol \(subject) is in no library\(file)"
        case .missingLibraryVersion: return "\(subject) is not provided by the installed library\(file)"
        case .wrongArchitecture: return subject
        case .missingInterpreter: return "interpreter \(subject) is missing"
        }
    }

    /// For the event: `missing.library`, `missing.symbol`, `missing.version`, `missing.interpreter`.
    package var tags: [String: String] {
        switch kind {
        case .missingSharedLibrary: ["missing.library": subject]
        case .missingSymbol: ["missing.symbol": subject]
        case .missingLibraryVersion: ["missing.version": subject]
        case .missingInterpreter: ["missing.interpreter": subject]
        case .wrongArchitecture: [:]
        }
    }
}

// MARK: - The loaders' messages

extension LoaderError {
    /// Source: glibc's elf/dl-load.c, dl-version.c, dl-lookup.c; musl's ldso/dynlink.c.
    fileprivate init?(line: String) {
        guard let found = Self.glibc(line) ?? Self.musl(line) else { return nil }
        self = found
    }

    private static func glibc(_ line: String) -> LoaderError? {
        // prog: symbol lookup error: ./libx.so: undefined symbol: foo, version V1
        if let place = line.after("symbol lookup error: "), let symbol = place.after("undefined symbol: ") {
            let name = symbol.before(",") ?? symbol.before("\t") ?? symbol
            return LoaderError(
                kind: .missingSymbol, subject: name.withoutBlanks, neededBy: place.before(": ").map(String.init),
                message: line)
        }
        // prog: /lib/libc.so.6: version `GLIBC_2.38' not found (required by prog)
        if let version = line.between("version `", "' not found") {
            return LoaderError(
                kind: .missingLibraryVersion, subject: String(version),
                neededBy: line.between("(required by ", ")").map(String.init), message: line)
        }
        guard let rest = line.after("error while loading shared libraries: ") else { return nil }
        let library = rest.before(": ") ?? rest
        let program = line.before(": error while loading").map(String.init)
        if rest.has("wrong ELF class") || rest.has("cannot open shared object file: Exec format error") {
            return LoaderError(
                kind: .wrongArchitecture,
                subject: "shared library \(library.baseName) is built for another architecture",
                neededBy: program, message: line)
        }
        if rest.has("cannot open shared object file") {
            return LoaderError(
                kind: .missingSharedLibrary, subject: String(library), neededBy: program, message: line)
        }
        return nil
    }

    private static func musl(_ line: String) -> LoaderError? {
        // Error loading shared library libx.so: No such file or directory (needed by ./prog)
        if line.hasPrefix("Error loading shared library "), let rest = line.after("shared library ") {
            let neededBy = line.between("(needed by ", ")").map(String.init)
            let library = rest.before(": ") ?? rest
            if rest.has(": Exec format error") {
                return LoaderError(
                    kind: .wrongArchitecture,
                    subject: "shared library \(library.baseName) is built for another architecture", neededBy: neededBy,
                    message: line)
            }
            return LoaderError(
                kind: .missingSharedLibrary, subject: String(library), neededBy: neededBy, message: line)
        }
        // Error relocating ./prog: foo: symbol not found
        guard line.hasPrefix("Error relocating "), line.withoutBlanks.hasSuffix(": symbol not found"),
            let rest = line.after("Error relocating "), let symbol = rest.between(": ", ": symbol not found")
        else { return nil }
        return LoaderError(
            kind: .missingSymbol, subject: String(symbol), neededBy: rest.before(": ").map(String.init), message: line)
    }

    // MARK: exec's

    /// ENOENT of a file that is there, ENOEXEC.
    private static let noSuchFile: Int32 = 2
    private static let badExecutable: Int32 = 8

    /// - Parameter reason: the clause that explains the errno, as the supervisor found it.
    package init?(errno: Int32, reason: String) {
        // its interpreter /usr/bin/pyton does not exist; its loader /lib/ld-musl-x86_64.so.1 does not exist (built for …)
        let interpreter =
            reason.between("its interpreter ", " does not exist")
            ?? reason.between("its loader ", " does not exist")
        if errno == Self.noSuchFile, let interpreter {
            self.init(kind: .missingInterpreter, subject: String(interpreter), neededBy: nil, message: reason)
        } else if errno == Self.badExecutable, reason.hasPrefix("is built for ") {
            self.init(kind: .wrongArchitecture, subject: "the program \(reason)", neededBy: nil, message: reason)
        } else {
            return nil
        }
    }
}
