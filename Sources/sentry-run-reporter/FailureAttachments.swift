// The files that the user wants to see when a run has failed.

import LinuxSystem
import SentryProtocol

/// `--attach` patterns as attachment items. Secrets are removed from text when it is accepted: ``ReportSink``.
struct FailureAttachments {
    private(set) var items: [EnvelopeItem] = []
    /// Sentences about patterns without a file and files that could not be taken.
    private(set) var problems: [String] = []

    /// The protocol's most items in one envelope, less the event and a session.
    private static let maximumFiles = 28

    /// - Parameters:
    ///   - directory: what relative patterns are relative to: the run's working directory.
    ///   - limit: bytes of one file; a larger one is left out.
    init(patterns: [String], directory: String, limit: Int) {
        for pattern in patterns {
            let absolute = pattern.hasPrefix("/") ? pattern : "\(directory)/\(pattern)"
            let files = paths(matching: absolute)
            if files.isEmpty { problems.append("--attach \(pattern): there is no such file") }
            files.forEach { add($0, limit: limit) }
        }
    }

    private mutating func add(_ path: String, limit: Int) {
        guard items.count < Self.maximumFiles else {
            problems.append("\(path) was not attached: \(Self.maximumFiles) files at most")
            return
        }
        do throws(SystemError) {
            let file = try FileDescriptor.openWithoutWaiting(path)
            defer { file.close() }
            let status = try file.status(path)
            guard status.isRegular else { return problems.append("\(path) was not attached: not a regular file") }
            guard status.size <= Int64(limit) else {
                return problems.append("\(path) was not attached: \(size(bytes: status.size)) is too large")
            }
            let bytes = try file.readAll(limit: limit)
            let isText = String(validating: bytes, as: UTF8.self) != nil && !bytes.contains(0)
            items.append(
                .attachment(
                    filename: path, contentType: isText ? "text/plain" : "application/octet-stream",
                    payload: bytes))
        } catch {
            problems.append("\(path) was not attached: \(error)")
        }
    }
}
