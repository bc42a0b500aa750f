// Who has samples: the processes and threads of a profile, in bounded number.

/// Numbers the processes and threads that have samples. When there are very many, later ones are taken together by name.
struct ProfileRoster {
    private(set) var processes: [ProfiledProcess] = []
    private(set) var threads: [ProfiledThread] = []
    /// Of processes that are taken together.
    private var collective: [String: Int32] = [:]
    private var collectiveThreads: [Int32: Int32] = [:]

    private static let mostProcesses = 2048
    private static let mostThreads = 8192
    private static let mostNames = 512

    mutating func thread(_ thread: Int32, of process: TrackedProcess) -> Int32 {
        if let known = process.threads[thread] { return known }
        let owner = index(of: process)
        let name = process.threadNames[thread] ?? process.name
        let index = threads.count < Self.mostThreads ? add(thread, owner, name) : shared(owner, "(more threads)")
        process.threads[thread] = index
        return index
    }

    /// Of processes of this name that were too short to be told apart.
    mutating func shortThread(_ name: String) -> Int32 {
        let name = collective.count < Self.mostNames ? name : "others"
        let known = collective[name]
        let owner = known ?? Int32(processes.count)
        if known == nil {
            processes.append(ProfiledProcess(pid: 0, name: name))
            collective[name] = owner
        }
        return shared(owner, name)
    }

    private mutating func index(of process: TrackedProcess) -> Int32 {
        if let known = process.index { return known }
        let index: Int32
        if processes.count < Self.mostProcesses {
            index = Int32(processes.count)
            processes.append(ProfiledProcess(pid: process.pid, name: process.name))
        } else {
            index = sharedProcess(process.name)
        }
        process.index = index
        return index
    }

    private mutating func add(_ thread: Int32, _ owner: Int32, _ name: String) -> Int32 {
        threads.append(ProfiledThread(process: owner, tid: thread, name: name))
        return Int32(threads.count - 1)
    }

    private mutating func sharedProcess(_ name: String) -> Int32 {
        let name = collective.count < Self.mostNames ? name : "others"
        if let known = collective[name] { return known }
        processes.append(ProfiledProcess(pid: 0, name: name))
        collective[name] = Int32(processes.count - 1)
        return Int32(processes.count - 1)
    }

    private mutating func shared(_ owner: Int32, _ name: String) -> Int32 {
        if let known = collectiveThreads[owner] { return known }
        let index = add(0, owner, name)
        collectiveThreads[owner] = index
        return index
    }

    /// A name that came after the first sample.
    mutating func rename(_ index: Int32, _ name: String) { threads[Int(index)].name = name }
}
