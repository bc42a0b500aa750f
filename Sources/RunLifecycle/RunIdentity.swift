// The ids of one run, all out of one seed: whoever finishes a run's report uses the same ones.

import SentryProtocol

/// What a run is called, to servers and to people.
///
/// Every id is the seed mixed with the id's label: each eight bytes of it are SplitMix64's output for
/// FNV-1a(seed, label) plus their number. That spreads well and is no secret: the seed comes from the kernel's random
/// numbers, so two runs never share one.
package struct RunIdentity: Sendable, Equatable {
    /// 16 bytes.
    package let seed: [UInt8]
    package let started: Timestamp
    /// The run as users type it, `yyyymmdd-hhmmss-mmmxxxxx`: UTC, the milliseconds in hex, five digits of the seed. Sorts
    /// by time.
    package let name: String

    /// - Parameter seed: 16 random bytes, ``RunStart/runSeed`` of the link.
    package init(seed: [UInt8], startedWall: Timestamp) {
        self.seed = seed
        started = startedWall
        name = Self.name(started, seed)
    }

    package var eventID: EventID { id("event") }
    package var checkInID: HexID16 { id("check-in") }
    package var sessionID: HexID16 { id("session") }
    package var transactionID: EventID { id("transaction") }

    /// The id of something further of this run, by a label of its own.
    package func id(_ label: String) -> HexID16 {
        guard let id = HexID16(bytes: bytes(mixed(label, 0)) + bytes(mixed(label, 1) | 1))
        else { preconditionFailure("16 bytes of which the last is odd are an id") }
        return id.asUUIDv4
    }

    /// A draw from 0..<1 for something further of this run: whoever finishes a run's report draws the same.
    package func draw(_ label: String) -> Double {
        Double(id(label).bytes.suffix(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) / 4_294_967_296
    }

    /// The span of a process of the job. A pid that is used again starts at another time.
    package func spanID(for pid: Int32, start: Timestamp) -> SpanID {
        let number = mixed("span", UInt64(UInt32(bitPattern: pid)) ^ splitMix(UInt64(bitPattern: start.nanoseconds)))
        guard let id = SpanID(bytes: bytes(number | 1))
        else { preconditionFailure("8 bytes of which the last is odd are an id") }
        return id
    }

    private static func name(_ started: Timestamp, _ seed: [UInt8]) -> String {
        let digits = started.rfc3339.utf8.filter { 0x30...0x39 ~= $0 }
        var name = Array(digits.prefix(8)) + [UInt8(ascii: "-")] + digits.dropFirst(8).prefix(6) + [UInt8(ascii: "-")]
        // Two bytes' hex digits without the first: no thousand needs four.
        let milliseconds = UInt16(truncatingIfNeeded: started.nanoseconds / 1_000_000 % 1000)
        name += hexEncode([UInt8(milliseconds >> 8), UInt8(milliseconds & 0xFF)]).utf8.dropFirst()
        name += hexEncode(Array(seed.prefix(3))).utf8.prefix(5)
        return String(decoding: name, as: UTF8.self)
    }

    private func mixed(_ label: String, _ number: UInt64) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in seed + Array(label.utf8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return splitMix(splitMix(hash) &+ number)
    }
}

/// One step of SplitMix64 (Steele, Lea, Flood 2014).
private func splitMix(_ state: UInt64) -> UInt64 {
    var mixed = state &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
}

/// Big-endian.
private func bytes(_ number: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) } }
