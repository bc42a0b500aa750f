import SentryProtocol
import Testing

@testable import OutputCapture

private func only(_ name: String) throws -> RecognisedException {
    let all = try Recording(name: name).exceptions()
    #expect(all.count == 1, "\(all.map(\.outline))")
    return try #require(all.last)
}

/// The functions of an exception's frames, the innermost first.
private func functions(_ exception: RecognisedException, inAppOnly: Bool = false) -> [String] {
    exception.raised.frames.reversed().filter { !inAppOnly || $0.inApp == true }.map { $0.function ?? "" }
}

/// Recorded programs of languages that do not report on themselves: what a reader of the recording sees.
@Suite struct RecordedLanguageTests {
    @Test func `a Go panic has its chain, its goroutine's frames and the others as threads`() throws {
        let panic = try only("go/panic.1.19-all")
        #expect(panic.platform == "go")
        #expect(panic.ending == .ended)
        #expect(
            panic.links.map(\.value) == [
                "runtime error: index out of range [3] with length 0", "while cleaning up: disk full",
            ])
        #expect(panic.links.first?.mechanism?.source == "recovered")
        #expect(functions(panic) == ["main.func1", "(*store).get", "main.func2", "main"])
        #expect(panic.raised.frames.map(\.line) == [30, 29, 11, 25])
        #expect(panic.raised.frames.allSatisfy { $0.module == "main" && $0.absolutePath == "/tmp/corpus-app/panic.go" })
        #expect(panic.threads.map(\.id) == [1, 6])
        #expect(panic.threads.map(\.state) == ["running", "chan receive"])
        #expect(panic.threads.last?.frames.map(\.function) == ["work"])
    }

    @Test(arguments: [
        ("go/deadlock.1.19", "fatal error", "all goroutines are asleep - deadlock!"),
        ("go/nil_pointer.1.19", "panic", "runtime error: invalid memory address or nil pointer dereference"),
        ("go/maps.1.19", "fatal error", "concurrent map writes"),
        (
            "php/memory.8.2", "Fatal error",
            "Allowed memory size of 4194304 bytes exhausted (tried to allocate 100003840 bytes)"
        ),
        ("php/parse.8.2", "ParseError", #"syntax error, unexpected token "{", expecting variable"#),
        ("php/fatal.8.2", "Error", #"Class "Missing" not found"#),
        ("perl/die.5.36", "die", "Illegal division by zero"),
        ("perl/croak.5.36", "die", "step must be positive"),
        ("perl/method.5.36", "die", #"Can't call method "total" on unblessed reference"#),
        ("rust/panic.1.95-backtrace-0", "panic", "no such row"),
        ("swift/message.6.3", "Fatal error", #"Error raised at top level: message.ConfigError.missing("port")"#),
        ("swift/precondition.6.3-backtrace", "Precondition failed", "count 1 is too small"),
        ("node/syntax.20", "SyntaxError", "Unexpected number"),
        ("python/fault.3.13", "Segmentation fault", nil),
    ])
    func `type and value`(_ name: String, _ type: String, _ value: String?) throws {
        let exception = try only(name)
        #expect(exception.raised.type == type)
        #expect(exception.raised.value == value)
        #expect(!exception.raised.frames.isEmpty)
    }

    @Test func `a data race has both accesses`() throws {
        let race = try only("go/race.1.19")
        #expect(race.raised.type == "DATA RACE")
        #expect(functions(race) == ["add", "main.func1"])
        #expect(race.threads.first?.name?.hasPrefix("Previous write at 0x") == true)
        #expect(race.threads.first?.frames.last?.line == 8)
    }

    @Test func `a Rust backtrace is the application's without the panic's machinery`() throws {
        for mode in ["1", "full"] {
            let panic = try only("rust/panic.1.95-backtrace-\(mode)")
            #expect(functions(panic, inAppOnly: true) == ["panic::Store::get", "panic::main"])
            #expect(panic.raised.frames.filter { $0.inApp == true }.map(\.line) == [15, 9])
            #expect(panic.raised.frames.last?.inApp == false, "the innermost frame is the library's")
        }
    }

    @Test func `a Rust thread's panic is not the end of the program`() throws {
        let panics = try Recording(name: "rust/thread.1.95-backtrace-0").exceptions()
        #expect(panics.map(\.ending) == [.unknown, .ended])
        #expect(panics.map { $0.raised.frames.last?.line } == [6, 10])
    }

    @Test func `inner exceptions of Mono are causes, and what it says twice counts once`() throws {
        let inner = try only("csharp/Inner.mono-6.8")
        #expect(inner.platform == "csharp")
        #expect(inner.links.map(\.type) == ["System.FormatException", "Shop.ConfigException"])
        #expect(functions(inner) == ["Load", "Main"])
        #expect(inner.raised.causes.first?.frames.filter { $0.inApp == true }.map(\.line) == [14, 10])
        let aggregate = try only("csharp/Aggregate.mono-6.8")
        #expect(aggregate.raised.isGroup)
        #expect(aggregate.raised.causes.map(\.value) == ["job 1 failed", "job 2 failed"])
        #expect(aggregate.raised.causes.allSatisfy { $0.frames.count == 4 })
    }

    @Test func `a Swift backtrace has the frames with their places`() throws {
        let fatal = try only("swift/fatal.6.3-backtrace")
        #expect(functions(fatal, inAppOnly: true) == ["pick(_:_:)", "main"])
        #expect(fatal.raised.frames.filter { $0.inApp == true }.map(\.line) == [6, 3])
    }

    @Test func `Carp's stack is the call's, with each call's place`() throws {
        let confess = try only("perl/confess.5.36")
        #expect(
            confess.raised.frames.map(\.outline) == [
                "* - - /tmp/corpus-app/confess.pl:10", "* - main::boot /tmp/corpus-app/confess.pl:9",
                "* - Loader::load /tmp/corpus-app/confess.pl:6",
            ])
    }

    @Test func `a thread's exception is told from the program's own`() throws {
        for name in ["python/thread.3.13", "ruby/thread.3.1"] { #expect(try only(name).ending == .survived) }
        let java = try Recording(name: "java/Plain.17").exceptions()
        #expect(java.map(\.ending) == [.survived, .ended])
        #expect(java.map(\.raised.type) == ["Plain$Boom", "NullPointerException"])
    }

    @Test func `an uncaught Node error is told from a logged one`() throws {
        #expect(try only("node/cause.20").ending == .ended)
        let logged = try Recording(name: "node/logged.20").exceptions()
        #expect(logged.map(\.ending) == [.unknown])
        #expect(logged.first?.raised.type == "TypeError")
    }

    @Test func `PHP in its log is as on its stderr`() throws {
        let logged = try only("php/previous.8.2-log").outline
        #expect(logged == (try only("php/previous.8.2").outline))
    }

    @Test func `a stack that Python's faulthandler dumps is its own thread's`() throws {
        let fault = try only("python/fault.3.8")
        #expect(functions(fault) == ["string_at", "crash", "<module>"])
        #expect(fault.threads.count == 2)
        #expect(fault.threads.first?.frames.last?.function == "sleep")
    }
}

/// Forms of versions and libraries that the corpus has no recording of, as their sources print them.
@Suite struct WrittenLanguageTests {
    @Test func `Ruby since 3.4`() throws {
        let found = recognise(
            """
            main.rb:6:in 'Order#lines': undefined method 'items' for nil (NoMethodError)
            \tfrom main.rb:3:in 'Order#total'
            \tfrom main.rb:9:in '<main>'

            """)
        let exception = try #require(found.first)
        #expect(exception.raised.type == "NoMethodError")
        #expect(exception.raised.value == "undefined method 'items' for nil")
        #expect(functions(exception) == ["Order#lines", "Order#total", "<main>"])
    }

    @Test func `Ruby's reverse order`() throws {
        let found = recognise(
            """
            Traceback (most recent call last):
            \t2: from main.rb:9:in `<main>'
            \t1: from main.rb:3:in `total'
            main.rb:6:in `lines': undefined method `items' for nil:NilClass (NoMethodError)

            """)
        #expect(found.count == 1)
        let exception = try #require(found.first)
        #expect(exception.platform == "ruby")
        #expect(exception.raised.type == "NoMethodError")
        #expect(functions(exception) == ["lines", "total", "<main>"])
    }

    @Test func `.NET since Core, with an aggregate`() throws {
        let found = recognise(
            """
            Unhandled exception. System.AggregateException: One or more errors occurred. (a) (b)
             ---> System.InvalidOperationException: a
               at Shop.Worker.Run(Int32 number) in /srv/app/Worker.cs:line 12
               --- End of inner exception stack trace ---
               at System.Threading.Tasks.Task.WaitAllCore(ReadOnlySpan`1 tasks)
               at Shop.Program.Main(String[] args) in /srv/app/Program.cs:line 8
             ---> (Inner Exception #1) System.ArgumentNullException: b
               at Shop.Worker.Check(String name) in /srv/app/Worker.cs:line 20<---

            Aborted (core dumped)

            """)
        let exception = try #require(found.first)
        #expect(found.count == 1)
        #expect(exception.ending == .ended)
        #expect(exception.raised.type == "System.AggregateException")
        #expect(exception.raised.frames.map(\.line) == [8, nil])
        #expect(
            exception.raised.causes.map(\.type) == ["System.InvalidOperationException", "System.ArgumentNullException"])
        #expect(exception.raised.causes.map { $0.frames.last?.line } == [12, 20])
    }

    @Test func `.NET behind its loggers: indented by the console's, in the line by NLog`() throws {
        let found = recognise(
            """
            fail: Shop.Worker[0]
                  job failed
                  System.InvalidOperationException: no stock
                   ---> System.FormatException: bad
                     at Shop.Parser.Parse(String s) in /srv/app/Parser.cs:line 3
                     --- End of inner exception stack trace ---
                     at Shop.Worker.Run(Int32 number) in /srv/app/Worker.cs:line 12
            info: Shop.Worker[0]
                  going on
            2026-11-28 12:13:14.1234|ERROR|Shop.Worker|job failed|System.InvalidOperationException: no stock
               at Shop.Worker.<>c.<Start>b__3_0(Int32 number) in /srv/app/Worker.cs:line 12
               at Shop.Program.Main(String[] args) in /srv/app/Program.cs:line 8
            going on

            """)
        #expect(found.map(\.raised.type) == ["System.InvalidOperationException", "System.InvalidOperationException"])
        #expect(found.map { $0.raised.frames.map(\.line) } == [[12], [8, 12]])
        #expect(found.first?.raised.causes.map(\.type) == ["System.FormatException"])
        #expect(found.last?.raised.frames.last?.function == "Start { <lambda> }")
        #expect(found.last?.raised.frames.last?.module == "Shop.Worker+<>c")
        #expect(found.allSatisfy { $0.ending == .unknown })
    }

    @Test func `.NET since 5 where a stack overflows, and compiled ahead of time`() throws {
        let found = recognise(
            """
            Stack overflow.
            Repeat 24045 times:
            --------------------------------
               at Shop.Tree.Depth(Int32)
            --------------------------------
               at Shop.Program.Main()
            Unhandled exception. System.TimeoutException: no answer
               at Shop.Loader.<LoadAsync>d__2.MoveNext() + 0x12b
               at Shop.Program.<Main>$(String[] args) + 0x26

            """)
        #expect(found.map(\.raised.type) == ["Stack overflow", "System.TimeoutException"])
        #expect(found.map { functions($0) } == [["Depth", "Main"], ["LoadAsync", "<Main>$"]])
        #expect(found.last?.raised.frames.last?.module == "Shop.Loader")
        #expect(found.allSatisfy { $0.ending == .ended })
    }

    @Test func `anyhow's chain`() throws {
        let found = recognise(
            """
            Error: cannot start the shop

            Caused by:
                0: bad configuration
                1: invalid digit found in string

            Stack backtrace:
               0: shop::load
                         at ./src/main.rs:9:30
               1: std::rt::lang_start

            """)
        let exception = try #require(found.first)
        #expect(
            exception.links.map(\.value) == [
                "invalid digit found in string", "bad configuration", "cannot start the shop",
            ])
        #expect(functions(exception, inAppOnly: true) == ["shop::load"])
    }

    @Test func `eyre's chain with its place`() throws {
        let found = recognise(
            "Error: \n   0: \u{1B}[91mcannot start\u{1B}[0m\n   1: bad port\n\nLocation:\n   src/main.rs:12:5\n")
        let exception = try #require(found.first)
        #expect(exception.links.map(\.value) == ["bad port", "cannot start"])
        #expect(exception.raised.frames.last?.line == 12)
    }

    @Test func `Rust's one-line form`() throws {
        let found = recognise(
            "thread 'main' panicked at 'no such row', src/main.rs:9:30\nnote: run with `RUST_BACKTRACE=1`\n")
        #expect(found.first?.raised.value == "no such row")
        #expect(found.first?.raised.frames.first?.column == 30)
    }

    @Test func `Java with modules, jars and a logger's line before it`() throws {
        let found = recognise(
            """
            2026-11-28 07:13:35.120 ERROR 7 --- [nio-8080-exec-1] c.s.Orders : failed
            java.lang.IllegalStateException: cannot store
            \tat app//com.shop.Store.put(Store.java:14) ~[shop.jar!/:1.2]
            \tat java.base/jdk.internal.reflect.NativeMethodAccessorImpl.invoke0(Native Method) ~[?:?]
            \tat com.shop.Main$Companion.main(Main.kt)
            Caused by: java.io.IOException: disk full
            \t... 2 more
            2026-11-28 07:13:35.121  INFO 7 --- [main] c.s.Orders : going on

            """)
        let exception = try #require(found.first)
        #expect(found.count == 1)
        #expect(
            exception.raised.frames.map(\.module) == [
                "com.shop.Main$Companion", "jdk.internal.reflect.NativeMethodAccessorImpl", "com.shop.Store",
            ])
        #expect(exception.raised.frames.map(\.inApp) == [true, false, true])
        #expect(exception.raised.causes.first?.frames.map(\.function) == ["main", "invoke0"])
    }

    @Test func `a Monolog line with its stack`() throws {
        let found = recognise(
            """
            [2026-11-28 07:13:35] local.ERROR: boom {"exception":"[object] (App\\\\Boom(code: 0): boom at /srv/app/main.php:18)
            [stacktrace]
            #0 /srv/app/index.php(23): App\\\\Loader::boot()
            #1 {main}
            "}

            """)
        let exception = try #require(found.first)
        #expect(exception.raised.value == "boom")
        #expect(exception.raised.frames.map(\.line) == [23, 18])
    }

    @Test func `eval, native and async frames of V8`() throws {
        let found = recognise(
            """
            TypeError: x is not a function
                at new Store (file:///srv/app/store.mjs:3:9)
                at Array.map (<anonymous>)
                at async Promise.all (index 0)
                at /srv/app/node_modules/lib/index.js:1:2
                at Object.get [as size] (C:\\app\\main.js:7:8)

            """)
        let exception = try #require(found.first)
        #expect(functions(exception) == ["Store", "Array.map", "Promise.all", "", "Object.get"])
        #expect(exception.raised.frames.reversed().map(\.inApp) == [true, false, false, false, true])
        #expect(exception.raised.frames.first?.line == 7)
    }
}
