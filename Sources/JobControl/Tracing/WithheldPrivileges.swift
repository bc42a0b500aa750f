// Whether a program was refused what its file grants.

import LinuxSystem

/// What `/proc/PID/status` says of a process's rights. Source: proc(5), credentials(7), capabilities(7).
struct ProcessRights: Equatable {
    var effectiveUser: UInt32
    var effectiveGroup: UInt32
    var permitted: UInt64
    var inheritable: UInt64
    var bounding: UInt64
    /// prctl(2), PR_SET_NO_NEW_PRIVS.
    var hasNoNewPrivileges: Bool

    /// - Returns: `nil` where a line is missing.
    init?(status: [UInt8]) {
        var fields: [Substring: [Substring]] = [:]
        for line in String(decoding: status, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1].split { $0 == "\t" || $0 == " " } }
        }
        func number(_ name: Substring, _ index: Int) -> UInt32? {
            guard let field = fields[name], field.count > index else { return nil }
            return UInt32(field[index])
        }
        func set(_ name: Substring) -> UInt64? { fields[name]?.first.flatMap { UInt64($0, radix: 16) } }
        guard let user = number("Uid", 1), let group = number("Gid", 1), let permitted = set("CapPrm"),
            let inheritable = set("CapInh"), let bounding = set("CapBnd")
        else { return nil }
        effectiveUser = user
        effectiveGroup = group
        self.permitted = permitted
        self.inheritable = inheritable
        self.bounding = bounding
        // Linux before 4.10 doesn't say.
        hasNoNewPrivileges = number("NoNewPrivs", 0) == 1
    }
}

extension ExecutedFile {
    /// The file grants something at all.
    var grantsPrivileges: Bool { (setsUser || setsGroup || capabilities != nil) && !isOnNosuidMount }

    /// Whether a process that has just executed the file lacks what the file grants.
    ///
    /// Where it would not get that untraced either (a user namespace without the owner, a root directory shared with another
    /// process) the answer is true all the same: it costs no more than the tracing of that process.
    func isWithheld(from rights: ProcessRights) -> Bool {
        guard grantsPrivileges, !rights.hasNoNewPrivileges else { return false }
        if setsUser && rights.effectiveUser != owner { return true }
        if setsGroup && rights.effectiveGroup != group { return true }
        guard let capabilities else { return false }
        let due = capabilities.permitted & rights.bounding | capabilities.inheritable & rights.inheritable
        return due & ~rights.permitted != 0
    }
}
