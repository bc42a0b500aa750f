// Which frames are the application's own: by the same rules as in crashes.

import CrashReporting
import Profiling
import SentryProtocol

extension NamingRules {
    init(_ rules: InAppRules) {
        self.init { frame in
            var wire = Frame(function: frame.function)
            wire.package = frame.module
            wire.absolutePath = frame.file
            return rules.isInApp(wire)
        }
    }
}
