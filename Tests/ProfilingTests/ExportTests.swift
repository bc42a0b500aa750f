// What the exports of small profiles are, byte for byte where the form is ours to choose.

import SentryProtocol
import Testing

@testable import Profiling

@Suite struct ExportTests {
    @Test func collapsedStacksAreProcessAndFunctionsWithCounts() {
        let text = String(decoding: MadeUpProfile.small.encoded(as: .collapsed), as: UTF8.self)
        #expect(
            text.split(separator: "\n").sorted() == [
                "import;main 1", "import;main;load 1", "import;main;rows 2", "import;main;rows;parse(char const*) 1",
                "sort;qsort 1",
            ])
    }
}
