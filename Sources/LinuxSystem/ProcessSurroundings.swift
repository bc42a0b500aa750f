// What a process was given by whoever started it.

import Glibc

/// The working directory, `/` where it is gone or cannot be named. Source: getcwd(3).
package func currentDirectory() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
}

/// What this machine calls itself in its UTS namespace. Source: uname(2).
package func hostName() -> String {
    var names = utsname()
    guard uname(&names) == 0 else { return "" }
    return withUnsafeBytes(of: &names.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

/// All of the environment's variables that have a name, invalid UTF-8 repaired; of a repeated one the first. Source: environ(7).
package func environmentVariables() -> [String: String] {
    var variables: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
        next += 1
        guard let equals = strchr(entry, 0x3D), equals != entry else { continue }
        let name = String(decoding: UnsafeRawBufferPointer(start: entry, count: equals - entry), as: UTF8.self)
        if variables[name] == nil { variables[name] = text(cString: equals + 1) }
    }
    return variables
}

/// The paths that a shell pattern names, sorted; files and directories, no error where there is none.
///
/// Source: glob(3), with GLOB_NOSORT off and errors in directories passed over.
package func paths(matching pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
}

/// When a process began, on the clock of ``MonotonicTime`` (to the kernel's tick, 10 ms); `nil` when there is none.
///
/// A container may have a boot time of its own, so compare only within a second.
/// Source: proc(5), /proc/PID/stat field 22.
package func processStart(_ pid: Int32) -> MonotonicTime? {
    guard let file = try? FileDescriptor.open(processFile(pid, "stat"), O_RDONLY) else { return nil }
    defer { file.close() }
    guard let bytes = try? file.readAll(limit: 4096) else { return nil }
    // The command's name is in parentheses and may hold anything, also parentheses.
    guard let close = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = bytes[(close + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 20)
    guard fields.count > 19, let ticks = Int64(String(decoding: fields[19], as: UTF8.self)) else { return nil }
    return MonotonicTime(nanoseconds: ticks * 1_000_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK))))
}
