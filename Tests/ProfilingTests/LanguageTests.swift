import Glibc
import TestFiles
import Testing

@testable import Profiling

/// The same program in several languages: three functions with 70, 20 and 10 % of the time.
@Suite(.serialized, .enabled(if: mayProfile, "the kernel does not permit sampling"))
struct LanguageTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Writes the source and compiles it.
    ///
    /// - Parameter command: with `SOURCE` and `PROGRAM` for the files.
    private func make(_ name: String, _ source: String, _ command: String) throws -> String {
        try directory.file(name, source)
        let program = directory.path + "/program"
        try shell("cd \(directory.path) && HOME=${HOME:-\(directory.path)} \(command) \(name)")
        return program
    }

    /// - Parameter least: percent that the three have together; the rest is the runtime's own.
    private func expectShares(of run: SampledRun, within tolerance: Double = 3, least: Double = 85) {
        #expect(run.status == 0)
        #expect(run.profile.tally.taken > 200)
        let all = ["seventy", "twenty", "ten"].map { run.share(ownOf: $0) }
        let total = all.reduce(0, +)
        #expect(total > least, "\(run.innermost)")
        for (share, truth) in zip(all, [70.0, 20, 10]) {
            #expect(
                isShare(share / total * 100, truth, of: run.profile.tally.taken, within: tolerance), "\(all)")
        }
    }

    @Test(.enabled(if: isInstalled("g++"), "needs g++"), arguments: ["-O0", "-O3 -fomit-frame-pointer"])
    func `C++ has its shares and whole stacks`(options: String) throws {
        let program = try make("program.cc", cxxSource, "g++ -std=c++17 \(options) -o program")
        let run = try SampledRun(program, frequency: 2000, stackBytes: 8192)
        #expect(run.status == 0)
        #expect(run.profile.tally.taken > 200)
        #expect(run.completeness >= 99, "\(run.incomplete)")
        let adding = run.share(withAll: ["main", "Sum::add"])
        let sorting = run.share(withAll: ["main", "Sum::sort"])
        #expect(adding > 5 && sorting > 5 && adding + sorting > 90, "\(run.innermost)")
        #expect(run.share(withAll: ["main", "Sum::add", "Square::area"]) > 5, "\(run.innermost)")
    }

    @Test(.enabled(if: isInstalled("g++"), "needs g++"), arguments: ["-O2", "-O2 -fno-omit-frame-pointer"])
    func `C++ that does nothing but throw has whole stacks`(options: String) throws {
        let program = try make("program.cc", throwingSource, "g++ -std=c++17 \(options) -o program")
        let run = try SampledRun(program, frequency: 2000, stackBytes: 8192)
        #expect(run.profile.tally.taken > 500)
        #expect(run.completeness >= 99, "\(run.incomplete)")
        #expect(run.share(withAll: ["main", "step", "thrower"]) > 60, "\(run.innermost)")
    }

    @Test(.enabled(if: isInstalled("rustc"), "needs rustc"))
    func `Rust has its shares and whole stacks`() throws {
        let run = try SampledRun(
            try make("program.rs", rustSource, "rustc --edition 2021 -O -o program"), frequency: 2000, stackBytes: 8192)
        expectShares(of: run)
        #expect(run.completeness >= 99, "\(run.incomplete)")
        #expect(run.share(withAll: ["program::Work::step", "program::seventy"]) > 55)
    }

    @Test(.enabled(if: isInstalled("go"), "needs go"))
    func `Go has its shares and whole stacks`() throws {
        let run = try SampledRun(
            try make(
                "program.go", goSource,
                "GOFLAGS=-mod=mod GOCACHE=${GOCACHE:-\(directory.path)/cache} go build -o program"),
            frequency: 2000, stackBytes: 8192)
        expectShares(of: run)
        #expect(run.completeness >= 99, "\(run.incomplete)")
        #expect(run.share(withAll: ["runtime.main", "main.main", "main.(*work).step", "main.seventy"]) > 55)
    }

    @Test(.enabled(if: isInstalled("swiftc"), "needs swiftc"), arguments: ["-Onone", "-O -g"])
    func `Swift has its shares and whole stacks`(options: String) throws {
        let run = try SampledRun(
            try make("main.swift", swiftSource, "swiftc \(options) -o program"), frequency: 2000, stackBytes: 8192)
        expectShares(of: run)
        #expect(run.completeness >= 99, "\(run.incomplete)")
        #expect(run.share(withAll: ["main", "step", "seventy"]) > 55)
    }

    // MARK: Compiled while they run

    @Test(.enabled(if: isInstalled("node"), "needs node"))
    func `Node's functions have the names of its perf map`() throws {
        try directory.file("program.js", nodeSource)
        // It leaves a log where it runs.
        let run = try SampledRun(
            "env -C \(directory.path) node --perf-basic-prof --interpreted-frames-native-stack program.js",
            frequency: 2000, stackBytes: 16384)
        defer { removeMaps(of: run) }
        expectShares(of: run, within: 5, least: 60)
        #expect(run.share(withAll: ["step", "seventy"]) > 50, "\(run.innermost)")
        #expect(run.profile.frames.contains { $0.kind == .justInTime && $0.function.contains("program.js") })
        #expect(run.completeness >= 90, "\(run.incomplete)")
    }

    @Test(.enabled(if: isInstalled("node"), "needs node"))
    func `Node's functions have the names of the dump of its code`() throws {
        try directory.file("program.js", nodeSource)
        // It writes jit-PID.dump where it runs.
        let run = try SampledRun(
            "env -C \(directory.path) node --perf-prof --interpreted-frames-native-stack program.js", frequency: 2000,
            stackBytes: 16384)
        #expect(outputOfShell("ls \(directory.path)/jit-*.dump") != nil)
        // Writing the dump takes from the time that is sampled.
        expectShares(of: run, within: 8, least: 60)
        #expect(run.share(withAll: ["step", "seventy"]) > 50, "\(run.innermost)")
        #expect(run.profile.frames.contains { $0.kind == .justInTime && $0.function.contains("program.js") })
        #expect(run.completeness >= 90, "\(run.incomplete)")
    }

    @Test(.enabled(if: isInstalled("javac"), "needs javac"))
    func `Java's methods have the names of its perf map`() throws {
        _ = try make("Program.java", javaSource, "javac -d .")
        let run = try SampledRun(
            "java -XX:+UnlockDiagnosticVMOptions -XX:+DumpPerfMapAtExit -XX:+PreserveFramePointer"
                + " -XX:-Inline -XX:+UseSerialGC -Xshare:auto -cp \(directory.path) Program",
            frequency: 2000, stackBytes: 16384)
        defer { removeMaps(of: run) }
        #expect(run.status == 0)
        let all = ["seventy", "twenty", "ten"].map { run.share(ownOf: $0) }
        let total = all.reduce(0, +)
        // The rest is the machine's own start.
        #expect(total > 40, "\(run.innermost)")
        #expect(abs(all[0] / total * 100 - 70) <= 6, "\(all)")
    }

    private func removeMaps(of run: SampledRun) {
        for process in run.profile.processes { unlink("/tmp/perf-\(process.pid).map") }
    }
}

extension SampledRun {
    /// In percent: the samples that are in a function whose name has this in it.
    func share(ownOf part: String) -> Double {
        share { ($0.last ?? "").isOf(part) }
    }

    /// In percent: the samples with all of these in their stack.
    func share(withAll parts: [String]) -> Double {
        share { functions in parts.allSatisfy { part in functions.contains { $0.isOf(part) } } }
    }

    private func share(_ condition: ([String]) -> Bool) -> Double {
        func weight(_ samples: [ProfileSample]) -> Double { samples.reduce(0) { $0 + Double($1.weight) } }
        return weight(profile.samples.filter { condition(functions($0)) }) / max(1, weight(profile.samples)) * 100
    }

    /// The ends of the most frequent stacks, for a failure's message.
    var innermost: [String] {
        let ends = profile.samples.reduce(into: [String: Int64]()) {
            $0[functions($1).suffix(4).joined(separator: ";"), default: 0] += $1.weight
        }
        return ends.sorted { $0.value > $1.value }.prefix(12).map { "\($0.value / 1_000_000) ms \($0.key)" }
    }
}

extension String {
    /// Whether it is the name of this function, however the language decorates it.
    fileprivate func isOf(_ function: String) -> Bool {
        let pattern = Array(function.utf8)
        let name = Array(utf8)
        guard name.count >= pattern.count else { return false }
        return (0...(name.count - pattern.count)).contains { start in
            let end = start + pattern.count
            return name[start..<end].elementsEqual(pattern)
                && (start == 0 || !isWord(name[start - 1])) && (end == name.count || !isWord(name[end]))
        }
    }

    private func isWord(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
            || byte == UInt8(ascii: "_")
    }
}

private let cxxSource = #"""
    #include <algorithm>
    #include <ctime>
    #include <functional>
    #include <map>
    #include <memory>
    #include <string>
    #include <vector>
    #define APART __attribute__((noinline, noipa))

    struct Shape { virtual ~Shape() = default; virtual double area() const = 0; };
    struct Square : Shape {
        volatile double side = 2;
        APART double area() const override { double x = 0; for (int i = 0; i < 300; i++) x += side * i; return x; }
    };
    struct Sum {
        std::vector<std::unique_ptr<Shape>> shapes;
        std::map<std::string, double> sums;
        APART void add() {
            std::function<void(const std::unique_ptr<Shape> &)> one = [this](const auto &shape) {
                sums["of " + std::to_string(shapes.size())] += shape->area();
            };
            std::for_each(shapes.begin(), shapes.end(), one);
        }
        APART double sort() {
            std::vector<double> values;
            for (int i = 0; i < 2000; i++) values.push_back((i * 7919) % 2003);
            std::sort(values.begin(), values.end(), [](double a, double b) { return a > b; });
            return values.front();
        }
    };
    int main() {
        Sum sum;
        for (int i = 0; i < 200; i++) sum.shapes.push_back(std::make_unique<Square>());
        double all = 0;
        while (std::clock() < CLOCKS_PER_SEC / 2) { sum.add(); all += sum.sort(); }
        return all == 42;
    }
    """#

private let rustSource = #"""
    use std::hint::black_box;
    use std::time::{Duration, Instant};
    #[inline(never)] fn seventy(x: &mut u64) { for i in 0..7000000u64 { *x = black_box(*x ^ i); } }
    #[inline(never)] fn twenty(x: &mut u64) { for i in 0..2000000u64 { *x = black_box(*x ^ i); } }
    #[inline(never)] fn ten(x: &mut u64) { for i in 0..1000000u64 { *x = black_box(*x ^ i); } }
    struct Work { sum: u64 }
    impl Work {
        #[inline(never)] fn step(&mut self) { seventy(&mut self.sum); twenty(&mut self.sum); ten(&mut self.sum); black_box(()); }
    }
    fn main() {
        let thread = std::thread::spawn(|| {
            let mut work = Work { sum: 0 };
            let end = Instant::now() + Duration::from_millis(300);
            while Instant::now() < end { work.step(); }
            black_box(work.sum);
        });
        let mut work = Work { sum: 1 };
        let end = Instant::now() + Duration::from_millis(700);
        while Instant::now() < end { work.step(); }
        black_box(work.sum);
        thread.join().unwrap();
    }
    """#

private let goSource = #"""
    package main
    import "time"
    var sink uint64
    //go:noinline
    func seventy() { for i := 0; i < 7000000; i++ { sink += uint64(i) } }
    //go:noinline
    func twenty() { for i := 0; i < 2000000; i++ { sink += uint64(i) } }
    //go:noinline
    func ten() { for i := 0; i < 1000000; i++ { sink += uint64(i) } }
    type work struct { steps int }
    //go:noinline
    func (w *work) step() { seventy(); twenty(); ten(); w.steps++ }
    func main() {
        w := &work{}
        end := time.Now().Add(700 * time.Millisecond)
        for time.Now().Before(end) { w.step() }
    }
    """#

private let swiftSource = #"""
    #if canImport(Glibc)
    import Glibc
    #endif
    final class Work {
        var sum: UInt64 = 0
        @inline(never) func seventy() {
            var i: UInt64 = 0, x = sum
            while i < 7000000 { x = x &* 31 &+ (x >> 7) &+ i; i &+= 1 }
            sum = x
        }
        @inline(never) func twenty() {
            var i: UInt64 = 0, x = sum
            while i < 2000000 { x = x &* 31 &+ (x >> 7) &+ i; i &+= 1 }
            sum = x
        }
        @inline(never) func ten() {
            var i: UInt64 = 0, x = sum
            while i < 1000000 { x = x &* 31 &+ (x >> 7) &+ i; i &+= 1 }
            sum = x
        }
        @inline(never) func step() { seventy(); twenty(); ten(); sum &+= 1 }
    }
    let work = Work()
    while clock() < CLOCKS_PER_SEC * 7 / 10 { work.step() }
    if work.sum == 42 { print("!") }
    """#

private let throwingSource = #"""
    #include <chrono>
    #include <stdexcept>
    struct Guard { ~Guard(); volatile int value; };
    __attribute__((noinline)) Guard::~Guard() { value = 0; }
    __attribute__((noinline)) int thrower(int depth) {
        Guard guard; guard.value = depth;
        if (depth == 0) throw std::runtime_error("nothing");
        return thrower(depth - 1) + guard.value;
    }
    __attribute__((noinline)) int middle(int depth) {
        Guard guard;
        try { return thrower(depth); } catch (const std::logic_error &) { return 1; }
    }
    __attribute__((noinline)) int step() {
        try { return middle(6); } catch (const std::runtime_error &error) { return error.what()[0]; }
    }
    int main() {
        auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
        long sum = 0;
        while (std::chrono::steady_clock::now() < end) sum += step();
        return sum == 42;
    }
    """#

private let nodeSource = #"""
    let sink = 0;
    function seventy() { let x = sink; for (let i = 0; i < 700000; i++) x = (x * 31 + i) | 0; sink = x; }
    function twenty() { let x = sink; for (let i = 0; i < 200000; i++) x = (x * 31 + i) | 0; sink = x; }
    function ten() { let x = sink; for (let i = 0; i < 100000; i++) x = (x * 31 + i) | 0; sink = x; }
    function step() { seventy(); twenty(); ten(); }
    const end = process.cpuUsage().user + 1000000;
    while (process.cpuUsage().user < end) step();
    """#

private let javaSource = #"""
    public class Program {
        static volatile int sink;
        static void seventy() { int x = sink; for (int i = 0; i < 70000; i++) x = x * 31 + i; sink = x; }
        static void twenty() { int x = sink; for (int i = 0; i < 20000; i++) x = x * 31 + i; sink = x; }
        static void ten() { int x = sink; for (int i = 0; i < 10000; i++) x = x * 31 + i; sink = x; }
        static void step() { seventy(); twenty(); ten(); }
        public static void main(String[] words) {
            long end = System.nanoTime() + 800_000_000L;
            while (System.nanoTime() < end) step();
        }
    }
    """#
