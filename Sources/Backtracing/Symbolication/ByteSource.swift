// Bytes of an ELF file, wherever they are. Everything read from them is foreign: lengths and offsets may be lies.

import LinuxSystem

/// Where the bytes of an ELF file are read from.
enum ByteSource {
    /// Read with pread(2), never mapped: a file that is truncated meanwhile would be a SIGBUS.
    case file(FileDescriptor, size: UInt64)
    case bytes([UInt8])

    init?(_ file: FileDescriptor) {
        guard let status = try? file.status(), status.isRegular, status.size > 0 else { return nil }
        self = .file(file, size: UInt64(status.size))
    }

    var size: UInt64 {
        switch self {
        case .file(_, let size): size
        case .bytes(let bytes): UInt64(bytes.count)
        }
    }

    /// `count` bytes from `offset` on, or as many as there are before the end; `nil` when there are none.
    func read(_ offset: UInt64, upTo count: Int) -> [UInt8]? {
        guard offset < size, count > 0 else { return nil }
        let available = Int(min(UInt64(count), size - offset))
        switch self {
        case .bytes(let bytes):
            return Array(bytes[Int(offset)..<Int(offset) + available])
        case .file(let file, _):
            var done = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: available) { buffer, initialized in
                let raw = UnsafeMutableRawBufferPointer(buffer)
                while done < available {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: raw[done...])
                    guard let read = try? file.read(at: offset + UInt64(done), into: rest), read > 0 else { break }
                    done += read
                }
                initialized = done
            }
            return done > 0 ? bytes : nil
        }
    }

    /// Exactly `count` bytes, or `nil`.
    func read(_ offset: UInt64, exactly count: Int) -> [UInt8]? {
        guard let bytes = read(offset, upTo: count), bytes.count == count else { return nil }
        return bytes
    }

    /// The string at `offset`, up to its NUL and before `end`; `nil` when there is no NUL within 64 KiB.
    func string(at offset: UInt64, before end: UInt64) -> String? {
        var position = offset
        var bytes: [UInt8] = []
        while position < end, bytes.count < 65536 {
            guard let window = read(position, upTo: Int(min(256, end - position))) else { return nil }
            if let terminator = window.firstIndex(of: 0) {
                bytes += window[..<terminator]
                return String(decoding: bytes, as: UTF8.self)
            }
            bytes += window
            position += UInt64(window.count)
        }
        return nil
    }
}

extension [UInt8] {
    /// The little-endian integer at `offset`; `nil` beyond the end.
    func integer<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type = Value.self) -> Value? {
        guard offset >= 0, offset <= count - MemoryLayout<Value>.size else { return nil }
        return withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
    }

    /// The bytes from `offset` to the next NUL, as text; empty beyond the end.
    func text(at offset: Int) -> String {
        guard offset >= 0, offset < count else { return "" }
        let end = self[offset...].firstIndex(of: 0) ?? count
        return String(decoding: self[offset..<end], as: UTF8.self)
    }
}
