// Profiles on the wire (protocol reference 8): what is around the samples, which come as JSON that is ready.

/// The payload of a `profile` item, which goes with the transaction that it is of (8.2).
package struct TransactionProfile: Sendable {
    package var id: HexID16
    /// The zero of the samples' times.
    package var started: Timestamp
    package var release: String?
    package var environment: String?
    package var dist: String?
    /// `x86_64`
    package var architecture: String
    /// `6.1.0`
    package var kernelVersion: String
    package var transactionID: EventID
    package var transactionName: String
    package var traceID: TraceID
    package var activeThread: Int32
    /// The JSON of the member `profile`.
    package var samples: [UInt8]

    package init(
        id: HexID16, started: Timestamp, architecture: String, kernelVersion: String, transactionID: EventID,
        transactionName: String, traceID: TraceID, activeThread: Int32, samples: [UInt8]
    ) {
        self.id = id
        self.started = started
        self.architecture = architecture
        self.kernelVersion = kernelVersion
        self.transactionID = transactionID
        self.transactionName = transactionName
        self.traceID = traceID
        self.activeThread = activeThread
        self.samples = samples
    }

    package var item: EnvelopeItem { EnvelopeItem(.profile, self) }
}

extension TransactionProfile: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { profile in
            profile.field("version", "1")
            profile.field("event_id", id)
            profile.field("platform", "native")
            profile.field("timestamp", started.rfc3339)
            profile.field("release", release)
            profile.field("environment", environment)
            profile.field("dist", dist)
            profile.field("device") { $0.object { $0.field("architecture", architecture) } }
            profile.field("os") {
                $0.object {
                    $0.field("name", "Linux")
                    $0.field("version", kernelVersion)
                }
            }
            profile.field("transaction") {
                $0.object {
                    $0.field("id", transactionID)
                    $0.field("name", transactionName.isEmpty ? "<unlabeled transaction>" : transactionName)
                    $0.field("trace_id", traceID)
                    $0.field("active_thread_id", String(activeThread))
                }
            }
            profile.field("profile") { $0.raw(samples) }
        }
    }
}

/// The payload of a `profile_chunk` item: a part of a profile, at most 66 s of it (8.3).
package struct ProfileChunk: Sendable {
    package var id: HexID16
    /// One for all chunks of a run.
    package var profilerID: HexID16
    package var release: String?
    package var environment: String?
    /// The JSON of the member `profile`.
    package var samples: [UInt8]

    package init(id: HexID16, profilerID: HexID16, release: String?, environment: String?, samples: [UInt8]) {
        self.id = id
        self.profilerID = profilerID
        self.release = release
        self.environment = environment
        self.samples = samples
    }

    package var item: EnvelopeItem {
        EnvelopeItem(.profileChunk, payload: jsonBytes, platform: Self.platform)
    }

    private static let platform = "native"
}

extension ProfileChunk: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { chunk in
            chunk.field("version", "2")
            chunk.field("chunk_id", id)
            chunk.field("profiler_id", profilerID)
            chunk.field("platform", Self.platform)
            chunk.field("client_sdk", SDKInfo.current)
            chunk.field("release", release)
            chunk.field("environment", environment)
            chunk.field("profile") { $0.raw(samples) }
        }
    }
}
