// The frames of .NET's and Mono's stack traces, named as Sentry's SDK names them.

import SentryProtocol

enum DotNetFrame {
    /// `   at Shop.Loader.Load[T](List`1 lines) in /srv/app/Loader.cs:line 16`; Mono: `  at Shop.Loader.Load (…) [0x0001d] in …:16`;
    /// compiled ahead of time: `   at Shop.Program.Main() + 0x1f`.
    ///
    /// - Returns: `nil` for the frames of other languages that print `at`.
    static func read(_ line: Substring) -> Frame? {
        let text = line.trimmed
        guard let call = (text.cutting(suffix: "<---") ?? text).cutting(prefix: "at "),
            let (name, rest) = call.parts(around: "("), name.includes("."), !rest.begins(with: "<anonymous>"),
            rest.includes(")"), !rest.ends(in: ")") || !rest.includes(":")
        else { return nil }
        let (path, method) = split(name.trimmed)
        guard !path.includes(" "), !path.includes("/") else { return nil }
        var frame = named(path, method)
        locate(&frame, rest)
        frame.inApp = !isLibrary(path)
        return frame
    }

    /// At the last dot that is not in a name that the compiler made: `Task.<>c.<.cctor>b__274_0`.
    private static func split(_ name: Substring) -> (path: Substring, method: Substring) {
        let bytes = name.utf8
        var depth = 0
        var index = bytes.endIndex
        while index > bytes.startIndex {
            index = bytes.index(before: index)
            switch bytes[index] {
            case UInt8(ascii: ">"): depth += 1
            case UInt8(ascii: "<"): depth -= 1
            case UInt8(ascii: ".") where depth <= 0:
                // `Loader..ctor`
                let dot = name[..<index].ends(in: ".") ? bytes.index(before: index) : index
                return (name[..<dot], name[bytes.index(after: dot)...])
            default: break
            }
        }
        return ("", name)
    }

    private static func named(_ path: Substring, _ method: Substring) -> Frame {
        let name = method.ends(in: "]") ? method.parts(around: "[")?.before ?? method : method
        let (type, inner) = nested(path)
        if name == "MoveNext", let inner, let (outer, number) = inner.dropFirst().parts(around: ">d__"),
            number.wholeNumber != nil
        {
            // The state machine of an async method or an iterator.
            var frame = Frame(function: String(outer))
            frame.module = String(type)
            return frame
        }
        var frame = Frame(function: lambda(name) ?? String(name))
        frame.module = inner.map { "\(type)+\($0)" } ?? String(type)
        return frame
    }

    /// Types whose names the compiler made lie in the type that they were made for.
    private static func nested(_ path: Substring) -> (type: Substring, inner: Substring?) {
        guard let place = path.first(".<") ?? path.first("+<") else { return (path, nil) }
        return (path[..<place.lowerBound], path[path.utf8.index(after: place.lowerBound)...])
    }

    /// `<Main>b__0_1` → `Main { <lambda> }`
    private static func lambda(_ name: Substring) -> String? {
        guard let (outer, number) = name.cutting(prefix: "<")?.parts(around: ">b__"), !number.isEmpty,
            outer.utf8.allSatisfy({ $0.isNamePart }), number.utf8.allSatisfy({ $0.isNamePart })
        else { return nil }
        return "\(outer) { <lambda> }"
    }

    private static func locate(_ frame: inout Frame, _ rest: Substring) {
        guard let (_, place) = rest.parts(aroundLast: " in "),
            let (file, number) = place.trimmed.parts(aroundLast: ":"),
            !file.begins(with: "<")
        else { return }
        let text = (number.cutting(prefix: "line ") ?? number).trimmed
        let line = text.parts(around: " + 0x")?.before ?? text
        let source = Frame(function: nil, path: file, line: line.position)
        (frame.filename, frame.absolutePath, frame.line) = (source.filename, source.absolutePath, source.line)
    }

    private static func isLibrary(_ path: Substring) -> Bool {
        libraries.contains { name in
            path.begins(with: name)
                && (path.utf8.count == name.utf8.count || path.dropFirst(name.count).begins(with: "."))
        }
    }

    /// What Sentry's SDK excludes, and the runtime's own calls of the system.
    private static let libraries = [
        "System", "Microsoft", "Interop", "Internal", "Mono", "Sentry", "MS", "WinRT", "Newtonsoft.Json", "FSharp",
        "Serilog", "Giraffe", "NLog", "Npgsql", "RabbitMQ", "Hangfire", "IdentityServer4", "AWSSDK", "Polly",
        "Swashbuckle", "FluentValidation", "Autofac", "StackExchange.Redis", "Dapper", "RestSharp", "SkiaSharp",
        "IdentityModel", "SqlitePclRaw", "Xamarin", "Android", "Google", "MongoDB", "Remotion.Linq", "AutoMapper",
        "Nest",
        "Owin", "MediatR", "ICSharpCode", "Grpc", "ServiceStack", "NUnit", "Xunit",
    ]
}
