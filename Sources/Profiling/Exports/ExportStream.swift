// Bytes on their way into a file, in pieces: an export is never in memory as a whole.

import LinuxSystem

/// Collects what is written and passes it on in pieces of about 64 KiB. The first error ends the writing silently; ``finish()``
/// throws it.
final class ExportStream {
    private var buffer: [UInt8] = []
    private var failure: SystemError?
    private let drain: (borrowing [UInt8]) throws(SystemError) -> Void
    private static let pieceSize = 65536

    init(drain: @escaping (borrowing [UInt8]) throws(SystemError) -> Void) {
        self.drain = drain
        buffer.reserveCapacity(Self.pieceSize + 4096)
    }

    func finish() throws(SystemError) {
        flush()
        if let failure { throw failure }
    }

    /// Passes on what was collected.
    func flush() {
        guard !buffer.isEmpty else { return }
        if failure == nil {
            do throws(SystemError) { try drain(buffer) } catch { failure = error }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    func bytes(_ bytes: some Sequence<UInt8>) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.pieceSize { flush() }
    }

    func text(_ text: String) { bytes(text.utf8) }

    func byte(_ byte: UInt8) {
        buffer.append(byte)
        if buffer.count >= Self.pieceSize { flush() }
    }

    /// In decimal digits.
    func integer(_ value: some BinaryInteger) {
        if value < 0 { buffer.append(UInt8(ascii: "-")) }
        var rest = UInt64(value.magnitude)
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { digits in
            var start = digits.count
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            buffer.append(contentsOf: digits[start...])
        }
    }

    /// With three decimals: 1234567 is `1234.567`.
    func thousandths(_ value: Int64) {
        if value < 0 { buffer.append(UInt8(ascii: "-")) }
        integer(value.magnitude / 1000)
        let rest = Int(value.magnitude % 1000)
        buffer.append(UInt8(ascii: "."))
        for digit in [rest / 100, rest / 10 % 10, rest % 10] { buffer.append(UInt8(ascii: "0") + UInt8(digit)) }
    }

    /// As a JSON string.
    func jsonString(_ text: String) { bytes(text.jsonBytes) }
}

extension ExportStream {
    /// `write` into a file.
    static func writing(to file: FileDescriptor, _ write: (ExportStream) -> Void) throws(SystemError) {
        let stream = ExportStream { (piece: borrowing [UInt8]) throws(SystemError) in try file.writeAll(copy piece) }
        write(stream)
        try stream.finish()
    }

    /// `write` into memory.
    static func collecting(_ write: (ExportStream) -> Void) -> [UInt8] {
        var collected: [UInt8] = []
        let stream = ExportStream { (piece: borrowing [UInt8]) throws(SystemError) in
            collected.append(contentsOf: copy piece)
        }
        write(stream)
        stream.flush()
        return collected
    }
}
