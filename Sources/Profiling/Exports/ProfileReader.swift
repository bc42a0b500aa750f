// Profiles out of files: our own pages, and pprof's and collapsed stacks of whoever wrote them.

import SentryProtocol

/// Why a file is no profile that can be read.
package enum ProfileReadError: Error, Equatable, CustomStringConvertible {
    /// Neither a page of ours nor pprof's nor collapsed stacks.
    case unknownFormat
    /// Written by a version that we don't know.
    case unknownVersion
    /// The profile ends too early, or says what can't be.
    case damaged
    /// More than ``ProfileReader/mostBytes`` when unpacked.
    case tooLarge
    /// A page that compares two profiles is not one.
    case comparison

    package var description: String {
        switch self {
        case .unknownFormat: "it is neither a page that sentry-run wrote, nor a pprof profile, nor collapsed stacks"
        case .unknownVersion: "a newer sentry-run wrote it"
        case .damaged: "its profile is damaged"
        case .tooLarge: "its profile is too large"
        case .comparison: "it compares two profiles; those themselves are needed"
        }
    }
}

/// Reads what `sentry-run profile convert` and `diff` are given. Whatever the bytes are, it ends in time and memory in
/// proportion to them.
package enum ProfileReader {
    /// Of a document, unpacked.
    static let mostBytes = 512 << 20

    /// Reads a page (``ProfileFormat/html``), which has everything, or a pprof profile or collapsed stacks, which have no times.
    ///
    /// - Parameters:
    ///   - bytes: the file.
    ///   - name: what to call a profile that doesn't say it itself.
    package static func profile(in bytes: [UInt8], name: String) throws(ProfileReadError) -> Profile {
        if let range = try embeddedDocument(in: bytes) {
            guard let packed = Base64Stream.decoded(bytes[range]) else { throw .damaged }
            return try DocumentReader.profile(in: try gunzipped(packed, limit: mostBytes))
        }
        if bytes.starts(with: [0x1F, 0x8B]) {
            let message = try gunzipped(bytes, limit: mostBytes)
            guard let profile = PprofReader.profile(in: message, name: name) else { throw .unknownFormat }
            return profile
        }
        guard let profile = CollapsedReader.profile(in: bytes, name: name) else { throw .unknownFormat }
        return profile
    }

    /// Where a page's profile is.
    private static func embeddedDocument(in bytes: [UInt8]) throws(ProfileReadError) -> Range<Int>? {
        guard let opening = find(HTMLPage.opening, in: bytes, from: 0) else { return nil }
        guard let closing = find(HTMLPage.closing, in: bytes, from: opening.upperBound) else { throw .damaged }
        guard find(HTMLPage.opening, in: bytes, from: closing.upperBound) == nil else { throw .comparison }
        return opening.upperBound..<closing.lowerBound
    }

    private static func find(_ text: String, in bytes: [UInt8], from start: Int) -> Range<Int>? {
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count else { return nil }
        var index = start
        while index <= bytes.count - wanted.count {
            // The mark has one `<`, at its beginning: a mismatch never has to go back.
            if bytes[index] == wanted[0], bytes[index..<index + wanted.count].elementsEqual(wanted) {
                return index..<index + wanted.count
            }
            index += 1
        }
        return nil
    }

    private static func gunzipped(_ bytes: [UInt8], limit: Int) throws(ProfileReadError) -> [UInt8] {
        guard let result = gunzip(bytes, limit: limit) else { throw .damaged }
        guard result.count <= limit else { throw .tooLarge }
        return result
    }
}
