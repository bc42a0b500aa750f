// Limits of this process, which what it starts inherits.

import Glibc

package enum ResourceLimit {
    /// RLIMIT_CPU in seconds, the hard one: there the kernel kills. `nil` for none. Source: getrlimit(2).
    package static var processorTime: Int64? { limit(RLIMIT_CPU).map { $0.rlim_max }.flatMap(finite) }

    /// RLIMIT_FSIZE in bytes; `nil` for none.
    package static var fileSize: Int64? { limit(RLIMIT_FSIZE).map { $0.rlim_cur }.flatMap(finite) }

    /// Takes as many descriptors as are permitted, but not more than `most`: tables in the kernel grow with the highest one.
    package static func raiseDescriptors(to most: UInt64) {
        guard var value = limit(RLIMIT_NOFILE) else { return }
        value.rlim_cur = max(value.rlim_cur, min(value.rlim_max, rlim_t(most)))
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &value)
    }

    /// RLIMIT_NOFILE, the soft one: numbers of descriptors are below it.
    package static var descriptors: Int {
        limit(RLIMIT_NOFILE).flatMap { finite($0.rlim_cur) }.map { Int($0) } ?? 1 << 20
    }

    private static func limit(_ resource: __rlimit_resource) -> rlimit? {
        var value = rlimit()
        return getrlimit(__rlimit_resource_t(resource.rawValue), &value) == 0 ? value : nil
    }

    private static func finite(_ value: rlim_t) -> Int64? { value >= rlim_t(Int64.max) ? nil : Int64(value) }
}
