// Personal data: e-mail addresses, addresses of hosts that are not one's own, names in home directories. Removed unless
// --send-default-pii.

extension ScrubbingPass {
    /// `user@example.com` with the `@` after the index. Source: RFC 5321 4.1.2, less what nobody uses.
    mutating func emailAddress() {
        let at = index + 1
        let start = start(before: at, count: 64) { $0.isAlphanumeric || "._%+-".utf8.contains($0) }
        guard start < at, !isInsideWord(start) else { return }
        var end = end(from: at + 1, limit: at + 254) { $0.isAlphanumeric || $0 == 0x2D || $0 == 0x2E }
        while end > at + 1, !line[end - 1].isAlphanumeric { end -= 1 }
        let domain = slice((at + 1)..<end)
        guard let dot = domain.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return }
        let top = UnsafeRawBufferPointer(rebasing: domain[(dot + 1)...])
        let isHost = top.count >= 2 && top.allSatisfy(\.isLetter)
        guard isHost, !Self.noTopLevel.contains(where: { top.equalsIgnoringCase($0) }) else { return }
        let local = slice(start..<at)
        if Self.nobody.contains(where: { local.equalsIgnoringCase($0) }) { return }
        replace(start..<end, .email)
    }

    /// What follows a dot in names of units and files: `getty@tty1.service`, `icon@2x.png`.
    private static let noTopLevel: [StaticString] = [
        "service", "socket", "timer", "target", "mount", "slice", "scope", "path", "png", "jpg", "svg", "gif", "js",
        "ts",
        "css", "json", "html", "conf", "log", "tar", "gz", "zip",
    ]
    private static let nobody: [StaticString] = ["git", "hg", "svn", "noreply", "no-reply"]

    // MARK: Addresses

    /// An IPv4 address whose first group ends at the index. Those of private networks and of this host stay: they tell no
    /// one who somebody is.
    mutating func address() {
        let start = start(before: index + 1, count: 3, while: \.isDigit)
        let before: UInt8 = start > 0 ? line[start - 1] : 0x20
        guard !before.isAlphanumeric, before != 0x2E, before != 0x2D, before != 0x5F else { return }
        var groups: [Int] = []
        var place = start
        while groups.count < 4 {
            let end = end(from: place, limit: place + 4, while: \.isDigit)
            guard end > place, end - place <= 3 else { return }
            groups.append(slice(place..<end).reduce(0) { $0 * 10 + Int($1 - 0x30) })
            place = end
            guard groups.count < 4 else { break }
            guard place < line.count, line[place] == 0x2E else { return }
            place += 1
        }
        let isWhole =
            place >= line.count
            || !(line[place].isAlphanumeric || line[place] == 0x5F
                || (line[place] == 0x2E && place + 1 < line.count && line[place + 1].isDigit))
        guard isWhole, groups.allSatisfy({ $0 <= 255 }), Self.isPublic(groups) else { return }
        replace(start..<place, .address)
    }

    /// Source: the IANA IPv4 special-purpose address registry.
    private static func isPublic(_ groups: [Int]) -> Bool {
        switch (groups[0], groups[1]) {
        case (0, _), (10, _), (127, _), (169, 254), (172, 16...31), (192, 168), (224..., _): false
        case (100, 64...127): false
        default: true
        }
    }

    /// A global IPv6 address (2000::/3) that begins here. Source: RFC 4291 2.2.
    mutating func addressOfGroups(from start: Int) {
        guard start + 4 < line.count, line[start] == 0x32 || line[start] == 0x33, line[start + 4] == 0x3A,
            start == 0 || !(line[start - 1].isAlphanumeric || line[start - 1] == 0x3A)
        else { return }
        let end = end(from: start, limit: start + 46) { SecretShape.Tail.hexadecimal.allows($0) || $0 == 0x3A }
        guard end >= line.count || !(line[end].isAlphanumeric || line[end] == 0x5F) else { return }
        let groups = slice(start..<end).split(separator: 0x3A, omittingEmptySubsequences: false)
        let gaps = groups.dropFirst().dropLast().filter(\.isEmpty).count
        guard groups.allSatisfy({ $0.count <= 4 }), gaps == 1 ? groups.count <= 8 : gaps == 0 && groups.count == 8
        else {
            return
        }
        replace(start..<end, .address)
    }

    // MARK: Home directories

    /// `/home/NAME`, `/Users/NAME`, `\Users\NAME`.
    mutating func homeDirectory() {
        let isWindows = line[index] == UInt8(ascii: "\\")
        let length = line.has("/home/", at: index) ? 6 : line.has("/Users/", at: index) ? 7 : isWindows ? 6 : 0
        guard length > 0, !isWindows || line.has("\\Users", at: index) else { return }
        var start = index + length
        if isWindows { start = end(from: start, limit: start + 2) { $0 == UInt8(ascii: "\\") } }
        let end = end(from: start, limit: start + 64) { $0.isAlphanumeric || "._-".utf8.contains($0) }
        let name = slice(start..<end)
        guard end > start, !Self.sharedHomes.contains(where: { name.equalsIgnoringCase($0) }) else { return }
        replace(start..<end, .userName)
    }

    private static let sharedHomes: [StaticString] = ["shared", "public", "default", "linuxbrew"]
}
