// Compression, piece by piece.

import CZlib

/// Makes a gzip member (RFC 1952) of what is written to ``input`` and writes it to another stream.
final class GzipStream {
    private var state = z_stream()
    private let output: ExportStream
    private let isReady: Bool

    init(into output: ExportStream) {
        self.output = output
        isReady = sr_deflate_init_gzip(&state, 6) == Z_OK
    }

    deinit { deflateEnd(&state) }

    /// What is to be compressed; ``finish()`` afterwards.
    private(set) lazy var input = ExportStream { [unowned self] piece in self.deflate(copy piece, flush: Z_NO_FLUSH) }

    func finish() {
        input.flush()
        deflate([], flush: Z_FINISH)
    }

    private func deflate(_ piece: [UInt8], flush: Int32) {
        // zlib refuses only where there is no memory for its 256 KiB.
        guard isReady else { return }
        var piece = piece
        piece.withUnsafeMutableBufferPointer { source in
            state.next_in = source.baseAddress
            state.avail_in = UInt32(source.count)
            var isFull = true
            while isFull {
                let room = 32768
                let bytes = [UInt8](unsafeUninitializedCapacity: room) { target, count in
                    state.next_out = target.baseAddress
                    state.avail_out = UInt32(room)
                    _ = CZlib.deflate(&state, flush)
                    count = room - Int(state.avail_out)
                }
                output.bytes(bytes)
                isFull = state.avail_out == 0
            }
        }
        state.next_in = nil
    }
}

/// Unpacks one gzip member; `nil` for anything else. Stops behind `limit` bytes: then there are more than that.
func gunzip(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    var state = z_stream()
    guard sr_inflate_init_gzip(&state) == Z_OK, bytes.count < Int(UInt32.max) else { return nil }
    defer { inflateEnd(&state) }
    var bytes = bytes
    return bytes.withUnsafeMutableBufferPointer { source in
        state.next_in = source.baseAddress
        state.avail_in = UInt32(source.count)
        var unpacked: [UInt8] = []
        var result = Z_OK
        while result == Z_OK, unpacked.count <= limit {
            let room = 65536
            unpacked += [UInt8](unsafeUninitializedCapacity: room) { target, count in
                state.next_out = target.baseAddress
                state.avail_out = UInt32(room)
                result = inflate(&state, Z_NO_FLUSH)
                count = room - Int(state.avail_out)
            }
        }
        return result == Z_STREAM_END || unpacked.count > limit ? unpacked : nil
    }
}
