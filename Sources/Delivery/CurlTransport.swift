// The network, by libcurl: one easy handle, so that the connection is reused from one request to the next.

import CCurl

/// Posts through libcurl. Proxies come from its usual variables (`http_proxy`, `https_proxy`, `no_proxy`, …).
///
/// Source: libcurl-easy(3).
package final class CurlTransport: Transport {
    private let handle: UnsafeMutableRawPointer
    private let certificates: CertificateStore

    /// What libcurl is linked with, e.g. `libcurl/7.88.1 OpenSSL/3.0.19`.
    package static var version: String { curl_version().map { String(cString: $0) } ?? "libcurl" }

    /// - Throws: when libcurl cannot be set up; nothing can be sent then.
    package init(certificates: CertificateStore = .builtIn) throws(TransportError) {
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let handle = curl_easy_init() else {
            throw TransportError("libcurl cannot be initialised")
        }
        self.handle = handle
        self.certificates = certificates
    }

    deinit { curl_easy_cleanup(handle) }

    package func send(_ request: TransportRequest) throws(TransportError) -> TransportResponse {
        let answer = Answer()
        let headers = HeaderList(request.headers)
        // Keeps the connection, the DNS cache and the TLS session.
        curl_easy_reset(handle)
        applyPolicy(request.timeouts)
        set(CURLOPT_HTTPHEADER, headers.first)
        receive(into: answer)
        set(CURLOPT_URL, request.url)
        set(CURLOPT_POST, 1)
        // The lists of headers and the answer are only known to libcurl by address.
        let result = withExtendedLifetime((headers, answer)) {
            request.body.withUnsafeBytes { body in
                set(CURLOPT_POSTFIELDS, body.baseAddress)
                set(CURLOPT_POSTFIELDSIZE, body.count)
                return curl_easy_perform(handle)
            }
        }
        let status = information(CURLINFO_RESPONSE_CODE)
        // A server that answered and then broke off has answered.
        guard result == CURLE_OK || status >= 200 && answer.headersAreComplete else {
            throw TransportError(String(cString: curl_easy_strerror(result)))
        }
        return TransportResponse(
            status: status, headers: answer.headers, body: answer.body, httpVersion: httpVersion, duration: duration)
    }

    private func applyPolicy(_ timeouts: TransportTimeouts) {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        set(CURLOPT_CONNECTTIMEOUT_MS, timeouts.connect)
        set(CURLOPT_TIMEOUT_MS, timeouts.total)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        switch certificates {
        case .file(let path):
            set(CURLOPT_CAINFO, path)
            set(CURLOPT_CAPATH, nil as UnsafeRawPointer?)
        case .directory(let path):
            set(CURLOPT_CAINFO, nil as UnsafeRawPointer?)
            set(CURLOPT_CAPATH, path)
        case .builtIn: break
        }
    }

    private func receive(into answer: Answer) {
        let context = Unmanaged.passUnretained(answer).toOpaque()
        set(CURLOPT_HEADERDATA, context)
        set(CURLOPT_WRITEDATA, context)
        sr_curl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            Answer.of(context)?.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        sr_curl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            Answer.of(context)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
    }

    private var httpVersion: String {
        switch information(CURLINFO_HTTP_VERSION) {
        case Int(CURL_HTTP_VERSION_1_0): "1.0"
        case Int(CURL_HTTP_VERSION_1_1): "1.1"
        case Int(CURL_HTTP_VERSION_2_0): "2"
        case Int(CURL_HTTP_VERSION_3): "3"
        default: ""
        }
    }

    private var duration: Int64 {
        var microseconds: curl_off_t = 0
        sr_curl_get_offset(handle, CURLINFO_TOTAL_TIME_T, &microseconds)
        return Int64(microseconds) * 1000
    }

    // libcurl copies texts it is given, but not POSTFIELDS, HTTPHEADER and the two contexts: those outlive the call.

    private func set(_ option: CURLoption, _ value: Int) { _ = sr_curl_set_long(handle, option, value) }

    private func set(_ option: CURLoption, _ value: UnsafeRawPointer?) {
        _ = sr_curl_set_pointer(handle, option, value)
    }

    private func set(_ option: CURLoption, _ value: String) {
        value.withCString { _ = sr_curl_set_pointer(handle, option, $0) }
    }

    private func information(_ info: CURLINFO) -> Int {
        var value = 0
        sr_curl_get_long(handle, info, &value)
        return value
    }
}

/// Collects what libcurl hands over piece by piece.
private final class Answer {
    private(set) var headers: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    private(set) var headersAreComplete = false

    static func of(_ context: UnsafeMutableRawPointer?) -> Answer? {
        context.map { Unmanaged<Answer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// One line each; a status line starts anew (100 Continue, a proxy's CONNECT), an empty one ends the head.
    func takeHeader(_ bytes: UnsafeRawBufferPointer) {
        let line = bytes.filter { $0 != 0x0D && $0 != 0x0A }
        if line.starts(with: "HTTP/".utf8) {
            headers = []
            headersAreComplete = false
        } else if line.isEmpty {
            headersAreComplete = true
        } else if let colon = line.firstIndex(of: 0x3A) {
            let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
            headers.append((String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
    }

    func takeBody(_ bytes: UnsafeRawBufferPointer) {
        body.append(contentsOf: bytes.prefix(TransportResponse.bodyLimit - body.count))
    }
}

/// A `curl_slist`, freed with its owner.
private final class HeaderList {
    private let list: UnsafeMutablePointer<curl_slist>?

    init(_ headers: [(name: String, value: String)]) {
        var list: UnsafeMutablePointer<curl_slist>?
        // Without this libcurl asks large bodies' permission first and waits a second for servers that do not answer.
        for line in ["Expect:"] + headers.map({ "\($0.name): \($0.value)" }) { list = curl_slist_append(list, line) }
        self.list = list
    }

    var first: UnsafeRawPointer? { UnsafeRawPointer(list) }

    deinit { curl_slist_free_all(list) }
}
