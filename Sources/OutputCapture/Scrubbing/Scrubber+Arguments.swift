// Command lines: which word is a secret depends on the words before it.

extension Scrubber {
    /// The words with their secrets replaced: within each word, the values of `--password VALUE` and `--token=VALUE`, and
    /// what well-known programs take by letters (`mysql -pSECRET`, `curl -u USER:SECRET`).
    package func scrub(arguments: [String], counts: Bool = true) -> [String] {
        var program = ProgramSecrets.none
        var isValue = false
        return arguments.enumerated().map { index, word in
            if isValue {
                isValue = false
                if !word.hasPrefix("-") { return removed(counts) }
            }
            if let known = ProgramSecrets.of(word) { program = known }
            guard index > 0 else { return scrub(word, counts: counts) }
            switch program.reads(word) {
            case .valueFollows:
                isValue = true
                return word
            case .attached(let name): return name + removed(counts)
            case .nothing: return scrub(option: word, &isValue, counts)
            }
        }
    }

    private func removed(_ counts: Bool) -> String {
        if counts { count(.credentials) }
        return Self.replacement
    }

    private func scrub(option: String, _ isValue: inout Bool, _ counts: Bool) -> String {
        guard option.hasPrefix("--") else { return scrub(assignment: option, counts) }
        let parts = option.split(separator: "=", maxSplits: 1)
        guard let name = parts.first, isSecretOption(name) else { return scrub(option, counts: counts) }
        isValue = parts.count == 1
        guard parts.count > 1 else { return option }
        if counts { count(.named) }
        return "\(name)=\(Self.replacement)"
    }

    /// `NAME=value` as env(1), make and docker take it.
    private func scrub(assignment word: String, _ counts: Bool) -> String {
        guard let equals = word.firstIndex(of: "="), !word.hasPrefix("-") else { return scrub(word, counts: counts) }
        let name = word[..<equals]
        let isName = !name.isEmpty && name.utf8.allSatisfy { $0.isUppercase || $0.isDigit || $0 == 0x5F }
        guard isName, SensitiveKey.isSensitive(name: String(name)), !isAllowed(name) else {
            return scrub(word, counts: counts)
        }
        if counts { count(.named) }
        return "\(name)=\(Self.replacement)"
    }

    /// Whole words: `--author` and `--keyboard` are none. A file's path is no secret: `--key-file`.
    private func isSecretOption(_ name: Substring) -> Bool {
        if name.hasSuffix("file") || name.hasSuffix("path") || name.hasSuffix("stdin") || isAllowed(name.dropFirst(2)) {
            return false
        }
        var name = String(name)
        return name.withUTF8 { SensitiveKey(inText: UnsafeRawBufferPointer($0)) } != .no
    }

    private func isAllowed(_ name: Substring) -> Bool {
        var name = String(name)
        return name.withUTF8 { decisions.allows(key: UnsafeRawBufferPointer($0)) }
    }
}

/// Options of one letter by which a program takes a secret.
private struct ProgramSecrets {
    /// Options whose value is the next word.
    var separate: [String]
    /// Options whose value is attached to the letter.
    var attached: [String]

    static let none = ProgramSecrets(separate: [], attached: [])

    enum Reading {
        case nothing
        case valueFollows
        /// With the option's name.
        case attached(String)
    }

    func reads(_ word: String) -> Reading {
        if separate.contains(word) { return .valueFollows }
        for name in attached where word.hasPrefix(name) && word.utf8.count > name.utf8.count { return .attached(name) }
        return .nothing
    }

    /// By the programs' own manuals. `nil` for a word that is none of them.
    static func of(_ word: String) -> ProgramSecrets? {
        let name = word.split(separator: "/").last.map(String.init) ?? word
        switch name {
        case "mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlcheck", "mysqlshow", "mysqlbinlog", "mysqlpump",
            "mariadb", "mariadb-dump", "mariadb-admin", "mariadb-import", "mariadb-check", "mytop", "mydumper",
            "xtrabackup":
            return ProgramSecrets(separate: [], attached: ["-p"])
        case "curl":
            return ProgramSecrets(
                separate: ["-u", "--user", "-U", "--proxy-user", "-b", "--cookie", "--oauth2-bearer", "--aws-sigv4"],
                attached: ["-u", "-U", "--user=", "--proxy-user=", "-b"])
        case "sshpass": return ProgramSecrets(separate: ["-p"], attached: ["-p"])
        case "redis-cli": return ProgramSecrets(separate: ["-a"], attached: [])
        case "mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport":
            return ProgramSecrets(separate: ["-p"], attached: [])
        case "ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldappasswd", "ldapwhoami":
            return ProgramSecrets(separate: ["-w"], attached: ["-w"])
        // `docker login` and its like: elsewhere their `-p` publishes ports.
        case "login": return ProgramSecrets(separate: ["-p"], attached: [])
        case "smbclient", "rpcclient", "smbget": return ProgramSecrets(separate: ["-U"], attached: ["-U"])
        case "http", "https", "xh": return ProgramSecrets(separate: ["-a", "--auth"], attached: ["--auth="])
        case "ab": return ProgramSecrets(separate: ["-A", "-P"], attached: [])
        case "mosquitto_pub", "mosquitto_sub", "sqlcmd", "bcp":
            return ProgramSecrets(separate: ["-P"], attached: ["-P"])
        case "zip", "unzip": return ProgramSecrets(separate: ["-P"], attached: ["-P"])
        case "7z", "7za", "7zr", "rar", "unrar": return ProgramSecrets(separate: [], attached: ["-p"])
        case "openssl":
            return ProgramSecrets(separate: ["-passin", "-passout", "-pass", "-K", "-k"], attached: [])
        case "snmpget", "snmpwalk", "snmpset": return ProgramSecrets(separate: ["-c", "-A", "-X"], attached: [])
        case "ipmitool": return ProgramSecrets(separate: ["-P"], attached: [])
        default: return nil
        }
    }
}
