import LinuxSystem
import SentryProtocol
import Testing

@testable import OutputCapture

/// What a logger was told, and the lines that it printed.
struct ToldRecord: Sendable, CustomTestStringConvertible {
    let logger: String
    let lines: [String]
    /// `nil`: the line says nothing about its level.
    let level: String?
    let message: String?
    /// Seconds since 1970 between which the record was made; `nil`: the format has no time.
    let times: ClosedRange<Double>?
    let arrival: Double
    let localOffset: Int64
    let attributes: [JSONValue.Member]
    let template: String?
    let parameters: [JSONValue.Member]
    /// Nothing was expected of the line.
    let isForeign: Bool

    var testDescription: String { "\(logger): \(lines.joined(separator: "⏎").prefix(100))" }
}

/// All records of one stream of one logger, in order.
struct ToldStream: Sendable, CustomTestStringConvertible {
    let logger: String
    let records: [ToldRecord]
    var testDescription: String { logger }
}

enum FormatCorpus {
    static let folder = "\(#filePath.dropLast("/FormatCorpus.swift".count))/Corpus"

    /// What real loggers printed (`scripts/record-corpus formats`).
    static let recorded: [ToldStream] = {
        guard let directory = try? Directory.open(folder + "/formats") else { return [] }
        defer { directory.close() }
        guard let names = try? directory.names() else { return [] }
        return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { recorded(read("/formats/\($0)")) }
    }()

    /// What documentation shows.
    static let documented: [ToldStream] = {
        let corpus = read("/documented.json")
        let arrival = corpus["arrival"]?.number ?? 0
        return (corpus["groups"]?.array ?? []).map { group in
            let logger = group["logger"]?.string ?? ""
            let records = (group["records"]?.array ?? []).map { record in
                let time = record["time"]?.number.map { ($0 - 0.0001)...($0 + 0.0001) }
                return told(
                    record, logger, record["attributes"]?.members ?? [], time, arrival,
                    corpus["localOffset"]?.integer ?? 0)
            }
            return ToldStream(logger: logger, records: records)
        }
    }()

    private static func read(_ name: String) -> JSONValue {
        guard let bytes = try? readSmallFile(folder + name, limit: 1 << 20), let value = try? JSONValue(parsing: bytes)
        else {
            return .null
        }
        return value
    }

    private static func recorded(_ corpus: JSONValue) -> ToldStream? {
        guard let logger = corpus["logger"]?.string, let begin = corpus["begin"]?.number,
            let end = corpus["end"]?.number
        else {
            return nil
        }
        let hasTime = corpus["hasTime"]?.bool == true
        // Stamps are of whole seconds at worst.
        let times = hasTime ? (begin - 60)...(end + 1) : nil
        let records = (corpus["records"]?.array ?? []).map {
            told($0, logger, corpus["attributes"]?.members ?? [], times, end + 1, corpus["localOffset"]?.integer ?? 0)
        }
        return ToldStream(logger: logger, records: records)
    }

    private static func told(
        _ record: JSONValue, _ logger: String, _ attributes: [JSONValue.Member], _ times: ClosedRange<Double>?,
        _ arrival: Double,
        _ localOffset: Int64
    ) -> ToldRecord {
        ToldRecord(
            logger: logger, lines: record["lines"]?.array?.compactMap(\.string) ?? [], level: record["level"]?.string,
            message: record["message"]?.string, times: times, arrival: arrival, localOffset: localOffset,
            attributes: attributes,
            template: record["template"]?.string, parameters: record["parameters"]?.members ?? [],
            isForeign: record["level"] == nil)
    }
}
