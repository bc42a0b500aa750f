// Stands in for RunOptions' parser: the flags of the supervisor alone.

import RunOptions

enum Invocation {
    case run(RunPlan)
    case verb(String, argumentIndex: Int)
    case help(String)
    case version(String)
    case usageError(String)
}

func interpret(arguments: [String], environment: (String) -> String?) -> Invocation {
    var plan = RunPlan()
    var index = 1
    while index < arguments.count {
        let word = arguments[index]
        func value() -> Int64 {
            index += 1
            return index < arguments.count ? Int64((Double(arguments[index]) ?? 0) * 1e9) : 0
        }
        switch word {
        case "--":
            plan.commandIndex = index + 1
            plan.command = Array(arguments[(index + 1)...])
            return plan.command.isEmpty ? .usageError("no command") : .run(plan)
        case "--timeout": plan.timeout = value()
        case "--kill-after": plan.killAfter = value()
        case "--kill-group": plan.killGroup = true
        case "--subreaper": plan.subreaper = true
        case "--pty":
            index += 1
            plan.terminal = index < arguments.count && arguments[index] == "never" ? .never : .automatic
        case "--quiet": plan.quiet = true
        case "--exit-code":
            index += 1
            plan.exitStyle = .shell
        default: return .usageError("unknown option \(word)")
        }
        index += 1
    }
    return .usageError("no command")
}
