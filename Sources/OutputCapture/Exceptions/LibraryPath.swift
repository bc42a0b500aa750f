// Which source files are other people's: their frames are not the application's.

import SentryProtocol

enum LibraryPath {
    /// Directories in which package managers and runtimes keep their files, anywhere in a path.
    private static let parts = [
        "/site-packages/", "/dist-packages/", "/node_modules/", "/.cargo/registry/", "/.cargo/git/", "/rustlib/src/",
        "/go/pkg/mod/", "/vendor/bundle/", "/gems/", "/.rbenv/", "/.rvm/rubies/", "/rubygems/", "/.pyenv/",
        "/perl5/lib/", "/.nuget/packages/", "/.m2/repository/", "/elixir/lib/", "/.opam/", "/.stack/", "/.cabal/",
    ]
    private static let prefixes = [
        "/usr/lib/", "/usr/lib64/", "/lib/", "/usr/include/", "/usr/share/", "/usr/local/lib/", "/usr/local/go/src/",
        "/rustc/", "/usr/local/share/perl", "/usr/libexec/", "node:", "internal/", "<frozen ", "<internal:",
        "<built-in",
        "node_modules/",
    ]

    static func contains(_ path: Substring) -> Bool {
        prefixes.contains { path.begins(with: $0) } || parts.contains { path.includes($0) }
    }
}

extension Frame {
    /// A frame of a script: its file as it was printed, whole where it is absolute.
    ///
    /// - Parameter isInApp: where the file does not tell.
    init(function: Substring?, path: Substring, line: Int?, column: Int? = nil, isInApp: Bool = true) {
        let isAbsolute = path.begins(with: "/")
        self.init(
            function: function.map(String.init), filename: String(isAbsolute ? path.fileName : path), line: line,
            inApp: isInApp && !LibraryPath.contains(path))
        if isAbsolute { absolutePath = String(path) }
        self.column = column
    }
}
