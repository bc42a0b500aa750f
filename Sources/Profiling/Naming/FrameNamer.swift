// From addresses to names: once for each address, however often it was sampled.

import Backtracing
import LinuxSystem

/// How frames get their names.
package struct NamingRules {
    /// Directories with files of debug information.
    package var symbolPaths: [String] = []
    /// Nanoseconds that file names, lines and inlined calls may take; functions' names come first.
    package var timeLimit: Int64 = 3_000_000_000
    /// Whether a frame is the application's own.
    package var isInApp: (ProfileFrame) -> Bool

    package init(isInApp: @escaping (ProfileFrame) -> Bool) { self.isInApp = isInApp }
}

/// Names places in code. What it found it keeps, so that a profile that is sent in pieces costs no more than a whole one.
final class FrameNamer {
    private let library: ImageLibrary
    private let codes: PythonCodes
    /// Outermost first: all but the first are inlined.
    private var known: [FrameKey: [ProfileFrame]] = [:]
    private var codeNames: [Int: PerfMap?] = [:]
    private(set) var notes: Set<String> = []

    /// More than these are not kept from one piece to the next.
    private static let mostKept = 20_000

    init(library: ImageLibrary, codes: PythonCodes) {
        self.library = library
        self.codes = codes
    }

    func frames(of key: FrameKey) -> [ProfileFrame] { known[key] ?? [ProfileFrame(function: "[unknown]")] }

    /// - Parameter keys: each once; those that matter most first.
    func name(_ keys: [FrameKey], _ rules: NamingRules, _ anonymousCode: [AnonymousCode]) {
        if known.count > Self.mostKept { known.removeAll() }
        codeNames.removeAll()
        let deadline = MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds + rules.timeLimit)
        let symbolicator = Symbolicator(searchPaths: rules.symbolPaths, rootDirectory: nil, deadline: deadline)
        let missing = keys.filter { known[$0] == nil }
        var inFiles = PlacesByImage()
        for key in missing {
            switch key.place {
            case .marker(let marker): known[key] = [marked(marker.text)]
            case .justInTime(let address, let process):
                known[key] = [justInTime(address, process, anonymousCode, rules)]
            case .interpreted(let code, let line): known[key] = [interpreted(code, line, rules)]
            case .library(let address):
                if let image = library.image(at: address) { inFiles.add(key, address, image) }
            }
        }
        // The symbol tables of all images first: a debug file that takes too long then costs lines and no names.
        for (image, places) in inFiles.all {
            for (_, address) in places {
                _ = symbolicator.name(of: address, in: image, contents: library.contents(at: address))
            }
        }
        // Then one after the other, so that the debug information of one is in memory at a time.
        for (image, places) in inFiles.all {
            for (key, address) in places {
                let found = symbolicator.locations(of: address, in: image, contents: library.contents(at: address))
                known[key] = frames(found, address &- image.bias, image, rules)
            }
            symbolicator.release(image)
        }
        notes.formUnion(symbolicator.notes)
        notes.formUnion(library.notes)
        giveMemoryBack()
    }

    private func frames(
        _ places: [SourceLocation], _ address: UInt64, _ image: Image, _ rules: NamingRules
    ) -> [ProfileFrame] {
        guard !places.isEmpty else { return [frame(nil, address, image, rules)] }
        return places.reversed().map { frame($0, address, image, rules) }
    }

    private func frame(
        _ place: SourceLocation?, _ address: UInt64, _ image: Image, _ rules: NamingRules
    ) -> ProfileFrame {
        var frame = ProfileFrame(
            function: place?.function ?? place?.symbol ?? "\(baseName(image.path))+0x\(String(address, radix: 16))",
            module: image.path)
        frame.address = address
        frame.file = place?.file
        frame.line = place?.line
        frame.column = place?.column
        frame.isInlined = place?.isInlined ?? false
        frame.language = place?.language
        frame.inApp = rules.isInApp(frame)
        return frame
    }

    private func marked(_ text: String) -> ProfileFrame {
        var frame = ProfileFrame(function: text)
        frame.kind = .marker
        return frame
    }

    private func interpreted(_ code: Int, _ line: Int, _ rules: NamingRules) -> ProfileFrame {
        guard codes.all.indices.contains(code) else { return marked("[python]") }
        let function = codes.all[code]
        var frame = ProfileFrame(function: function.name)
        frame.kind = .interpreted
        frame.language = "python"
        frame.file = function.file
        frame.line = line > 0 ? line : function.firstLine
        frame.inApp = !isOfPythonItself(function.file) && rules.isInApp(frame)
        return frame
    }

    /// Its standard library and what was installed beside it, wherever that is.
    private func isOfPythonItself(_ file: String) -> Bool {
        file.hasPrefix("<frozen") || file.utf8.starts(with: "/usr/".utf8) || contains(file, "/lib/python3")
    }

    private func contains(_ text: String, _ part: StaticString) -> Bool {
        let bytes = Array(text.utf8)
        return part.withUTF8Buffer { part in
            bytes.count >= part.count
                && (0...(bytes.count - part.count)).contains { bytes[$0...].starts(with: part) }
        }
    }

    // MARK: Code that was compiled while it ran

    private func justInTime(
        _ address: UInt64, _ process: Int, _ all: [AnonymousCode], _ rules: NamingRules
    ) -> ProfileFrame {
        let place = names(process, all)?.location(of: address)
        var frame = ProfileFrame(function: place?.function ?? "[jit]")
        frame.address = address
        frame.kind = .justInTime
        frame.inApp = place != nil && rules.isInApp(frame)
        return frame
    }

    private func names(_ process: Int, _ all: [AnonymousCode]) -> PerfMap? {
        if let known = codeNames[process] { return known }
        let map = all.indices.contains(process) ? all[process].names() : nil
        codeNames[process] = .some(map)
        return map
    }
}

/// What is to be looked up in each image; the images in the order of what matters most in each.
private struct PlacesByImage {
    private(set) var all: [(image: Image, places: [(key: FrameKey, address: UInt64)])] = []
    /// By where an image is: in the address space of all images there is one at each place.
    private var indices: [UInt64: Int] = [:]

    mutating func add(_ key: FrameKey, _ address: UInt64, _ image: Image) {
        if let index = indices[image.range.lowerBound] { return all[index].places.append((key, address)) }
        indices[image.range.lowerBound] = all.count
        all.append((image, [(key, address)]))
    }
}

private func baseName(_ path: String) -> Substring {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
}
