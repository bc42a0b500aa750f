import SentryProtocol
import Testing

@testable import OutputCapture

/// Lines that mention errors and are none.
@Suite struct LookalikeTests {
    private static let lines = """
        error: could not connect, retrying in 5 s
        ERROR: something went wrong in module 3
        ERROR something else went wrong
        ERROR:  the operator was asked and said no
        2026-11-28 07:13:35 ERROR Assertion of the cache failed, rebuilding
        Assertion failed: retrying the request
        [error] Process 4711 raised an exception
        ** (see the manual) for how to set this up **
        *** Welcome to the machine room ***
        *** WARNING: the disk is nearly full ***
        ** IMPORTANT (read this) **
        ==================================================
        == Summary ==
        ==> Installing dependencies
        tests/test_heap.c: 12 passed, 0 failed
        config.yaml: line 3: unknown key 'colour', ignored
        nginx.conf: line 12: directive is deprecated
        report.csv: line 7: Permission denied to user 4, row skipped
        parser: line 4: 12 tokens
        GET /index.html: not found (404)
        user 42: 17: not found
        cache miss: key 'a' not found
        a.txt: No such file or directory, created
        cat: gone.txt: No such file or directory
        ls: cannot open directory '/root': Permission denied
        open /etc/passwd: permission denied
        free(): 128 of 512 buffers released
        malloc(): statistics follow in the next line, see the manual for their meaning and how to read them.
        terminate called for job 7
        terminating connections, 3 left
        pg_dump: creating TABLE "public.customer"
        psql (15.3 (Debian 15.3-0+deb12u1))
        ERROR 404 (Not Found): the page does not exist
        ERROR 12 at line 3
        LINE 1: is where it begins
        Parse error rate is 0.02 %
        Parse error near line ending, ignored
        make: Nothing to be done for 'all'.
        make: [Makefile:3: clean] Error 1 (ignored)
        make[1]: Entering directory '/srv/sub'
        remake: *** reading Makefile
        The bus stops here.  Stop.
        CPU 3 halted
        the pump halted
        Execution halted by the operator
        Error in the third row, skipped
        Error in parsing: the file is empty
        Error in lookup : see above
        Warning message:
        Calls: 12 -> 14 in the last minute
        stack traceback: disabled
        Exception: the third of a kind
            at src/main.rs:9:30
        Stacktrace: not available
        init terminating in 3 s
        exception error: 3, exception warning: 7 (counts of the last hour)
        Exception: none.
        Exception: Timeout.
        Fatal error: exception handler was replaced
        Prelude.hs was compiled
        importer: 12 rows, not divided by zero
        backup: user error (see log) was reported
        lua: 12 scripts loaded
        lua5.4: loaded
        luajit: on
        awk: 3 fields
        gawk: reading input
        jq: 12 documents
        parse error count: 3
        Line | Item | Price
        Line |
          12 |  apples
        while executing the plan, 3 steps were skipped
        this was invoked from within the scheduler
        Sanitizer: ready
        AddressSanitizer: enabled
        INFO: ThreadSanitizer: is not available on this machine
        WARNING: ThreadSanitizer: data race detection is switched off
        SUMMARY: AddressSanitizer: 0 problems
        go test: runtime error: see above
        note: runtime error: 12
        Invalid read of size 12 was retried
        ==12== Invalid reads: 3
        Syscall param check passed
        7 blocks are definitely lost in the post
        shell: line 12: 7 tokens
        deploy.sh: 12 hosts
        deploy: line 3: done
        a: 1: b: 2: not found in c
        bash: version 5.2
        escript: exception handling is on
        Error) is what it said
        A process exited with exit value: 3
        Reason for termination ran out
        Non-exhaustive list of changes:
        libc++abi: version 14
        corrupted size of the image, will be loaded once more
        found corruption (2 blocks), repaired
        Unexpected error: none
        Process terminated. See the log.
        goroutine 7 [running]: leaks are looked for
        goroutine 1 [running]:
        Caused by:
        Error: "quoted" and more
        Error: Shop { is } not one
        Error: retry(3) failed
        SIGQUIT: quit
        SIGSEGV: is handled
        FATAL ERROR: none of this size
        fatal runtime errors: 0
        memory allocation of 12 pages
        Node.js v24.19.0
        Thrown at:
        Emitted 'error' event on Socket instance at:
        KeyError        Traceback (most recent call last)
        ╭── Traceback (most recent call last) ──╮
        ╰── end ──╯
        Stack overflow. See above.
                 at the shop.
        """

    @Test func `no exception is seen where there is none`() {
        let found = recognise(Self.lines)
        #expect(found.isEmpty, "\(found.map(\.outline).joined(separator: "\n---\n"))")
    }

    @Test(arguments: 1...5)
    func `nor in any order of the lines`(seed: UInt64) {
        var state = seed
        let shuffled = Self.lines.split(separator: "\n").map { line -> (UInt64, Substring) in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state ^ state >> 29, line)
        }.sorted { $0.0 < $1.0 }.map { String($0.1) }
        let found = recognise(shuffled.joined(separator: "\n"))
        #expect(found.isEmpty, "\(found.map(\.outline).joined(separator: "\n---\n"))")
    }

    @Test(arguments: ["INFO ", "2026-11-28T07:13:35Z ", "[worker-3] ", "    ", "\"", "app | "])
    func `nor behind a prefix`(prefix: String) {
        let found = recognise(Self.lines.split(separator: "\n").map { prefix + $0 }.joined(separator: "\n"))
        #expect(found.isEmpty, "\(found.map(\.outline).joined(separator: "\n---\n"))")
    }
}
