func port(_ text: String) -> Int { Int(text)! }

print(port(CommandLine.arguments.first ?? ""))
