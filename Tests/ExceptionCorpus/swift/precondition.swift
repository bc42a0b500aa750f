func take(_ count: Int) { precondition(count > 10, "count \(count) is too small") }

take(CommandLine.arguments.count)
