"""Loggers of C++, Rust, Elixir and Erlang, and servers that log: each tells what it does when it cannot do it."""

from recording import Source
from sources_go import debian
from sources_java import RUST, cargo
from sources_python import TELL, python, standard

ALL = ["debug", "info", "warn", "error", "fatal"]
NO_FATAL = ALL[:4]
#: What is a name and what the message cannot be told apart.
UNTOLD = dict.fromkeys(ALL)

CXX = ["sh", "-c", "c++ -std=c++17 -O0 {file} -o {folder}/job $FLAGS"]
SPDLOG = """#include <spdlog/spdlog.h>
#include <spdlog/sinks/stdout_color_sinks.h>
int main() {{
    auto log = spdlog::stderr_color_mt("importer");
    {setup}
    log->set_level(spdlog::level::debug);
    log->debug("cache miss for key {{}}", 7);
    log->info("listening on port {{}}", 8080);
    log->warn("disk nearly full: {{}} %", 91);
    log->error("cannot open {{}}: No such file or directory", "/data/x");
    log->critical("out of memory");
}}
"""
BOOST = """#define BOOST_LOG_DYN_LINK 1
#include <boost/log/trivial.hpp>
int main() {
    BOOST_LOG_TRIVIAL(debug) << "cache miss for key " << 7;
    BOOST_LOG_TRIVIAL(info) << "listening on port " << 8080;
    BOOST_LOG_TRIVIAL(warning) << "disk nearly full: " << 91 << " %";
    BOOST_LOG_TRIVIAL(error) << "cannot open /data/x: No such file or directory";
    BOOST_LOG_TRIVIAL(fatal) << "out of memory";
}
"""


def cxx(name, logger, package, text, flags, **more):
    return Source(name, logger, debian(package), "job.cpp", text, [CXX, ["{folder}/job"]],
                  **{"environment": {"FLAGS": flags}, "levels": ALL, **more})


def spdlog(name, setup, **more):
    return cxx(name, "spdlog", "libspdlog-dev", SPDLOG.format(setup=setup), "-lspdlog -lfmt", **more)


ELIXIR = """
require Logger
Logger.debug("cache miss for key 7")
Logger.info("listening on port 8080")
Logger.warning("disk nearly full: 91 %")
Logger.error("cannot open /data/x: No such file or directory")
Logger.critical("out of memory")
Logger.flush()
"""

NPMLOG = """
const log = require('npmlog');
log.level = 'silly';
log.verbose('importer', 'cache miss for key %d', 7);
log.info('importer', 'listening on port %d', 8080);
log.warn('importer', 'disk nearly full: %d %', 91);
log.error('importer', 'cannot open %s: No such file or directory', '/data/x');
"""

LOGBOOK = """
import sys, logbook
logbook.StreamHandler(sys.stderr).push_application()
log = logbook.Logger("app.importer")
log.debug("cache miss for key {}", 7)
log.info("listening on port {}", 8080)
log.warning("disk nearly full: {} %", 91)
log.error("cannot open {}: No such file or directory", "/data/x")
log.critical("out of memory")
"""

STRUCTLOG = """
import structlog
log = structlog.get_logger()
log.debug("cache miss for key 7", port=80)
log.info("listening on port 8080", port=80)
log.warning("disk nearly full: 91 %", port=80)
log.error("cannot open /data/x: No such file or directory", port=80)
log.critical("out of memory", port=80)
"""


def server(name, logger, version, script, levels, messages, keeps, **more):
    """The script runs a server until it says what is wanted; `messages` are what it says of each level."""
    return Source(name, logger, version, "job.sh", script, [["bash", "{file}"]], levels=levels, messages=messages, keeps=keeps, **more)


PORT = "port=$((20000 + $$ % 20000))\n"

SOURCES = [
    spdlog("cpp-spdlog", "", attributes={"logger.name": "importer"}),
    spdlog("cpp-spdlog-colors", "log = spdlog::stderr_color_mt(\"other\", spdlog::color_mode::always);", attributes={"logger.name": "other"}),
    spdlog("cpp-spdlog-place", "log->set_pattern(\"[%Y-%m-%dT%H:%M:%S.%f%z] [%P] [%t] [%l] %v\");", attributes={"process.pid": None}),
    cxx("cpp-boost-log", "Boost.Log", "libboost-log-dev", BOOST, "-lboost_log -lboost_thread -lboost_system -lpthread"),
    Source("elixir-logger", "Logger,", ["elixir", "--short-version"], "job.exs", ELIXIR, [["elixir", "{file}"]], levels=ALL,
           has_time=False),
    Source("node-npmlog", "npmlog", debian("node-npmlog"), "job.js", NPMLOG, [["node", "{file}"]], levels=NO_FATAL, has_time=False,
           environment={"NODE_PATH": "/usr/share/nodejs"}, reads_as={"debug": "info"}, messages=UNTOLD),
    python("python-logbook", "Logbook", "Logbook", LOGBOOK, attributes={"logger.name": "app.importer"}),
    python("python-structlog", "structlog's console renderer", "structlog", STRUCTLOG, attributes={"port": 80}),
    python("python-structlog-colors", "structlog's console renderer, colours forced,", "structlog",
           "import structlog\nstructlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt='iso'), "
           "structlog.dev.ConsoleRenderer(colors=True, force_colors=True)])" + STRUCTLOG, attributes={"port": 80}),
    python("python-rich", "rich's handler", "rich",
           "import logging\nfrom rich.logging import RichHandler\nfrom rich.console import Console\n"
           "logging.basicConfig(level=logging.DEBUG, format='%(message)s', handlers=[RichHandler(console=Console(width=120))])\n" + TELL,
           keeps=lambda line: "[" in line[:1], levels=["debug"], has_time=False, messages={"debug": None}),
    python("python-loguru-colors", "loguru, colours forced,", "loguru",
           "import sys\nfrom loguru import logger as log\nlog.remove()\nlog.add(sys.stderr, colorize=True)\n" + LOGBOOK.split('"app.importer")\n')[1], attributes={"logger.name": "__main__"}),
    standard("python-django", "%(levelname)s %(asctime)s %(module)s %(process)d %(thread)d %(message)s", attributes={}, messages=UNTOLD),
    standard("python-airflow", "[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s", attributes={"code.file.path": "job.py"}),
    standard("python-level-time", "%(levelname)s %(asctime)s %(name)s %(message)s", attributes={}, messages=UNTOLD),
    cargo("rust-env-logger-colors", "env_logger, colours forced,", "librust-env-logger-dev", 'log = "0.4"\nenv_logger = "0.9"',
          "    env_logger::builder().write_style(env_logger::WriteStyle::Always).init();\n" + RUST, attributes={"logger.name": "job"}),
    cargo("rust-tracing-colors", "tracing-subscriber, colours,", "librust-tracing-subscriber-dev",
          'tracing = "0.1"\ntracing-subscriber = { version = "0.3", default-features = false, features = ["fmt", "ansi"] }',
          "    tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_ansi(true).compact().init();\n" + RUST.replace("log::", "tracing::"),
          attributes={"logger.name": "job"}),
    cargo("rust-simplelog", "simplelog", "librust-simplelog-dev", 'log = "0.4"\nsimplelog = "0.12"',
          "    simplelog::SimpleLogger::init(log::LevelFilter::Debug, simplelog::Config::default()).unwrap();\n" + RUST, has_time=False),
    cargo("rust-slog-term", "slog-term", "librust-slog-term-dev", 'slog = { version = "2", features = ["max_level_debug"] }\nslog-term = "2"',
          "    use slog::Drain;\n    let plain = slog_term::PlainSyncDecorator::new(std::io::stderr());\n"
          "    let log = slog::Logger::root(slog_term::FullFormat::new(plain).build().fuse(), slog::o!());\n"
          '    slog::debug!(log, "cache miss for key {}", 7; "port" => 80);\n    slog::info!(log, "listening on port {}", 8080; "port" => 80);\n'
          '    slog::warn!(log, "disk nearly full: {} %", 91; "port" => 80);\n'
          '    slog::error!(log, "cannot open {}: No such file or directory", "/data/x"; "port" => 80);\n'
          '    slog::crit!(log, "out of memory"; "port" => 80);', levels=ALL, messages=UNTOLD),
    cargo("rust-fern", "fern as its documentation shows it", "librust-fern-dev", 'log = "0.4"\nfern = "0.6"\nhumantime = "2"',
          '    fern::Dispatch::new().format(|out, message, record| out.finish(format_args!("[{} {} {}] {}", '
          'humantime::format_rfc3339_seconds(std::time::SystemTime::now()), record.level(), record.target(), message)))'
          ".level(log::LevelFilter::Debug).chain(std::io::stderr()).apply().unwrap();\n" + RUST, attributes={"logger.name": "job"}),
    server("redis", "Redis", ["redis-server", "--version"],
           PORT + "timeout 2 redis-server --port $port --save '' --loglevel verbose 2>&1\n", ["info", "warn"],
           {"info": None, "warn": None},
           lambda line: "monotonic clock" in line or "overcommit" in line, attributes={"process.pid": None}),
    server("haproxy", "HAProxy", ["haproxy", "-v"],
           PORT + "printf 'global\\n log stderr format raw local0\\ndefaults\\n mode http\\n timeout connect 1s\\n timeout client 1s\\n timeout server 1s\\n"
           "frontend f\\n bind 127.0.0.1:%s\\n default_backend b\\nbackend b\\n server s 127.0.0.1:1 check inter 200\\n' $port >h.cfg\n"
           "timeout 2 haproxy -f h.cfg 2>&1\n", ["warn", "fatal"],
           {"warn": None, "fatal": "backend 'b' has no server available!"},
           lambda line: line.startswith("[WARNING]") and "is DOWN" in line or line.startswith("[ALERT]") and "no server" in line,
           has_time=False, attributes={"process.pid": None}),
    server("mosquitto", "Mosquitto", ["sh", "-c", "mosquitto -h | head -1"], PORT + "timeout 1 mosquitto -v -p $port 2>&1\n", ["info"],
           {"info": "Using default config."}, lambda line: "default config" in line),
    server("unbound", "Unbound", ["unbound", "-V"],
           PORT + "printf 'server:\\n interface: 127.0.0.1\\n port: %s\\n do-daemonize: no\\n use-syslog: no\\n chroot: \"\"\\n username: \"\"\\n"
           " pidfile: \"%s/pid\"\\nremote-control:\\n control-enable: no\\n' $port $PWD >u.conf\ntimeout 1 unbound -d -c u.conf 2>&1\n",
           ["info"], {"info": None}, lambda line: "start of service" in line, attributes={"logger.name": "unbound"}),
    server("mariadb", "MariaDB", ["mariadbd", "--version"],
           PORT + "mkdir db && if [ $(id -u) = 0 ]; then chmod 755 . && chown mysql db; as=--user=mysql; fi\n"
           "mariadb-install-db --datadir=$PWD/db $as >/dev/null 2>&1\n"
           "timeout 4 mariadbd --no-defaults --datadir=$PWD/db $as --port=$port --bind-address=127.0.0.1 --socket=$PWD/db/s --plugin-load-add=gone.so 2>&1\n",
           ["error", "info"], {"error": None, "info": "Plugin 'FEEDBACK' is disabled."},
           lambda line: "Can't open shared library" in line or "FEEDBACK" in line, attributes={"thread.id": 0}),
    server("etcd", "etcd", ["etcd", "--version"],
           PORT + "timeout 3 etcd --data-dir etcd --listen-client-urls http://127.0.0.1:$port --advertise-client-urls http://127.0.0.1:$port "
           "--listen-peer-urls http://127.0.0.1:$((port + 1)) --initial-advertise-peer-urls http://127.0.0.1:$((port + 1)) "
           "--initial-cluster default=http://127.0.0.1:$((port + 1)) 2>&1\n", ["info", "warn"],
           {"info": None, "warn": "simple token is not cryptographically signed"},
           lambda line: "etcd Version" in line or "simple token" in line, attributes={"logger.name": None}),
    server("php-fpm", "PHP-FPM", ["sh", "-c", "/usr/sbin/php-fpm* -v"], "$(ls /usr/sbin/php-fpm* | head -1) -F -n -y /dev/null 2>&1\n", ["error"],
           {"error": "No pool defined. at least one pool section must be specified in config file"}, lambda line: "No pool" in line),
    server("squid", "Squid", ["squid", "--version"],
           PORT + "printf 'http_port 127.0.0.1:%s\\naccess_log none\\npid_filename none\\n' $port >s.conf\ntimeout 2 squid -N -d 2 -f s.conf 2>&1\n", ["info"],
           {"info": None}, lambda line: "Starting Squid" in line),
    server("chrony", "chrony", ["chronyd", "--version"], "chronyd -d -x -u root 'server 127.0.0.1' 'pidfile /gone/pid' 'bindcmdaddress /' 2>&1\n",
           ["fatal"], {"fatal": None}, lambda line: "Fatal" in line),
    server("prometheus", "Prometheus", ["sh", "-c", "prometheus --version 2>&1"],
           PORT + "printf 'scrape_configs: []\\n' >p.yml\ntimeout 3 prometheus --config.file p.yml --storage.tsdb.path p --web.listen-address 127.0.0.1:$port 2>&1\n",
           ["info", "warn"], {"info": "Server is ready to receive web requests.", "warn": "Received SIGTERM, exiting gracefully..."},
           lambda line: "Server is ready" in line or "SIGTERM" in line),
    server("rabbitmq", "RabbitMQ", ["dpkg-query", "-W", "rabbitmq-server"],
           PORT + "export HOME=$PWD RABBITMQ_NODE_PORT=$port RABBITMQ_DIST_PORT=$((port + 1)) RABBITMQ_MNESIA_BASE=$PWD/rb RABBITMQ_LOGS=- "
           "RABBITMQ_NODENAME=shop@localhost RABBITMQ_ENABLED_PLUGINS_FILE=$PWD/none ERL_EPMD_PORT=$((port + 2))\n"
           "timeout 20 /usr/lib/rabbitmq/bin/rabbitmq-server 2>&1\n", ["warn", "info"], {"info": None, "warn": None},
           lambda line: "started TCP listener" in line or "rebuilding indices" in line and "persistent" in line),
]
