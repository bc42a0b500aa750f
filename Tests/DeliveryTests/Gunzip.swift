import CZlib
import Delivery
import Testing

/// Undoes ``gzipped(_:)``; `nil` for anything else.
func gunzipped(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: 1 << 20)
    let result = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            return inflate(&stream, Z_FINISH)
        }
    }
    return result == Z_STREAM_END ? Array(output.prefix(Int(stream.total_out))) : nil
}

@Suite struct GzipTests {
    // Not arguments of the test: the runner prints those.
    @Test func `what is compressed comes out the same`() throws {
        let inputs = [
            [], Array("hello".utf8), [UInt8](repeating: 7, count: 500_000),
            (0..<99_999).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) },
        ]
        for bytes in inputs {
            let isSame = gunzipped(try #require(gzipped(bytes))) == bytes
            #expect(isSame, "\(bytes.count) bytes")
        }
    }
}
