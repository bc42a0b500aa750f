import Glibc
import LinuxSystem
import SentryProtocol
import TestFiles
import Testing

/// A real HTTP server on the loopback interface, in a process of its own; answers by plan, writes down what it got.
final class LoopbackIngest {
    let port: Int
    private let pid: pid_t
    private let directory: TemporaryDirectory

    static let isPossible = ["/usr/bin/python3", "/usr/local/bin/python3"].contains(where: isExecutable)

    /// - Parameters:
    ///   - plan: JSON: a list of `{"status": …, "headers": {…}, "delay": seconds, "drop": true}`, used up in order; then 200.
    ///   - port: 0 chooses one.
    init(plan: String = "[]", port: Int = 0) throws {
        directory = try TemporaryDirectory()
        let python = try #require(["/usr/bin/python3", "/usr/local/bin/python3"].first(where: isExecutable))
        pid = try DetachedProgram.start(python, ["-c", program, directory.path, plan, String(port)])
        let started = directory
        try waitUntil { started.text("port") != nil }
        self.port = try #require(directory.text("port").flatMap { Int($0) })
    }

    deinit {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    var dsn: String { "http://0123456789abcdef0123456789abcdef@127.0.0.1:\(port)/42" }

    /// What was received: `path`, `port` of the client, `headers`, `body` as text after decompression.
    var requests: [JSONValue] {
        (directory.text("log") ?? "").split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
    }
}

/// Looks every 10 ms, at most 20 s.
func waitUntil(_ condition: () throws -> Bool) throws {
    let start = MonotonicTime.now
    while try !condition() {
        try #require(MonotonicTime.now.since(start) < 20_000_000_000, "waited for 20 s")
        usleep(10_000)
    }
}

private let program = """
    import gzip, http.server, json, os, sys, time
    directory, plan, port = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
    log = open(directory + "/log", "a", buffering=1)

    class Ingest(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            log.write(json.dumps({
                "path": self.path, "port": self.client_address[1], "headers": dict(self.headers.items()),
                "body": body.decode("utf-8", "replace")}) + "\\n")
            step = plan.pop(0) if plan else {}
            time.sleep(step.get("delay", 0))
            if step.get("drop"):
                self.close_connection = True
                return
            self.send_response(step.get("status", 200))
            for name, value in step.get("headers", {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 64

    server = Server(("127.0.0.1", port), Ingest)
    with open(directory + "/port.new", "w") as file:
        file.write(str(server.server_address[1]))
    os.rename(directory + "/port.new", directory + "/port")
    server.serve_forever()
    """
