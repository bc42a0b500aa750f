// The machine, the container and the scheduler, as they were when the run began.

import HostContext
import SentryProtocol

struct HostSnapshot {
    let contexts: [String: JSONValue] = [:]
    let tags: [String: String] = [:]
    static func take(supervisor: Int32) -> HostSnapshot { HostSnapshot() }
    func outOfMemoryKill() -> Bool { false }
    func command(of pid: Int32) -> String? { nil }
}
enum ReleaseDetection { static func detect(directory: String, environment: (String) -> String?) -> String? { nil } }
