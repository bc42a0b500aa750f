// Where names come from when the program itself has none, and where they must not come from.

import Glibc
import LinuxSystem
import TestFiles
import Testing

@testable import Backtracing

private let program = """
    #include <stdio.h>
    static __attribute__((noinline)) int inner(int x) { return printf("%d", x) + 1; }
    int outer(int x) { return inner(x) * 2; }
    int main(int argc, char **argv) { (void)argv; return outer(argc); }
    """

/// A program with debug information, and copies of it in which it is elsewhere.
private final class Build {
    let directory: TemporaryDirectory
    var path: String { directory.path + "/program" }
    var debug: String { directory.path + "/program.debug" }

    init(flags: String = "-O1 -g", source: String = program) throws {
        directory = try TemporaryDirectory()
        try directory.file("program.c", source + "\n")
        try shell("cd \(directory.path) && gcc \(flags) -o full program.c && cp full program")
        try shell("cd \(directory.path) && objcopy --only-keep-debug full program.debug")
    }

    func run(_ command: String) throws { try shell("cd \(directory.path) && \(command)") }

    /// What is found at the function `inner`.
    func inner(
        searchPaths: [String] = [], buildID: [UInt8]? = nil, root: FileDescriptor? = nil, isFileThere: Bool = true
    ) throws -> (locations: [Backtracing.SourceLocation], notes: [String]) {
        let mapped = try MappedFile(path, buildID: buildID, isFileThere: isFileThere)
        let address = try mapped.address(of: "inner", in: directory.path + "/full") + 2
        let symbolicator = Symbolicator(searchPaths: searchPaths, rootDirectory: root, deadline: nil)
        return (symbolicator.locations(of: address, in: mapped.image), symbolicator.notes)
    }
}

@Suite struct SymbolFileTests {
    @Test func aDebugLinkIsFollowedWhenItsFileMatches() throws {
        let build = try Build()
        try build.run("objcopy --strip-all --add-gnu-debuglink=program.debug full program")
        let found = try build.inner().locations
        #expect(found.last?.function == "inner")
        #expect(found.last?.line == 2)
        #expect(found.last?.file == build.directory.path + "/program.c")
    }

    @Test func withoutABuildIDTheChecksumOfADebugLinkDecides() throws {
        let build = try Build(flags: "-O1 -g -Wl,--build-id=none")
        try build.run("objcopy --strip-all --add-gnu-debuglink=program.debug full program")
        #expect(try build.inner().locations.last?.line == 2)
        try build.run("printf x >> program.debug")
        #expect(try build.inner().locations.isEmpty)
    }

    @Test func aSearchPathMayHaveDebugFilesByBuildIDByNameOrByPath() throws {
        let build = try Build()
        try build.run("objcopy --strip-all full program && mkdir id flat path whole")
        let id = try MappedFile(build.path).elf.buildID.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        try build.run("mkdir -p id/.build-id/\(id.prefix(2)) path\(build.directory.path)")
        try build.run("cp program.debug id/.build-id/\(id.prefix(2))/\(id.dropFirst(2)).debug")
        try build.run("cp program.debug flat/ && cp full whole/program")
        try build.run("cp program.debug path\(build.directory.path)/program.debug && rm program.debug")
        #expect(try build.inner().locations.isEmpty)
        for directory in ["id", "flat", "path", "whole"] {
            let found = try build.inner(searchPaths: [build.directory.path + "/" + directory]).locations
            #expect(found.last?.function == "inner", "\(directory)")
            #expect(found.last?.line == 2, "\(directory)")
        }
    }

    @Test func aDebugFileIsFoundBelowTheProcessesOwnRoot() throws {
        let build = try Build()
        try build.run("objcopy --strip-all full program && mkdir -p root/symbols && ln -s /symbols root/link")
        try build.run("mv program.debug root/symbols/")
        let root = try FileDescriptor.open(build.directory.path + "/root", O_RDONLY | O_DIRECTORY)
        defer { root.close() }
        #expect(try build.inner(searchPaths: ["/link"], root: root).locations.last?.line == 2)
        #expect(try build.inner(searchPaths: ["/link"]).locations.isEmpty)
    }

    @Test func aDebugFileOfAnotherBuildNamesNothing() throws {
        let build = try Build()
        let other = try Build(source: "int more(void) { return 1; }\n" + program)
        try build.run("objcopy --strip-all --add-gnu-debuglink=program.debug full program")
        try build.run("cp \(other.debug) program.debug")
        #expect(try build.inner(searchPaths: [build.directory.path]).locations.isEmpty)
    }

    @Test func aReplacedProgramNamesNothing() throws {
        let build = try Build()
        let other = [UInt8](repeating: 7, count: 20)
        #expect(try build.inner().locations.last?.line == 2)
        #expect(try build.inner(buildID: other).locations.isEmpty)
    }

    @Test func aProgramThatIsGoneIsNamedByItsDebugFile() throws {
        let build = try Build()
        let found = try build.inner(searchPaths: [build.directory.path], isFileThere: false).locations
        #expect(found.last?.line == 2)
        #expect(try build.inner(isFileThere: false).locations.isEmpty)
    }

    @Test(.enabled(if: hasProgram("xz"), "needs xz"))
    func aStrippedProgramsCompressedTableHasItsFunctions() throws {
        let build = try Build()
        try build.run(
            "objcopy -S --remove-section .gdb_index --remove-section .comment program.debug /dev/null || true")
        try build.run("objcopy --only-keep-debug full mini && objcopy -g mini mini && xz -f mini")
        try build.run("objcopy --strip-all --add-section .gnu_debugdata=mini.xz full program && rm program.debug")
        let found = try build.inner().locations
        #expect(found.map(\.function) == ["inner"])
        #expect(found.last?.line == nil)
    }

    @Test func aFullyStrippedProgramHasNoNamesButThoseItImportsThrough() throws {
        let build = try Build()
        try build.run("objcopy --strip-all full program && rm program.debug")
        #expect(try build.inner().locations.isEmpty)
        let mapped = try MappedFile(build.path)
        let table = try #require(mapped.elf.section(".plt.sec") ?? mapped.elf.section(".plt"))
        let symbolicator = Symbolicator(searchPaths: [], rootDirectory: nil, deadline: nil)
        let names = stride(from: table.address, to: table.address + table.size, by: 16).compactMap {
            symbolicator.name(of: $0 + 4 + mapped.bias, in: mapped.image)?.function
        }
        #expect(names.contains("printf@plt") || names.contains("__printf_chk@plt"))
    }

    @Test func dynamicSymbolsAreReadFromMemoryWhenTheFileIsGone() throws {
        let build = try Build(flags: "-O1 -shared -fPIC")
        try build.run("objcopy --strip-all full program && rm program.debug")
        let mapped = try MappedFile(build.path, isFileThere: false)
        let source = mapped.elf.source
        let loads = mapped.elf.segments.filter { $0.type == 1 }
        let contents = ImageContents(headerAddress: 0) { address, count in
            guard let load = loads.first(where: { address >= $0.address && address - $0.address < $0.fileSize }) else {
                return nil
            }
            return source.read(load.offset + (address - load.address), exactly: count)
        }
        let address = try mapped.address(of: "outer", in: build.directory.path + "/full") + 1
        let symbolicator = Symbolicator(searchPaths: [], rootDirectory: nil, deadline: nil)
        #expect(symbolicator.name(of: address, in: mapped.image, contents: contents)?.function == "outer")
    }

    @Test func afterTheDeadlineNothingIsReadAndANoteSaysSo() throws {
        let build = try Build()
        let mapped = try MappedFile(build.path)
        let address = try mapped.address(of: "inner")
        let symbolicator = Symbolicator(
            searchPaths: [], rootDirectory: nil, deadline: MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds - 1)
        )
        #expect(symbolicator.locations(of: address, in: mapped.image).isEmpty)
        #expect(symbolicator.notes.count == 1)
    }

    @Test func splitUnitsAreReadWhereTheyAreAndMissedWhereTheyAreNot() throws {
        let build = try Build(flags: "-O1 -g -gsplit-dwarf")
        let found = try build.inner().locations
        #expect(found.last?.function == "inner")
        #expect(found.last?.line == 2)
        try build.run("rm *.dwo")
        let without = try build.inner()
        #expect(without.locations.last?.function == "inner")
        #expect(without.locations.last?.line == 2)
        #expect(without.notes.contains { $0.contains(".dwo") })
    }

    @Test func mutatedFilesAreReadWithoutTrapping() throws {
        let build = try Build(flags: "-O1")
        let original = try FileDescriptor.open(build.path, O_RDONLY).readAll()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...24, using: &random) {
                // Half of them in the headers, where lies matter most.
                let inHeaders = Bool.random(using: &random)
                let headers = Array(0..<64) + Array(bytes.count - 64 * 30..<bytes.count)
                let index = inHeaders ? headers.randomElement(using: &random) ?? 0 : bytes.indices.randomElement() ?? 0
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
            guard let file = ELFFile(.bytes(bytes)) else { continue }
            var table = SymbolTable()
            table.add(file)
            table.addMiniDebugInformation(of: file)
            table.sort()
            let linkage = ProcedureLinkage(file)
            _ = (file.debugLink, file.decompressedDebugSize, file.hasDebugInformation, file.isGo)
            for address in stride(from: UInt64(0x1000), to: 0x1400, by: 64) {
                _ = table.match(address) ?? linkage.match(address)
            }
            let contents = ImageContents(headerAddress: 0) { address, count in
                file.source.read(address, exactly: count)
            }
            _ = DynamicSymbols(contents, bias: 0)
        }
    }
}
