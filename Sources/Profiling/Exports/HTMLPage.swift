// A flame graph for a browser: one file, which asks nobody for anything.

/// Writes a page with one profile, or with two that are compared.
///
/// Its parts are the files in `Page/`. The profiles are base64 of gzipped ``ProfileDocument``s, so no text of theirs meets the
/// HTML parser; the script only ever makes text nodes and pixels of them.
struct HTMLPage {
    /// One, or the earlier and the later.
    private let profiles: [Profile]
    private let title: String

    init(_ profile: Profile) {
        profiles = [profile]
        title = profile.title
    }

    init(comparing before: Profile, with after: Profile) {
        profiles = [before, after]
        title = "\(before.title) → \(after.title)"
    }

    /// What stands before each profile, up to the base64.
    static let opening = #"<script type="application/x-sentry-run-profile">"#
    static let closing = "</script>"

    func write(to stream: ExportStream) {
        var template = PackageResources.page_html[...]
        write(&template, until: "<!--title-->", to: stream)
        stream.text(xmlEscaped(title))
        write(&template, until: "/*style*/", to: stream)
        stream.bytes(PackageResources.style_css)
        write(&template, until: "<!--profiles-->", to: stream)
        for profile in profiles {
            stream.text(Self.opening)
            let base64 = Base64Stream(into: stream)
            let gzip = GzipStream(into: base64.input)
            ProfileDocument(profile).write(to: gzip.input)
            gzip.finish()
            base64.finish()
            stream.text("\(Self.closing)\n")
        }
        write(&template, until: "/*script*/", to: stream)
        for script in Self.scripts { stream.bytes(script) }
        stream.bytes(template)
    }

    private static var scripts: [[UInt8]] {
        [
            PackageResources.document_js, PackageResources.tree_js, PackageResources.drawing_js,
            PackageResources.timeline_js, PackageResources.table_js, PackageResources.page_js,
        ]
    }

    /// Writes the template up to a mark, and goes behind that.
    private func write(_ template: inout ArraySlice<UInt8>, until mark: String, to stream: ExportStream) {
        let mark = Array(mark.utf8)
        let end = template.indices.first { template[$0...].starts(with: mark) } ?? template.endIndex
        stream.bytes(template[..<end])
        template = template[end...].dropFirst(mark.count)
    }
}
