// Lines that may turn out to be parts of an exception: until that is known they are no records.

import LinuxSystem
import SentryProtocol

/// One line, and what its record will be made of.
struct WaitingLine: Sendable {
    /// Of its stream, as ``ExceptionDetector/lineCount`` counts.
    let number: Int
    let bytes: [UInt8]
    let flags: LineFlags
    let isSecret: Bool
    let wall: Timestamp
    let sequence: Int
    /// The line before it, which says of what level and logger this one is.
    let header: HeldHeader?
}

/// The lines of one stream that wait.
struct WaitingLines: Sendable {
    private static let maximumCount = 2048
    private static let maximumBytes = 256 << 10
    /// Bytes kept of each: a record shows no more.
    private static let keptLength = 2 * LogRecord.maximumBody

    private var lines: [WaitingLine] = []
    private var bytes = 0

    var isEmpty: Bool { lines.isEmpty }

    /// - Returns: `false` where there are too many: the line does not wait.
    mutating func add(
        _ line: UnsafeRawBufferPointer, number: Int, flags: LineFlags, isSecret: Bool, wall: Timestamp, sequence: Int,
        header: HeldHeader?
    ) -> Bool {
        let kept = Array(line.prefix(Self.keptLength))
        guard lines.count < Self.maximumCount, bytes + kept.count <= Self.maximumBytes else { return false }
        bytes += kept.count
        lines.append(
            WaitingLine(
                number: number, bytes: kept, flags: flags, isSecret: isSecret, wall: wall, sequence: sequence,
                header: header))
        return true
    }

    /// Those with these numbers, which wait no longer.
    mutating func take(_ numbers: ClosedRange<Int>) -> [WaitingLine] { take { numbers.contains($0.number) } }

    /// Those before a line, which wait no longer.
    mutating func take(before number: Int) -> [WaitingLine] { take { $0.number < number } }

    private mutating func take(_ isWanted: (WaitingLine) -> Bool) -> [WaitingLine] {
        let taken = lines.filter(isWanted)
        guard !taken.isEmpty else { return [] }
        lines.removeAll(where: isWanted)
        bytes = lines.reduce(0) { $0 + $1.bytes.count }
        return taken
    }
}
