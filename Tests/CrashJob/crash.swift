// Swift's ends by signal.

struct Warehouse {
    var shelves: [Int]

    @inline(never)
    func shelf(_ index: Int) -> Int {
        shelves[index]  // crash: out-of-bounds
    }
}

@inline(never)
func giveUp(_ reason: String) -> Int {
    if reason.isEmpty { return 0 }
    fatalError("no way to \(reason)")  // crash: fatal-error
}

@inline(never)
func unwrap(_ value: Int?) -> Int {
    value!  // crash: unwrap
}

@inline(never)
func readNowhere(_ pointer: UnsafePointer<Int>) -> Int {
    pointer.pointee  // crash: null-read
}

@inline(never)
func run(_ verb: String) -> Int {
    switch verb {
    case "out-of-bounds": return Warehouse(shelves: [1, 2, 3]).shelf(verb.count) + 1
    case "fatal-error": return giveUp("go on") + 1
    case "unwrap": return unwrap(Int(verb)) + 1
    case "null-read": return readNowhere(UnsafePointer(bitPattern: verb.count + 7)!) + 1
    default: return 99
    }
}

print(run(CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : ""))
