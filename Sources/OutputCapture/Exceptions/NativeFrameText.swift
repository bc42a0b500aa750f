// Frames of native code as sanitizers and valgrind print them.

import SentryProtocol

enum NativeFrameText {
    /// `    #0 0x55bfe5ce632f in total /srv/heap.c:21:5 (heap+0x1160) (BuildId: 93ac)`; ThreadSanitizer prints no address.
    ///
    /// - Returns: `nil` when the line is no frame. The number is the frame's, from 0.
    static func sanitizerFrame(_ line: Substring) -> (number: Int, frame: Frame)? {
        guard let rest = line.trimmed.cutting(prefix: "#"), let (digits, whole) = rest.parts(around: " "),
            let number = digits.wholeNumber
        else { return nil }
        var text = whole
        var frame = Frame()
        if text.begins(with: "0x"), let (address, after) = text.parts(around: " ") {
            frame.instructionAddress = UInt64(address.dropFirst(2), radix: 16)
            text = after.cutting(prefix: "in ") ?? after
        }
        if let (before, build) = text.parts(aroundLast: " (BuildId: "), build.ends(in: ")") { text = before }
        if let (before, module) = text.parts(aroundLast: "("), let (path, _) = module.parts(aroundLast: "+0x"),
            before.isEmpty || before.ends(in: " ")
        {
            frame.package = String(path)
            text = before
        }
        addPlace(text.trimmed, to: &frame)
        mark(&frame)
        return isEmpty(frame) ? nil : (number, frame)
    }

    /// `total /srv/my dir/heap.c:21`, `operator new(unsigned long) <null>`
    private static func addPlace(_ text: Substring, to frame: inout Frame) {
        if let (function, path) = text.parts(aroundLast: " /"), let place = path.place {
            return add(function, "/" + place.file, place.line, place.column, to: &frame)
        }
        if let (function, path) = text.parts(aroundLast: " ") {
            if let place = path.place { return add(function, String(place.file), place.line, place.column, to: &frame) }
            if path == "<null>" { return add(function, nil, nil, nil, to: &frame) }
        }
        add(text, nil, nil, nil, to: &frame)
    }

    private static func add(
        _ function: Substring, _ path: String?, _ line: Int?, _ column: Int?, to frame: inout Frame
    ) {
        let name = function.trimmed
        if !name.isEmpty, name != "<null>" { frame.function = String(name) }
        guard let path else { return }
        frame.filename = String(path.fileName)
        if path.begins(with: "/") { frame.absolutePath = path }
        frame.line = line
        frame.column = column
        if isSystemPath(path[...]) { frame.inApp = false }
    }

    /// `   at 0x1091C8: identity (memory.c:19)`, `   by 0x484417B: free (in /usr/libexec/valgrind/vgpreload.so)`
    static func valgrindFrame(_ line: Substring) -> (isFirst: Bool, frame: Frame)? {
        let text = line.trimmed
        let isFirst = text.begins(with: "at 0x")
        guard isFirst || text.begins(with: "by 0x"), let (head, rest) = text.parts(around: ": ") else { return nil }
        var frame = Frame()
        frame.instructionAddress = UInt64(head.dropFirst(5), radix: 16)
        guard let (function, place) = rest.cutting(suffix: ")")?.parts(aroundLast: " (") else { return nil }
        if function != "???" { frame.function = String(function) }
        if let module = place.cutting(prefix: "in ") {
            frame.package = String(module)
        } else if let (file, line) = place.parts(aroundLast: ":"), let number = line.position {
            add(function, String(file), number, nil, to: &frame)
        }
        if frame.function == "???" { frame.function = nil }
        mark(&frame)
        return (isFirst, frame)
    }

    private static func isEmpty(_ frame: Frame) -> Bool {
        frame.function == nil && frame.filename == nil && frame.instructionAddress == nil && frame.package == nil
    }

    // MARK: In the application?

    private static func mark(_ frame: inout Frame) {
        if let function = frame.function,
            library.contains(function) || runtimes.contains(where: { function.begins(with: $0) })
        {
            frame.inApp = false
        }
        // The address says something where no name does.
        if frame.function != nil { frame.instructionAddress = nil }
        guard frame.inApp == nil else { return }
        if frame.filename != nil {
            frame.inApp = true
        } else {
            frame.inApp = frame.package.map { !isSystemModule($0[...]) } ?? false
        }
    }

    private static let runtimes = [
        "__interceptor_", "___interceptor_", "__libc_start", "_start", "__asan_", "__tsan_", "__msan_", "__ubsan_",
        "__sanitizer_", "std::", "void std::", "__gthread_", "__gnu_cxx::", "operator new", "operator delete",
        "start_thread", "clone", "__GI_",
    ]

    /// Functions of the C library, of which valgrind prints the file without its folder.
    private static let library: Set<String> = [
        "write", "read", "open", "close", "printf", "fprintf", "vfprintf", "puts", "fwrite", "fread", "memcpy",
        "memmove",
        "memset", "strlen", "strcpy", "strcmp", "strdup", "malloc", "free", "calloc", "realloc", "abort", "raise",
        "exit",
    ]

    private static func isSystemPath(_ path: Substring) -> Bool {
        LibraryPath.contains(path) || path.includes("/sysdeps/") || path.includes("/libsanitizer/")
            || path.includes("/compiler-rt/") || path.begins(with: "csu/") || path.begins(with: "../csu/")
            || path.includes("/include/c++/")
    }

    private static func isSystemModule(_ path: Substring) -> Bool {
        LibraryPath.contains(path) || path.includes(".so")
    }
}
