// How runs end: codes, signals, what cannot be executed.

import LinuxSystem
import Testing

@Suite struct ExitTests {
    @Test(arguments: [0, 1, 3, 125, 255])
    func anExitCodeIsTheJobsOwn(code: Int) throws {
        let scene = try Scene()
        defer { scene.remove() }
        #expect(try scene.shell("exec $S --quiet -- sh -c 'exit \(code)'").status == .exited(code: Int32(code)))
    }

    @Test(arguments: [1, 2, 6, 9, 11, 15, 40, 64])
    func aDeathByASignalIsOurDeathByIt(number: Int32) throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            "r = subprocess.run([S, '--quiet', '--', 'sh', '-c', 'kill -\(number) $$']); print(r.returncode)")
        #expect(result.lines == ["-\(number)"])
    }

    @Test func shellStyleTurnsASignalIntoACode() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.shell("exec $S --quiet --exit-code 128+n -- sh -c 'kill -TERM $$'")
        #expect(result.status == .exited(code: 143))
    }

    @Test func noCoreFileIsOursWhenTheJobDies() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let result = try scene.python(
            """
            import resource
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
            p = subprocess.Popen([S, '--quiet', '--', 'sh', '-c', 'ulimit -c 0; kill -ABRT $$'])
            _, status = os.waitpid(p.pid, 0)
            print(os.WTERMSIG(status), os.WCOREDUMP(status))
            """)
        #expect(result.lines == ["6 False"])
    }

    @Test(arguments: [
        ("no-such-program", 127, "no-such-program: not found in PATH"),
        ("./nothing", 127, "./nothing: no such file"),
        ("/etc", 126, "/etc: is a directory"),
        ("/etc/passwd", 126, "/etc/passwd: is not executable (mode 0644)"),
        ("''", 127, "'': the program's name is empty"),
        ("./lost-script", 127, "./lost-script: its interpreter /no/such/sh does not exist"),
        (
            "./windows-script", 127,
            "./windows-script: its interpreter /bin/sh\\r does not exist (the file has Windows line ends)"
        ),
        (
            "./lost-loader", 127,
            "./lost-loader: its loader /lib/ld-none.so.1 does not exist (built for another C library or machine)"
        ),
    ])
    func whatCannotBeExecutedSaysWhy(program: String, code: Int32, message: String) throws {
        let scene = try Scene()
        defer { scene.remove() }
        try scene.write("#!/no/such/sh\n", to: "lost-script", mode: "755")
        try scene.write("#!/bin/sh\r\n", to: "windows-script", mode: "755")
        try scene.shell("sed 's|/lib64/ld-linux-x86-64.so.2|/lib/ld-none.so.1\\x0000000000|' /bin/true >lost-loader")
        try scene.shell(
            "sed -i 's|/lib/ld-linux-aarch64.so.1|/lib/ld-none.so.1\\x000000000|' lost-loader; chmod 755 lost-loader")
        let result = try scene.shell("exec $S -- \(program)")
        #expect(result.status == .exited(code: code))
        #expect(result.errorText.split(separator: "\n").first.map(String.init) == "sentry-run: " + message)
        #expect(result.errorText.hasSuffix("the notice\n"))
        #expect(try scene.reported().contains { $0.hasPrefix("execFailed") })
    }

    @Test func aProgramForAnotherMachineIsNotGivenToTheShell() throws {
        let scene = try Scene()
        defer { scene.remove() }
        // e_machine 243 is RISC-V.
        try scene.shell("cp /bin/true foreign; printf '\\363\\0' | dd of=foreign bs=1 seek=18 conv=notrunc 2>/dev/null")
        let result = try scene.shell("exec $S --quiet -- ./foreign")
        #expect(result.status == .exited(code: 126))
        #expect(result.errorText.hasPrefix("sentry-run: ./foreign: is built for riscv64, this machine is "))
    }

    @Test func aScriptWithoutAFirstLineRunsInTheShell() throws {
        let scene = try Scene()
        defer { scene.remove() }
        try scene.write("echo \"$0 $1 $#\"\n", to: "plain", mode: "755")
        #expect(try scene.shell("$S -- ./plain 'a b' c").text == "./plain a b 2\n")
    }

    @Test func aDeniedFileEarlierInPathDoesNotHideALaterOne() throws {
        let scene = try Scene()
        defer { scene.remove() }
        try scene.shell("mkdir one two; echo 'echo two' >two/prog; chmod 755 two/prog; echo 'echo one' >one/prog")
        let result = try scene.shell("PATH=$PWD/one::$PWD/two:$PATH exec $S --quiet -- prog")
        #expect(result.text == "two\n")
    }
}
