// The memory under a ring that two processes share.

import CLinux

/// A mapped memory file: a page of words that both sides change, and the data, mapped twice in a row.
///
/// The other side may change every byte at any time; the size it cannot change.
/// Source: memfd_create(2), fcntl(2) F_ADD_SEALS, mmap(2).
package final class SharedRingMemory: @unchecked Sendable {
    // Words are accessed atomically; who may touch which data is the ring's agreement.
    private let base: UnsafeMutableRawPointer
    /// Bytes of data. Twice as many can be accessed from ``data`` on: the second half is the first once more.
    package let capacity: Int
    package let data: UnsafeMutableRawPointer

    /// Words before the data.
    package static let mostWords = 512

    /// A new file, close-on-exec. `capacity` is rounded up to a page.
    package static func makeFile(named name: String, capacity: Int) throws(SystemError) -> FileDescriptor {
        let page = Int(clinux_page_size())
        let size = (max(capacity, 1) + page - 1) / page * page
        return FileDescriptor(try checked(clinux_ring_create(name, size), "memfd_create"))
    }

    /// Maps such a file, which may be closed afterwards.
    ///
    /// - Throws: EPERM where its size could still be changed, EINVAL where it has no room for data.
    package init(_ file: FileDescriptor) throws(SystemError) {
        let size = clinux_ring_size(file.raw)
        if size < 0 { throw SystemError("fcntl F_GET_SEALS", on: "ring", code: Int32(clamping: -size)) }
        capacity = Int(size)
        var place: UnsafeMutableRawPointer?
        let result = clinux_ring_map(file.raw, capacity, &place)
        guard let place else { throw SystemError("mmap", on: "ring", code: -result) }
        base = place
        data = place + Int(clinux_page_size())
    }

    deinit { clinux_ring_unmap(base, capacity) }

    /// The word of this number, below ``mostWords``; what was written before it is seen with it.
    package subscript(word: Int) -> UInt64 {
        get {
            precondition(word >= 0 && word < Self.mostWords)
            return clinux_ring_load(base + word * 8)
        }
        set {
            precondition(word >= 0 && word < Self.mostWords)
            clinux_ring_store(base + word * 8, newValue)
        }
    }
}
