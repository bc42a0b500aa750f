// Compression of request bodies.

import CZlib

/// The bytes as a gzip member (RFC 1952); `nil` when zlib refuses for want of memory.
package func gzipped(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    guard sr_deflate_init_gzip(&stream, Z_DEFAULT_COMPRESSION) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
    var input = bytes
    let result = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            return deflate(&stream, Z_FINISH)
        }
    }
    guard result == Z_STREAM_END else { return nil }
    output.removeLast(output.count - Int(stream.total_out))
    return output
}
