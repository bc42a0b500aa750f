// Programs that the symbolication tests compile, and the reference they are compared with: addr2line.

import CDebugInfo
import Glibc
import LinuxSystem
import TestFiles

@testable import Backtracing

struct CommandFailed: Error {
    let command: String
    let output: String
}

/// Runs a shell command and returns what it printed.
@discardableResult
func shell(_ command: String) throws -> String {
    guard let stream = popen("{ \(command)\n} 2>&1", "r") else {
        throw CommandFailed(command: command, output: "popen")
    }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = fread(&buffer, 1, buffer.count, stream)
        if count == 0 { break }
        output += buffer[..<count]
    }
    let text = String(decoding: output, as: UTF8.self)
    guard pclose(stream) == 0 else { throw CommandFailed(command: command, output: text) }
    return text
}

func hasProgram(_ name: String) -> Bool { (try? shell("command -v \(name)")) != nil }

/// An image as if it had been mapped at `bias`.
final class MappedFile {
    static let bias: UInt64 = 0x5500_0000_0000
    let image: Image
    let descriptor: FileDescriptor?
    let elf: ELFFile
    let bias: UInt64

    /// - Parameters:
    ///   - buildID: what the process's mapping had; the file's own when `nil`.
    ///   - isFileThere: whether the image has its file.
    init(_ path: String, buildID: [UInt8]? = nil, isFileThere: Bool = true) throws {
        let descriptor = try FileDescriptor.open(path, O_RDONLY)
        guard let source = ByteSource(descriptor), let elf = ELFFile(source) else {
            throw CommandFailed(command: path, output: "not an ELF file")
        }
        self.elf = elf
        self.descriptor = descriptor
        let isFixed = elf.segments.first { $0.type == 1 }.map { $0.address > 0 } ?? false
        bias = isFixed ? 0 : Self.bias
        image = Image(
            path: path, isDeleted: !isFileThere, range: bias..<bias + (1 << 32), code: [bias..<bias + (1 << 32)],
            bias: bias, preferredAddress: 0, buildID: buildID ?? elf.buildID, machine: elf.machine,
            file: isFileThere ? descriptor : nil)
    }

    deinit { descriptor?.close() }

    /// The address of a symbol in the process, by nm.
    func address(of symbol: String, in path: String? = nil) throws -> UInt64 {
        let lines = try shell("nm \(path ?? image.path)").split(separator: "\n")
        for line in lines where line.hasSuffix(" \(symbol)") {
            if let address = UInt64(line.prefix { $0 != " " }, radix: 16) { return address &+ bias }
        }
        throw CommandFailed(command: "nm", output: "no \(symbol)")
    }
}

/// What addr2line says of an address.
struct ReferenceFrame: Equatable, CustomStringConvertible {
    var function: String?
    var file: String?
    var line: Int?
    var description: String { "\(function ?? "??") \(file ?? "??"):\(line ?? 0)" }
}

/// Innermost first, for each address of the file.
func referenceFrames(
    _ path: String, _ addresses: [UInt64], in directory: TemporaryDirectory, by program: String = "addr2line"
) throws -> [[ReferenceFrame]] {
    let text = addresses.map { String($0, radix: 16) }.joined(separator: "\n") + "\n"
    try directory.file("addresses", text)
    let output = try shell("\(program) -Cfia -e \(path) < \(directory.path)/addresses")
    var all: [[ReferenceFrame]] = []
    var name: String?
    for line in output.split(separator: "\n", omittingEmptySubsequences: false) where !line.isEmpty {
        if line.hasPrefix("0x"), name == nil {
            all.append([])
        } else if let function = name {
            let place = line.prefix { $0 != " " }
            guard let colon = place.lastIndex(of: ":") else {
                throw CommandFailed(command: "addr2line", output: "\(function): \(line)")
            }
            let number = Int(place[place.index(after: colon)...]) ?? 0
            var file = String(place[..<colon])
            // Without debug information it names the object's source by its STT_FILE symbol: a name without directory.
            if line.hasSuffix(":?") || number == 0, !file.contains("/") { file = "??" }
            all[all.count - 1].append(
                ReferenceFrame(
                    function: function == "??" ? nil : function, file: file == "??" ? nil : normalized(file),
                    line: number == 0 ? nil : number))
            name = nil
            // What the compiler made has no line in any file.
            if file.hasSuffix(">") {
                all[all.count - 1][all[all.count - 1].count - 1].file = nil
                all[all.count - 1][all[all.count - 1].count - 1].line = nil
            }
        } else {
            name = String(line)
        }
    }
    return all
}

/// How far we agree with addr2line on every 16th byte of `.text`.
struct Comparison {
    var addresses = 0
    var functions = 0
    var lines = 0
    var chains = 0
    var differences: [String] = []

    func percent(_ count: Int) -> Double { addresses == 0 ? 100 : Double(count) * 100 / Double(addresses) }
}

func compare(
    _ path: String, in directory: TemporaryDirectory, limit: Int = 20000, with program: String = "addr2line",
    onlyNamed: Bool = false
) throws -> Comparison {
    let mapped = try MappedFile(path)
    guard let text = mapped.elf.section(".text") else { throw CommandFailed(command: path, output: "no .text") }
    let step = max(16, text.size / UInt64(limit) & ~15)
    let addresses = Array(stride(from: text.address, to: text.address + text.size, by: Int(step)))
    let reference = try referenceFrames(path, addresses, in: directory, by: program)
    let symbolicator = Symbolicator(searchPaths: [], rootDirectory: nil, deadline: nil)
    var comparison = Comparison()
    let aliases = try symbolNames(path)
    for (address, expected) in zip(addresses, reference) {
        let found = symbolicator.locations(of: address &+ mapped.bias, in: mapped.image)
        var ours = found.map { ReferenceFrame(function: $0.function, file: $0.file, line: $0.line) }
        if onlyNamed, found.isEmpty { continue }
        // Which of a function's names is shown is a matter of taste.
        if let start = found.last?.functionAddress, found.last?.file == nil, let name = expected.last?.function,
            aliases[start &- mapped.bias]?.contains(name) == true
        {
            ours[ours.count - 1].function = name
        }
        comparison.count(address, ours, expected)
    }
    return comparison
}

/// All names of a file's symbols, by address.
private func symbolNames(_ path: String) throws -> [UInt64: Set<String>] {
    var names: [UInt64: Set<String>] = [:]
    for line in try shell("nm -C \(path); nm -CD \(path)").split(separator: "\n") {
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, let address = UInt64(parts[0], radix: 16) else { continue }
        names[address, default: []].insert(String(parts[2].prefix { $0 != "@" }))
    }
    return names
}

extension Comparison {
    mutating func count(_ address: UInt64, _ ours: [ReferenceFrame], _ reference: [ReferenceFrame]) {
        addresses += 1
        let nothing = ReferenceFrame()
        let ours = ours.isEmpty ? [nothing] : ours
        let isSameFunction = plain(ours[0].function) == plain(reference.first?.function)
        let isSameLine = ours[0].file == reference.first?.file && ours[0].line == reference.first?.line
        let isSameChain =
            ours.count == reference.count
            && zip(ours, reference).allSatisfy { plain($0.function) == plain($1.function) && $0.line == $1.line }
        functions += isSameFunction ? 1 : 0
        lines += isSameLine ? 1 : 0
        chains += isSameChain ? 1 : 0
        guard !(isSameFunction && isSameLine && isSameChain), differences.count < 400 else { return }
        differences.append("\(String(address, radix: 16)): ours \(ours), addr2line \(reference)")
    }

    /// addr2line has parts of functions as `f(int) [clone .cold]` and `f.cold`, and the parameters of some names.
    private func plain(_ name: String?) -> String? {
        guard let name else { return nil }
        let whole = name.split(separator: " [clone", maxSplits: 1).first.map(String.init) ?? name
        return Demangler.demangle(whole.hasSuffix(".abi0") ? String(whole.dropLast(5)) : whole).function
    }
}
