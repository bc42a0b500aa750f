import SentryProtocol
import Testing

@testable import Profiling

@Suite struct ProfileTests {}
