import Testing
import Glibc
import LinuxSystem
@testable import OutputCapture
@Suite struct ZDump { @Test func zdump() throws {
  var text = ""
  for r in Recording.all("cpp","glibc","sanitizers","valgrind","lua","r","elixir","erlang","haskell","ocaml","shell","make","sql","tcl","awk","jq","julia","powershell") {
    text += "@@ \(r.name)\n" + (try r.exceptions().map(\.summary).joined(separator: "\n")) + "\n"
  }
  let f = try FileDescriptor.open("/tmp/tb2-dump.txt", O_WRONLY | O_CREAT | O_TRUNC); defer { f.close() }
  try f.writeAll(Array(text.utf8))
} }
