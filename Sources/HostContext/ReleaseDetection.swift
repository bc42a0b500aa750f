// Which version of the code ran, where no one says so (protocol reference 12.2; SENTRY_RELEASE is an option's business).

import SentryProtocol

package enum ReleaseDetection {
    /// The commit that the working directory is at, else what the platform put into the environment; `nil` for neither.
    ///
    /// - Parameter directory: absolute.
    package static func detect(
        directory: String?, environment: [String: String], root: HostRoot = HostRoot()
    ) -> String? {
        if let directory, let commit = GitHead.commit(of: directory, root) { return commit }
        return variables.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }

    /// Of platforms that name the version they run.
    package static let variables = [
        "HEROKU_BUILD_COMMIT", "HEROKU_SLUG_COMMIT", "SOURCE_VERSION", "CODEBUILD_RESOLVED_SOURCE_VERSION",
        "CIRCLE_SHA1", "GAE_DEPLOYMENT_ID", "K_REVISION",
    ]
}

/// Reads git's own files: no process is started. Source: gitrepository-layout(5).
enum GitHead {
    /// HEAD's commit of the repository that contains `directory`. `nil` also for the reftable format.
    static func commit(of directory: String, _ root: HostRoot) -> String? {
        guard let git = gitDirectory(around: directory, root), let head = root.text(git + "/HEAD", limit: 4096) else {
            return nil
        }
        guard head.hasPrefix("ref: ") else { return isHash(head) ? head : nil }
        let name = head.dropFirst(5)
        guard name.hasPrefix("refs/"), !name.has("..") else { return nil }
        // A worktree's own directory has HEAD; branches are in the common one.
        let common = root.text(git + "/commondir", limit: 4096).map { absolute($0, from: git) } ?? git
        for place in [git, common] {
            if let hash = root.text("\(place)/\(name)", limit: 256), isHash(hash) { return hash }
        }
        return packed(name, common, root)
    }

    private static func gitDirectory(around directory: String, _ root: HostRoot) -> String? {
        var directory = Substring(directory)
        while directory.utf8.first == UInt8(ascii: "/") {
            let place = (directory == "/" ? "" : directory) + "/.git"
            if root.isDirectory(String(place)) { return String(place) }
            if let text = root.text(String(place), limit: 4096), text.hasPrefix("gitdir: ") {
                return absolute(String(text.dropFirst(8)), from: String(directory))
            }
            guard directory != "/", let slash = directory.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
            directory = slash == directory.startIndex ? "/" : directory[..<slash]
        }
        return nil
    }

    /// Lines of `hash name`. Bounded: a repository with more branches than 4 MiB hold gives no release.
    private static func packed(_ name: Substring, _ common: String, _ root: HostRoot) -> String? {
        for line in root.lines(common + "/packed-refs", limit: 4 << 20) where line.hasSuffix(name) {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2, parts[1] == name, isHash(String(parts[0])) { return String(parts[0]) }
        }
        return nil
    }

    private static func absolute(_ path: String, from directory: String) -> String {
        path.hasPrefix("/") ? path : "\(directory)/\(path)"
    }

    /// SHA-1 or SHA-256.
    private static func isHash(_ text: String) -> Bool {
        (text.utf8.count == 40 || text.utf8.count == 64) && hexDecode(text) != nil
    }
}
