// The profile for profiler.firefox.com: threads as tracks, by time.

/// Writes the processed form, version 60, which that site brings up to its own: tables of stacks, frames and functions that all
/// threads share, and columns of samples.
///
/// Source: firefox-devtools/profiler docs-developer/CHANGELOG-formats.md and processed-profile-format.md.
struct FirefoxFile {
    private static let version = 60
    private let profile: Profile
    private var strings: [String] = []
    private var stringIndex: [String: Int] = [:]
    private var modules: [String: Int] = [:]
    private var moduleNames: [String] = []
    private var sources: [String: Int] = [:]
    private var sourceNames: [Int] = []
    private var functions: [Function: Int] = [:]
    private var functionList: [Function] = []
    private var functionOfFrame: [Int] = []

    private struct Function: Hashable {
        var name: Int
        var module: Int?
        var source: Int?
    }

    /// Indices in the list of categories that ``writeMeta(to:)`` writes.
    private enum Category: Int {
        case other
        case native
        case interpreted
        case justInTime
        case library
    }

    init(_ profile: Profile) {
        self.profile = profile
        for frame in profile.frames {
            let function = Function(
                name: string(frame.function), module: frame.module.map { module($0) },
                source: frame.file.map { source($0) })
            if functions[function] == nil {
                functions[function] = functionList.count
                functionList.append(function)
            }
            functionOfFrame.append(functions[function] ?? 0)
        }
    }

    private mutating func string(_ text: String) -> Int {
        if let known = stringIndex[text] { return known }
        strings.append(text)
        stringIndex[text] = strings.count - 1
        return strings.count - 1
    }

    private mutating func module(_ path: String) -> Int {
        if let known = modules[path] { return known }
        moduleNames.append(path)
        modules[path] = moduleNames.count - 1
        _ = string(Self.baseName(path))
        return moduleNames.count - 1
    }

    private mutating func source(_ file: String) -> Int {
        if let known = sources[file] { return known }
        sourceNames.append(string(file))
        sources[file] = sourceNames.count - 1
        return sourceNames.count - 1
    }

    private static func baseName(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    func write(to stream: ExportStream) {
        stream.text("{")
        writeMeta(to: stream)
        stream.text(",\"libs\":[")
        writeLibraries(to: stream)
        stream.text("],\"pages\":[],\"shared\":{")
        writeShared(to: stream)
        stream.text("},\"threads\":[")
        for (index, timeline) in profile.timelines().enumerated() {
            if index > 0 { stream.text(",") }
            write(timeline, to: stream)
        }
        stream.text("]}\n")
    }

    // MARK: What is known of the whole

    private func writeMeta(to stream: ExportStream) {
        let interval = 1000 / Double(max(1, profile.frequency))
        stream.text("\"meta\":{\"interval\":\(interval),\"startTime\":")
        stream.integer(profile.started.nanoseconds / 1_000_000)
        stream.text(",\"product\":")
        stream.jsonString(profile.title)
        stream.text(
            """
            ,"importedFrom":"sentry-run","processType":0,"stackwalk":1,"debug":false,"version":29,\
            "preprocessedProfileVersion":\(Self.version),"symbolicated":true,"markerSchema":[],\
            "sampleUnits":{"time":"ms","eventDelay":"ms","threadCPUDelta":"ns"},"categories":[\
            {"name":"Other","color":"grey","subcategories":["Other"]},\
            {"name":"Program","color":"orange","subcategories":["Other"]},\
            {"name":"Interpreted","color":"blue","subcategories":["Other"]},\
            {"name":"Compiled at run time","color":"green","subcategories":["Other"]},\
            {"name":"Library","color":"yellow","subcategories":["Other"]}],"arguments":
            """)
        stream.jsonString(profile.command.joined(separator: " "))
        let notes = profile.notes.map {
            "{\"label\":\"Note\",\"format\":\"string\",\"value\":\(String(decoding: $0.jsonBytes, as: UTF8.self))}"
        }
        stream.text(",\"extra\":[{\"label\":\"Sampling\",\"entries\":[\(notes.joined(separator: ","))]}]}")
    }

    private func writeLibraries(to stream: ExportStream) {
        let buildIDs = profile.processes.reduce(into: [String: String]()) {
            $0.merge($1.buildIDs) { first, _ in first }
        }
        for (index, path) in moduleNames.enumerated() {
            if index > 0 { stream.text(",") }
            let buildID = buildIDs[path] ?? ""
            let fields = [
                ("name", Self.baseName(path)), ("path", path), ("debugName", Self.baseName(path)), ("debugPath", path),
                ("breakpadId", Self.breakpadID(buildID)), ("arch", ""),
            ]
            stream.text("{")
            for (name, value) in fields {
                stream.text("\"\(name)\":")
                stream.jsonString(value)
                stream.text(",")
            }
            stream.text("\"codeId\":")
            if buildID.isEmpty { stream.text("null") } else { stream.jsonString(buildID) }
            stream.text("}")
        }
    }

    /// A build-id's first 16 bytes as a GUID in little-endian order, and an age of 0; empty where there are fewer.
    static func breakpadID(_ buildID: String) -> String {
        let digits = Array(buildID.uppercased())
        guard digits.count >= 32 else { return "" }
        let bytes = stride(from: 0, to: 32, by: 2).map { String(digits[$0..<$0 + 2]) }
        let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
        return order.map { bytes[$0] }.joined() + "0"
    }

    // MARK: Tables

    private func writeShared(to stream: ExportStream) {
        let nodes = profile.nodes
        let frames = profile.frames
        table("stackTable", count: nodes.count, to: stream) { columns in
            columns.numbers("frame", nodes.indices) { Int(nodes[$0].frame) }
            columns.numbers("prefix", nodes.indices) { nodes[$0].parent < 0 ? nil : Int(nodes[$0].parent) }
        }
        table("frameTable", count: frames.count, to: stream) { columns in
            columns.numbers("address", frames.indices) { address(of: frames[$0]) }
            columns.numbers("inlineDepth", frames.indices) { frames[$0].isInlined ? 1 : 0 }
            columns.numbers("category", frames.indices) { category(of: frames[$0]).rawValue }
            columns.numbers("subcategory", frames.indices) { _ in 0 }
            columns.numbers("func", frames.indices) { functionOfFrame[$0] }
            columns.numbers("nativeSymbol", frames.indices) { _ in nil }
            columns.numbers("innerWindowID", frames.indices) { _ in nil }
            columns.numbers("line", frames.indices) { frames[$0].line }
            columns.numbers("column", frames.indices) { frames[$0].column }
        }
        let list = functionList
        table("funcTable", count: list.count, to: stream) { columns in
            columns.numbers("name", list.indices) { list[$0].name }
            columns.words("isJS", list.count, "false")
            columns.words("relevantForJS", list.count, "false")
            columns.numbers("resource", list.indices) { list[$0].module ?? -1 }
            columns.numbers("source", list.indices) { list[$0].source }
            columns.numbers("lineNumber", list.indices) { _ in nil }
            columns.numbers("columnNumber", list.indices) { _ in nil }
        }
        table("resourceTable", count: moduleNames.count, to: stream) { columns in
            columns.numbers("type", moduleNames.indices) { _ in 1 }
            columns.numbers("lib", moduleNames.indices) { $0 }
            columns.numbers("name", moduleNames.indices) { stringIndex[Self.baseName(moduleNames[$0])] }
            columns.numbers("host", moduleNames.indices) { _ in nil }
        }
        table("nativeSymbols", count: 0, to: stream) { columns in
            for name in ["libIndex", "address", "name", "functionSize"] { columns.numbers(name, 0..<0) { $0 } }
        }
        table("sources", count: sourceNames.count, to: stream) { columns in
            columns.words("uuid", sourceNames.count, "null")
            columns.numbers("filename", sourceNames.indices) { sourceNames[$0] }
        }
        stream.text("\"stringArray\":[")
        for (index, text) in strings.enumerated() {
            if index > 0 { stream.text(",") }
            stream.jsonString(text)
        }
        stream.text("]")
    }

    private func address(of frame: ProfileFrame) -> Int? {
        // Numbers of JavaScript are exact up to here.
        frame.module != nil && frame.address < 1 << 53 ? Int(frame.address) : -1
    }

    private func category(of frame: ProfileFrame) -> Category {
        switch frame.kind {
        case .interpreted: .interpreted
        case .justInTime: .justInTime
        case .marker: .other
        case .native: frame.inApp ? .native : .library
        }
    }

    private func table(_ name: String, count: Int, to stream: ExportStream, _ columns: (FirefoxColumns) -> Void) {
        stream.text("\"\(name)\":{")
        columns(FirefoxColumns(stream: stream))
        stream.text("\"length\":\(count)},")
    }

    // MARK: Threads

    private func write(_ timeline: ThreadTimeline, to stream: ExportStream) {
        let thread = profile.threads[timeline.thread]
        let process = profile.processes[Int(thread.process)]
        let spans = timeline.spans
        stream.text(
            """
            {"processType":"default","processStartupTime":0,"processShutdownTime":null,"registerTime":0,\
            "unregisterTime":null,"pausedRanges":[],"isMainThread":\(thread.tid == process.pid),"pid":"\(process.pid)",\
            "tid":\(thread.tid),"name":
            """)
        stream.jsonString(thread.name.isEmpty ? process.name : thread.name)
        stream.text(",\"processName\":")
        stream.jsonString(process.name)
        stream.text(
            """
            ,"markers":{"data":[],"name":[],"startTime":[],"endTime":[],"phase":[],"category":[],"length":0},\
            "samples":{"weightType":"samples",
            """)
        let columns = FirefoxColumns(stream: stream)
        columns.numbers("stack", spans.indices) { spans[$0].node < 0 ? nil : Int(spans[$0].node) }
        columns.numbers("weight", spans.indices) { Int(profile.samples[spans[$0].sample].count) }
        // Milliseconds.
        columns.list("time", spans.indices) { index in
            stream.thousandths(spans[index].start / 1000)
        }
        if profile.mode == .cpu { columns.numbers("threadCPUDelta", spans.indices) { Int(spans[$0].duration) } }
        stream.text("\"length\":\(spans.count)}}")
    }
}

/// Members of a JSON object that are lists, each with a comma behind it.
private struct FirefoxColumns {
    let stream: ExportStream

    func list(_ name: String, _ indices: Range<Int>, _ element: (Int) -> Void) {
        stream.text("\"\(name)\":[")
        for index in indices {
            if index > indices.lowerBound { stream.byte(UInt8(ascii: ",")) }
            element(index)
        }
        stream.text("],")
    }

    func numbers(_ name: String, _ indices: Range<Int>, _ number: (Int) -> Int?) {
        list(name, indices) { index in
            if let number = number(index) { stream.integer(number) } else { stream.text("null") }
        }
    }

    func words(_ name: String, _ count: Int, _ word: String) { list(name, 0..<count) { _ in stream.text(word) } }
}
