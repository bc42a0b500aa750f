import Testing

@testable import HostContext

@Suite struct ReleaseDetectionTests {
    private static let hash = String(repeating: "1a", count: 20)
    private static let other = String(repeating: "2b", count: 20)

    @Test(arguments: [
        ["/w/.git/HEAD": hash],
        ["/w/.git/HEAD": "ref: refs/heads/main\n", "/w/.git/refs/heads/main": hash + "\n"],
        [
            "/w/.git/HEAD": "ref: refs/heads/a/b\n",
            "/w/.git/packed-refs": "# pack-refs\n\(other) refs/heads/x/a/b\n\(hash) refs/heads/a/b\n^\(other)\n",
        ],
        [
            "/w/.git": "gitdir: /repo/.git/worktrees/w\n", "/repo/.git/worktrees/w/HEAD": "ref: refs/heads/w\n",
            "/repo/.git/worktrees/w/commondir": "../..\n", "/repo/.git/refs/heads/w": hash,
            "/repo/.git/HEAD": other,
        ],
        ["/w/.git": "gitdir: ../modules/w\n", "/modules/w/HEAD": hash],
    ])
    func `the commit is read from git's files, from any directory below`(files: [String: String]) throws {
        let host = try MadeUpHost(files.merging(["/w/sub/dir/file": ""]) { first, _ in first })
        #expect(ReleaseDetection.detect(directory: "/w/sub/dir", environment: [:], root: host.root) == Self.hash)
        #expect(
            ReleaseDetection.detect(directory: "/w", environment: ["CIRCLE_SHA1": "x"], root: host.root) == Self.hash)
    }

    @Test(arguments: [
        [:], ["/w/.git/HEAD": "ref: refs/heads/.invalid\n"], ["/w/.git/HEAD": "ref: refs/../../etc/passwd"],
        ["/w/.git/HEAD": "garbage"], ["/w/.git": "gitdir: /nowhere"], ["/w/.git": "hello"],
    ])
    func `without a commit the platform's variables decide, in their order`(files: [String: String]) throws {
        let host = try MadeUpHost(files)
        #expect(ReleaseDetection.detect(directory: "/w", environment: [:], root: host.root) == nil)
        let environment = ["K_REVISION": "k", "CIRCLE_SHA1": "c", "SOURCE_VERSION": ""]
        #expect(ReleaseDetection.detect(directory: "/w", environment: environment, root: host.root) == "c")
        #expect(ReleaseDetection.detect(directory: nil, environment: environment, root: host.root) == "c")
        #expect(ReleaseDetection.detect(directory: "relative", environment: [:], root: host.root) == nil)
    }
}
