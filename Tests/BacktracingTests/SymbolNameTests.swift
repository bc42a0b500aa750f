// Demangling, symbol tables, JIT maps and source lines: data in, data out.

import Glibc
import LinuxSystem
import SourceFiles
import TestFiles
import Testing

@testable import Backtracing

@Suite struct DemanglerTests {
    @Test(
        arguments: [
            ("main", "main", nil),
            ("_Z3fooi", "foo(int)", "c++"),
            ("_ZN4shop6LedgerIiE3addEi.constprop.0", "shop::Ledger<int>::add(int)", "c++"),
            ("_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const", "c++"),
            ("work.isra.0.cold", "work", nil),
            ("work.part.12", "work", nil),
            ("run.llvm.1234567890", "run", nil),
            ("main.func1", "main.func1", nil),
            ("_ZN3std2rt10lang_start17h0123456789abcdefE", "std::rt::lang_start", "rust"),
            ("_RNvCs4fqI2P2rA04_7mycrate4main", "mycrate::main", "rust"),
            ("$s4main3fooyySiF", "main.foo(Swift.Int) -> ()", "swift"),
            ("_Zbroken", "_Zbroken", nil),
            ("", "", nil),
        ] as [(String, String, String?)])
    func aSymbolBecomesTheNameInTheSource(_ symbol: String, _ function: String, _ language: String?) {
        #expect(Demangler.demangle(symbol) == DemangledName(function: function, language: language))
    }
}

@Suite struct SymbolTableTests {
    private func table(_ symbols: [(name: String, address: UInt64, size: UInt64, info: UInt8)]) -> SymbolTable {
        var strings: [UInt8] = [0]
        let list = symbols.map { symbol in
            defer { strings += Array(symbol.name.utf8) + [0] }
            return Symbol(
                address: symbol.address, size: symbol.size, name: UInt32(strings.count), section: 1, info: symbol.info,
                table: 0)
        }
        var table = SymbolTable()
        let source = list.isEmpty ? [] : list
        var all = [UInt8]()
        all = strings
        table.add(
            source,
            strings: .init(source: .bytes(all), start: 0, end: UInt64(all.count), sectionEnds: [nil, 0x2000]))
        table.sort()
        return table
    }

    @Test func aNameIsValidOnlyInsideItsFunction() {
        let table = table([("a", 0x1000, 16, 0x12), ("b", 0x1020, 16, 0x12)])
        #expect(table.match(0xfff) == nil)
        #expect(table.match(0x1000)?.name == "a")
        #expect(table.match(0x100f)?.name == "a")
        #expect(table.match(0x1010) == nil)
        #expect(table.match(0x1020)?.name == "b")
        #expect(table.match(0x1030) == nil)
    }

    @Test func aFunctionWithoutASizeEndsWhereTheNextBeginsOrWithItsSection() {
        let table = table([("_start", 0x1000, 0, 0x10), ("b", 0x1020, 16, 0x12), ("last", 0x1100, 0, 0x10)])
        #expect(table.match(0x101f)?.name == "_start")
        #expect(table.match(0x1fff)?.name == "last")
        #expect(table.match(0x2000) == nil)
    }

    @Test func aSizedFunctionWinsOverALabelInIt() {
        let table = table([("whole", 0x1000, 64, 0x12), ("label", 0x1010, 0, 0x00)])
        #expect(table.match(0x1018)?.name == "whole")
    }

    @Test func theInnermostOfNestedFunctionsIsTaken() {
        let table = table([("whole", 0x1000, 64, 0x12), ("part", 0x1010, 8, 0x12)])
        #expect(table.match(0x1014)?.name == "part")
        #expect(table.match(0x1030)?.name == "whole")
    }

    @Test func ofSeveralNamesTheOneThatProgramsUseIsTaken() {
        let table = table([
            ("__GI___write", 0x1000, 16, 0x02), ("__write", 0x1000, 16, 0x12), ("write@@GLIBC_2.2.5", 0x1000, 16, 0x22),
        ])
        #expect(table.match(0x1004)?.name == "write")
    }
}

@Suite struct PerfMapTests {
    @Test func theLastWriterOfAnAddressNamesIt() throws {
        let map = PerfMap(
            Array(
                "1000 20 old\n0x2000 10 with spaces in it\n1000 20 new\nbroken\n3000 0 empty\nffffffffffffffff ff x\n"
                    .utf8))
        #expect(map.location(of: 0x1010)?.function == "new")
        #expect(map.location(of: 0x2000)?.function == "with spaces in it")
        #expect(map.location(of: 0x2000)?.functionAddress == 0x2000)
        #expect(map.location(of: 0x2010) == nil)
        #expect(map.location(of: 0x3000) == nil)
    }

    @Test func itIsReadBelowTheProcessesRootAndOnlyFromItsOwnUser() throws {
        let directory = try TemporaryDirectory()
        try shell("mkdir \(directory.path)/tmp")
        try directory.file("tmp/perf-7.map", "10 10 jitted\n")
        let root = try FileDescriptor.open(directory.path, O_RDONLY | O_DIRECTORY)
        defer { root.close() }
        let owner = effectiveUser()
        #expect(PerfMap(process: 7, owner: owner, rootDirectory: root)?.location(of: 0x18)?.function == "jitted")
        #expect(PerfMap(process: 8, owner: owner, rootDirectory: root) == nil)
        try shell("mkfifo \(directory.path)/tmp/perf-9.map")
        #expect(PerfMap(process: 9, owner: owner, rootDirectory: root) == nil)
    }
}

@Suite struct SourceContextTests {
    @Test func fiveLinesAroundAreRead() throws {
        let directory = try TemporaryDirectory()
        try directory.file("a.c", (1...12).map { "line \($0)" }.joined(separator: "\n"))
        let path = directory.path + "/a.c"
        let context = SourceContext(rootDirectory: nil)
        let middle = try #require(context.lines(around: 7, of: path, builtAt: nil))
        #expect(middle.before == (2...6).map { "line \($0)" })
        #expect(middle.line == "line 7")
        #expect(middle.after == (8...12).map { "line \($0)" })
        #expect(context.lines(around: 1, of: path, builtAt: nil)?.before == [])
        #expect(context.lines(around: 12, of: path, builtAt: nil)?.after == [])
        #expect(context.lines(around: 13, of: path, builtAt: nil) == nil)
        #expect(context.lines(around: 0, of: path, builtAt: nil) == nil)
    }

    @Test func aSourceThatIsNewerThanTheImageIsLeftOut() throws {
        let directory = try TemporaryDirectory()
        try directory.file("a.c", "x\n")
        let context = SourceContext(rootDirectory: nil)
        #expect(context.lines(around: 1, of: directory.path + "/a.c", builtAt: .max) != nil)
        #expect(context.lines(around: 1, of: directory.path + "/a.c", builtAt: 1) == nil)
    }

    @Test func onlyRegularTextFilesAreRead() throws {
        let directory = try TemporaryDirectory()
        try directory.file("binary", "a\0b\n")
        try directory.file("long", String(repeating: "ä", count: 300) + "\n")
        try shell("mkfifo \(directory.path)/fifo")
        let context = SourceContext(rootDirectory: nil)
        for name in ["binary", "fifo", "absent"] {
            #expect(context.lines(around: 1, of: "\(directory.path)/\(name)", builtAt: nil) == nil, "\(name)")
        }
        #expect(context.lines(around: 1, of: directory.path + "/long", builtAt: nil)?.line.utf8.count == 250)
    }
}
