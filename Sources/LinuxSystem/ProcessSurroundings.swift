// What a process was given by whoever started it.

import Glibc

/// The working directory, `/` where it is gone or cannot be named. Source: getcwd(3).
package func currentDirectory() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
}

/// All of the environment's entries that have a name. Source: environ(7).
package func environmentEntries() -> [(name: String, value: String)] {
    var entries: [(name: String, value: String)] = []
    var next = environ
    while let entry = next.pointee {
        let text = String(cString: entry)
        if let equals = text.firstIndex(of: "="), equals != text.startIndex {
            entries.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
        }
        next += 1
    }
    return entries
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
