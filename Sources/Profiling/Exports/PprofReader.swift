// Profiles in pprof's form, ours and of other programs: of Go, of gperftools, of py-spy.

import SentryProtocol

/// Reads perftools.profiles.Profile, which is not compressed any more.
///
/// It has no times, so the samples lie one after the other. Of several values the one that is in nanoseconds is the weight, and
/// the one that counts is the count; where none is in nanoseconds, the last one is taken for it, and a note says so. Source:
/// google/pprof proto/profile.proto.
struct PprofReader {
    private var strings: [String] = []
    private var types: [(type: Int64, unit: Int64)] = []
    private var samples: [ProtobufReader] = []
    private var locations: [UInt64: Location] = [:]
    private var functions: [UInt64: Function] = [:]
    private var modules: [UInt64: (name: Int64, buildID: Int64)] = [:]
    private var comments: [UInt64] = []
    private var started: Int64 = 0
    private var duration: Int64 = 0
    private var period: Int64 = 0

    struct Location {
        var module: UInt64 = 0
        var address: UInt64 = 0
        /// Innermost first: all but the last are inlined.
        var lines: [(function: UInt64, line: Int64, column: Int64)] = []
    }

    struct Function {
        var name: Int64 = 0
        var file: Int64 = 0
    }

    /// Larger numbers are no times of this universe, and their sums no numbers of this machine.
    static let mostNanoseconds = Int64(1) << 60
    private static let mostStart = Int64(1) << 62

    /// - Parameter name: what to call the profile.
    /// - Returns: `nil` where it is none.
    static func profile(in bytes: [UInt8], name: String) -> Profile? {
        var reader = PprofReader()
        guard reader.read(ProtobufReader(bytes[...])), !reader.types.isEmpty, reader.strings.first == "" else {
            return nil
        }
        return reader.profile(name)
    }

    // MARK: Fields

    private mutating func read(_ message: ProtobufReader) -> Bool {
        var message = message
        while let field = message.next() {
            guard take(field) else { return false }
        }
        return !message.isBroken
    }

    private mutating func take(_ field: ProtobufReader.Field) -> Bool {
        switch field.number {
        case 1: return field.message.map { readType($0) } ?? false
        case 2: return field.message.map { samples.append($0) } != nil
        case 3: return field.message.map { readModule($0) } ?? false
        case 4: return field.message.map { readLocation($0) } ?? false
        case 5: return field.message.map { readFunction($0) } ?? false
        case 6: return field.text.map { strings.append($0) } != nil
        case 9: started = field.integer ?? 0
        case 10: duration = field.integer ?? 0
        case 12: period = field.integer ?? 0
        case 13: return ProtobufReader.append(field, to: &comments)
        default: break
        }
        return true
    }

    private mutating func readType(_ message: ProtobufReader) -> Bool {
        let numbers = Self.numbers(message)
        types.append((numbers?[1] ?? 0, numbers?[2] ?? 0))
        return numbers != nil
    }

    private mutating func readModule(_ message: ProtobufReader) -> Bool {
        guard let numbers = Self.numbers(message) else { return false }
        modules[UInt64(bitPattern: numbers[1] ?? 0)] = (numbers[5] ?? 0, numbers[6] ?? 0)
        return true
    }

    private mutating func readFunction(_ message: ProtobufReader) -> Bool {
        guard let numbers = Self.numbers(message) else { return false }
        functions[UInt64(bitPattern: numbers[1] ?? 0)] = Function(
            name: numbers[2] ?? numbers[3] ?? 0, file: numbers[4] ?? 0)
        return true
    }

    private mutating func readLocation(_ message: ProtobufReader) -> Bool {
        var message = message
        var id: UInt64 = 0
        var location = Location()
        while let field = message.next() {
            switch field.number {
            case 1: id = UInt64(bitPattern: field.integer ?? 0)
            case 2: location.module = UInt64(bitPattern: field.integer ?? 0)
            case 3: location.address = UInt64(bitPattern: field.integer ?? 0)
            case 4:
                guard let line = field.message, let numbers = Self.numbers(line) else { return false }
                location.lines.append((UInt64(bitPattern: numbers[1] ?? 0), numbers[2] ?? 0, numbers[3] ?? 0))
            default: break
            }
        }
        locations[id] = location
        return !message.isBroken
    }

    /// The numbers of a message, by field; the last one counts. `nil` where it is broken.
    static func numbers(_ message: ProtobufReader) -> [UInt64: Int64]? {
        var message = message
        var numbers: [UInt64: Int64] = [:]
        while let field = message.next() {
            if let value = field.integer { numbers[field.number] = value }
        }
        return message.isBroken ? nil : numbers
    }

    // MARK: The profile

    private func profile(_ name: String) -> Profile? {
        let nanoseconds = types.lastIndex { text($0.unit) == "nanoseconds" }
        let weight = nanoseconds ?? types.count - 1
        var builder = PprofBuilder(self, weight: weight, count: types.firstIndex { text($0.unit) == "count" })
        for sample in samples {
            guard builder.add(sample) else { return nil }
        }
        var profile = builder.profile
        profile.title = comments.first.map { text(Int64(clamping: $0)) } ?? name
        profile.started = Timestamp(nanoseconds: min(max(0, started), Self.mostStart))
        profile.duration = min(max(0, duration, builder.end), Self.mostNanoseconds)
        if period > 0 { profile.frequency = Int(min(1_000_000, max(1, 1_000_000_000 / period))) }
        profile.mode = text(types[weight].type) == "wall" ? .wall : .cpu
        profile.notes = comments.dropFirst().map { text(Int64(clamping: $0)) }.filter { !$0.hasPrefix("source: ") }
        profile.notes.append("read from a pprof profile, which has no times")
        if nanoseconds == nil {
            profile.notes.append(
                "what was counted is \(text(types[weight].type)) in \(text(types[weight].unit)), not time")
        }
        return profile
    }

    func text(_ index: Int64) -> String {
        index >= 0 && index < strings.count ? strings[Int(index)] : ""
    }

    func location(_ id: UInt64) -> Location? { locations[id] }

    func module(_ id: UInt64) -> (name: String, buildID: String)? {
        guard let module = modules[id] else { return nil }
        let name = text(module.name)
        return name.isEmpty ? nil : (name, text(module.buildID))
    }

    /// Innermost first.
    func frames(of location: Location) -> [ProfileFrame] {
        let module = module(location.module)?.name
        if location.lines.isEmpty {
            var frame = ProfileFrame(
                function: "\(module.map(baseName) ?? "")+0x\(String(location.address, radix: 16))", module: module)
            frame.address = location.address
            return [frame]
        }
        return location.lines.enumerated().map { index, line in
            let function = functions[line.function] ?? Function()
            let (name, file) = (text(function.name), text(function.file))
            var frame = ProfileFrame(function: name.isEmpty ? "[unknown]" : name, module: module)
            frame.address = location.address
            frame.file = file.isEmpty ? nil : file
            frame.line = line.line > 0 ? Int(line.line) : nil
            frame.column = line.column > 0 ? Int(line.column) : nil
            frame.isInlined = index + 1 < location.lines.count
            return frame
        }
    }

    private func baseName(_ path: String) -> Substring {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
    }
}
