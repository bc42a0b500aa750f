// Every language whose exceptions are recognised.

enum ExceptionLanguages {
    /// Where two could begin at the same line, the earlier is asked first.
    static let all: [any ExceptionRecogniser.Type] = [
        PythonTraceback.self,
        PythonFault.self,
        JavaException.self,
        NodeError.self,
        GoPanic.self,
        GoRace.self,
        RustPanic.self,
        RustReport.self,
        RubyException.self,
        PHPError.self,
        SwiftFatalError.self,
        DotNetException.self,
        PerlDeath.self,
        CxxTerminate.self,
        CLibraryAbort.self,
        SanitizerReport.self,
        UndefinedBehaviour.self,
        ValgrindReport.self,
        ElixirError.self,
        ErlangReport.self,
        HaskellError.self,
        OCamlException.self,
        LuaError.self,
        JuliaError.self,
        RError.self,
        TclError.self,
        PowerShellError.self,
        SQLError.self,
        AwkError.self,
        JqError.self,
        MakeError.self,
        ShellError.self,
    ]
}
