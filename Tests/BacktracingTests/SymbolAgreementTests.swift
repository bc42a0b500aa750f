// Function, file, line and inlined calls of real programs, against addr2line.

import Glibc
import TestFiles
import Testing

@testable import Backtracing

private let inlining = """
    #include <stdio.h>
    #include <stdlib.h>
    struct node { struct node *next; int value; };
    static inline int square(int x) { return x * x + (x & 3); }
    static inline int weigh(struct node *n, int k) {
        int sum = 0;
        for (; n; n = n->next) sum += square(n->value) * k + square(k);
        return sum;
    }
    static struct node *push(struct node *head, int value) {
        struct node *n = malloc(sizeof *n);
        if (!n) abort();
        n->next = head;
        n->value = value;
        return n;
    }
    __attribute__((noinline)) int work(int count) {
        struct node *head = 0;
        for (int i = 0; i < count; i++) head = push(head, i);
        int total = weigh(head, count) + weigh(head ? head->next : 0, count + 1);
        while (head) { struct node *next = head->next; free(head); head = next; }
        return total;
    }
    int main(int argc, char **argv) {
        (void)argv;
        printf("%d\\n", work(argc * 10));
        return 0;
    }
    """

private let templates = """
    #include <algorithm>
    #include <functional>
    #include <iostream>
    #include <map>
    #include <memory>
    #include <numeric>
    #include <regex>
    #include <string>
    #include <unordered_map>
    #include <vector>
    namespace shop {
    template <typename Key, typename Value> class Ledger {
    public:
        void add(Key key, Value value) { entries[key].push_back(value); }
        Value total() const {
            Value sum{};
            for (auto &entry : entries) sum += std::accumulate(entry.second.begin(), entry.second.end(), Value{});
            return sum;
        }
        template <typename Function> void each(Function f) const {
            for (auto &entry : entries) std::for_each(entry.second.begin(), entry.second.end(), f);
        }
    private:
        std::map<Key, std::vector<Value>> entries;
    };
    struct Base { virtual ~Base() = default; virtual double price(int) const = 0; };
    struct Discount : Base { double price(int n) const override { return n > 3 ? n * 0.9 : n; } };
    }
    int main(int argc, char **argv) {
        shop::Ledger<std::string, double> ledger;
        std::unique_ptr<shop::Base> rule = std::make_unique<shop::Discount>();
        std::unordered_map<std::string, int> seen;
        std::regex word("[a-z]+([0-9]*)");
        for (int i = 0; i < 100 * argc; i++) {
            std::string name = "item" + std::to_string(i % 7);
            std::smatch match;
            if (std::regex_match(name, match, word)) seen[match[1]]++;
            ledger.add(name, rule->price(i));
        }
        double largest = 0;
        ledger.each([&](double value) { largest = std::max(largest, value); });
        std::vector<std::function<double(double)>> steps{[](double x) { return x + 1; }, [=](double x) { return x * largest; }};
        double result = ledger.total();
        for (auto &step : steps) result = step(result);
        std::cout << result << " " << seen.size() << " " << argv[0] << std::endl;
    }
    """

private let rust = """
    use std::collections::BTreeMap;
    trait Shape { fn area(&self) -> f64; }
    struct Square(f64);
    impl Shape for Square { fn area(&self) -> f64 { self.0 * self.0 } }
    fn tally<T: Ord + Clone>(items: &[T]) -> BTreeMap<T, usize> {
        let mut map = BTreeMap::new();
        for item in items { *map.entry(item.clone()).or_insert(0) += 1; }
        map
    }
    fn main() {
        let words: Vec<String> = std::env::args().flat_map(|a| a.chars().map(|c| c.to_string()).collect::<Vec<_>>()).collect();
        let shapes: Vec<Box<dyn Shape>> = words.iter().map(|w| Box::new(Square(w.len() as f64)) as Box<dyn Shape>).collect();
        println!("{:?} {}", tally(&words), shapes.iter().map(|s| s.area()).sum::<f64>());
    }
    """

private let swift = """
    struct Ledger<Key: Hashable> {
        var entries: [Key: [Double]] = [:]
        mutating func add(_ key: Key, _ value: Double) { entries[key, default: []].append(value) }
        func total() -> Double { entries.values.reduce(0) { $0 + $1.reduce(0, +) } }
    }
    var ledger = Ledger<String>()
    for index in 0..<CommandLine.arguments.count * 10 { ledger.add("item\\(index % 7)", Double(index)) }
    print(ledger.total(), ledger.entries.keys.sorted())
    """

private let go = """
    package main
    import ("fmt"; "os"; "sort"; "strings")
    type ledger struct { entries map[string][]float64 }
    func (l *ledger) add(key string, value float64) { l.entries[key] = append(l.entries[key], value) }
    func (l *ledger) total() (sum float64) {
        for _, list := range l.entries { for _, v := range list { sum += v } }
        return
    }
    func main() {
        l := &ledger{map[string][]float64{}}
        for i := range strings.Repeat(os.Args[0], 3) { l.add(fmt.Sprint("item", i%7), float64(i)) }
        keys := []string{}
        for k := range l.entries { keys = append(keys, k) }
        sort.Strings(keys)
        fmt.Println(l.total(), keys)
    }
    """

struct CompiledProgram: Sendable, CustomStringConvertible {
    let name: String
    let compiler: String
    let flags: String
    let source: String
    let suffix: String
    var description: String { name }

    static let all = [
        CompiledProgram(name: "c-dwarf4", compiler: "gcc", flags: "-O2 -gdwarf-4", source: inlining, suffix: "c"),
        CompiledProgram(name: "c-dwarf5", compiler: "gcc", flags: "-O2 -gdwarf-5", source: inlining, suffix: "c"),
        CompiledProgram(name: "c-O0", compiler: "gcc", flags: "-O0 -g", source: inlining, suffix: "c"),
        CompiledProgram(name: "c-gz", compiler: "gcc", flags: "-O2 -g -gz", source: inlining, suffix: "c"),
        CompiledProgram(
            name: "c-zdebug", compiler: "gcc", flags: "-O2 -gdwarf-4 -gz=zlib-gnu", source: inlining, suffix: "c"),
        CompiledProgram(name: "c-g1", compiler: "gcc", flags: "-O2 -g1", source: inlining, suffix: "c"),
        CompiledProgram(
            name: "c-static", compiler: "gcc", flags: "-O2 -g -static", source: inlining, suffix: "c"),
        CompiledProgram(name: "c-no-debug", compiler: "gcc", flags: "-O2", source: inlining, suffix: "c"),
        CompiledProgram(name: "c-clang", compiler: "clang", flags: "-O2 -g", source: inlining, suffix: "c"),
        CompiledProgram(name: "c++-O0", compiler: "g++", flags: "-O0 -g", source: templates, suffix: "cc"),
        CompiledProgram(name: "c++-O2", compiler: "g++", flags: "-O2 -g", source: templates, suffix: "cc"),
        CompiledProgram(name: "c++-lto", compiler: "g++", flags: "-O2 -g -flto", source: templates, suffix: "cc"),
        CompiledProgram(
            name: "rust-legacy", compiler: "rustc",
            flags: "-g -O -C symbol-mangling-version=legacy -Z unstable-options",
            source: rust, suffix: "rs"),
        CompiledProgram(
            name: "rust-v0", compiler: "rustc", flags: "-g -O -C symbol-mangling-version=v0", source: rust,
            suffix: "rs"),
        CompiledProgram(name: "swift", compiler: "swiftc", flags: "-g -O", source: swift, suffix: "swift"),
        CompiledProgram(name: "go", compiler: "go", flags: "build", source: go, suffix: "go"),
    ].filter { hasProgram($0.compiler) }

    func compile(in directory: TemporaryDirectory) throws -> String {
        let source = "\(name).\(suffix)"
        try directory.file(source, self.source + "\n")
        let output = "\(directory.path)/\(name)"
        try shell("cd \(directory.path) && RUSTC_BOOTSTRAP=1 \(compiler) \(flags) -o \(output) \(source)")
        return output
    }
}

@Suite struct SymbolAgreementTests {
    @Test(arguments: CompiledProgram.all)
    func everySixteenthByteHasTheFunctionLineAndInlinedCallsThatAddr2lineFinds(_ program: CompiledProgram) throws {
        let directory = try TemporaryDirectory()
        let path = try program.compile(in: directory)
        // binutils 2.40 gives inlined functions of these compilers' units the name of the function around them.
        let reference = ["clang", "swiftc", "go"].contains(program.compiler) ? "llvm-addr2line" : "addr2line"
        guard hasProgram(reference) else { return }
        let comparison = try compare(path, in: directory, with: reference)
        report(program.name, comparison)
        #expect(comparison.addresses > 10)
        #expect(comparison.percent(comparison.functions) >= 99)
        #expect(comparison.percent(comparison.lines) >= 99)
        #expect(comparison.percent(comparison.chains) >= 99)
    }
}

@Suite struct LibrarySymbolTests {
    /// addr2line gives what is between functions the name of the one before; we give it none.
    @Test(arguments: ["/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib/aarch64-linux-gnu/libstdc++.so.6"])
    func whatIsNamedInAStrippedLibraryHasTheNameThatAddr2lineFinds(_ path: String) throws {
        guard access(path, R_OK) == 0 else { return }
        let comparison = try compare(path, in: TemporaryDirectory(), limit: 40000, onlyNamed: true)
        report("libstdc++", comparison)
        #expect(comparison.addresses > 1000)
        #expect(comparison.percent(comparison.functions) >= 99)
    }
}

func report(_ name: String, _ comparison: Comparison) {
    print(
        "agreement \(name): \(comparison.addresses) addresses, functions \(comparison.percent(comparison.functions)) %,",
        "lines \(comparison.percent(comparison.lines)) %, chains \(comparison.percent(comparison.chains)) %")
    for difference in comparison.differences.prefix(25) { print("   ", difference) }
}
