// The shared object that the kernel maps into every process.

import Glibc

/// A copy of the vdso as it is in this process; empty where there is none. Source: vdso(7), proc_pid_maps(5).
package func virtualObjectBytes() -> [UInt8] {
    guard let maps = try? readSmallFile("/proc/self/maps", limit: 1 << 20) else { return [] }
    for line in maps.split(separator: UInt8(ascii: "\n")) where line.reversed().starts(with: "[vdso]".utf8.reversed()) {
        let text = String(decoding: line.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
        let ends = text.split(separator: "-").compactMap { UInt(String($0), radix: 16) }
        guard ends.count == 2, ends[0] < ends[1], let start = UnsafeRawPointer(bitPattern: ends[0]) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(ends[1] - ends[0])))
    }
    return []
}
