// Small files of /proc that are read again and again.

/// How many files may be kept open: whoever samples must leave descriptors for others.
package final class FileAllowance {
    private(set) var left: Int

    package init(_ count: Int) { left = max(0, count) }

    /// Half of what this process may have open.
    package convenience init() { self.init(ResourceLimit.descriptors / 2) }

    fileprivate func take() -> Bool {
        guard left > 0 else { return false }
        left -= 1
        return true
    }

    fileprivate func giveBack() { left += 1 }
}

/// A small file that stays open once it was read, as far as there is allowance. Closes itself. Owned by one thread.
package final class KeptFile {
    private let path: String
    private let allowance: FileAllowance
    private var file: FileDescriptor?

    package init(_ path: String, _ allowance: FileAllowance) {
        self.path = path
        self.allowance = allowance
    }

    deinit { close() }

    package func close() {
        guard let file else { return }
        file.close()
        self.file = nil
        allowance.giveBack()
    }

    /// Reads the file's first 512 bytes as they are now.
    ///
    /// - Returns: `nil` where it cannot be read (the thread is gone, the process is closed to us), or `body` says so.
    func read<Result>(_ body: (UnsafeRawBufferPointer) -> Result?) -> Result? {
        withUnsafeTemporaryAllocation(byteCount: 512, alignment: 8) { buffer in
            do throws(SystemError) {
                let count = try readStart(into: buffer)
                return body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } catch { return nil }
        }
    }

    private func readStart(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        if let file { return try file.read(into: buffer, at: 0) }
        let opened = try FileDescriptor.openWithoutWaiting(path)
        if allowance.take() { file = opened }
        defer { if file == nil { opened.close() } }
        return try opened.read(into: buffer, at: 0)
    }
}
