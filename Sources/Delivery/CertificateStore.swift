// Which certificates the server's is checked against.

import LinuxSystem

/// A file or a directory of trusted certificates.
package enum CertificateStore: Sendable, Equatable {
    case file(String)
    /// With OpenSSL's hashed names.
    case directory(String)
    /// Whatever libcurl was built with.
    case builtIn

    /// The user's choice by environment, else the system's hashed directory, else libcurl's own.
    ///
    /// OpenSSL looks up one certificate in a hashed directory; the bundle file it parses as a whole, which takes some
    /// 18 ms of every courier's life and 1 MiB.
    package static func choose(environment: (String) -> String?, isHashed: (String) -> Bool) -> CertificateStore {
        for name in ["SENTRY_CA_CERTS", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"] {
            if let path = environment(name), !path.isEmpty { return .file(path) }
        }
        if let path = environment("SSL_CERT_DIR"), !path.isEmpty { return .directory(path) }
        return isHashed(systemDirectory) ? .directory(systemDirectory) : .builtIn
    }

    private static let systemDirectory = "/etc/ssl/certs"

    /// Whether a directory has names as c_rehash(1) makes them: eight hex digits and `.0`.
    package static func isHashedDirectory(_ path: String) -> Bool {
        guard let directory = try? Directory.open(path) else { return false }
        defer { directory.close() }
        return ((try? directory.names()) ?? []).contains { name in
            name.utf8.count == 10 && name.hasSuffix(".0") && name.utf8.prefix(8).allSatisfy { isHexDigit($0) }
        }
    }
}

private func isHexDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }
