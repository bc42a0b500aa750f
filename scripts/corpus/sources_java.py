"""Java's loggers, and Rust's."""

from recording import Source
from sources_go import debian

JARS = "/usr/share/java"
LOG4J = f"{JARS}/log4j-api.jar:{JARS}/log4j-core.jar"
LOGBACK = f"{JARS}/slf4j-api.jar:{JARS}/logback-classic.jar:{JARS}/logback-core.jar"
SIMPLE = f"{JARS}/slf4j-api.jar:{JARS}/slf4j-simple.jar"
LOGGER = {"logger.name": "org.app.Importer"}


def java(name, logger, package, path, imports, make, tell, properties=(), config=None, **more):
    body = "\n".join(f"        {line};" for line in [make, *tell])
    setup = ""
    if config:
        config_name, config_text = config
        setup = f'        java.nio.file.Files.writeString(java.nio.file.Path.of("{config_name}"), {json_text(config_text)});\n'
    text = f"{imports}\npublic class Job {{\n    public static void main(String[] words) throws Exception {{\n{setup}{body}\n    }}\n}}\n"
    command = ["java", *properties, "-cp", f"{path}:.", "{file}"]
    return Source(name, logger, debian(package) if package else ["java", "--version"], "Job.java", text, [command],
                  **{"attributes": LOGGER, **more})


def json_text(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


SLF4J = "import org.slf4j.*;"
MAKE_SLF4J = 'Logger log = LoggerFactory.getLogger("org.app.Importer")'
TELL = ['log.debug("cache miss for key {}", 7)', 'log.info("listening on port {}", 8080)', 'log.warn("disk nearly full: {} %", 91)',
        'log.error("cannot open {}: No such file or directory", "/data/x")']


def logback(name, pattern, **more):
    config = (f'<configuration><appender name="A" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>{pattern}</pattern>'
              '</encoder></appender><root level="debug"><appender-ref ref="A"/></root></configuration>')
    return java(name, f"logback, {pattern},", "liblogback-java", LOGBACK, SLF4J, MAKE_SLF4J, TELL, ["-Dlogback.configurationFile=logback.xml"],
                ("logback.xml", config), **more)


def log4j(name, pattern, **more):
    config = (f'<Configuration><Appenders><Console name="A"><PatternLayout pattern="{pattern}"/></Console></Appenders>'
              '<Loggers><Root level="debug"><AppenderRef ref="A"/></Root></Loggers></Configuration>')
    return java(name, f"log4j, {pattern},", "liblog4j2-java", LOG4J, "import org.apache.logging.log4j.*;",
                'Logger log = LogManager.getLogger("org.app.Importer")', [*TELL, 'log.fatal("out of memory")'],
                ["-Dlog4j2.configurationFile=log4j2.xml"], ("log4j2.xml", config),
                **{"levels": ["debug", "info", "warn", "error", "fatal"], **more})


def cargo(name, logger, package, dependencies, body, **more):
    text = f"fn main() {{\n{body}\n}}\n"
    manifest = f'[package]\nname = "job"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n{dependencies}\n'
    config = '[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "/usr/share/cargo/registry"\n'
    prepare = f"mkdir -p .cargo && printf '%s' '{manifest}' > Cargo.toml && printf '%s' '{config}' > .cargo/config.toml"
    return Source(name, logger, debian(package), "src/main.rs", text,
                  [["sh", "-c", prepare], ["cargo", "build", "--quiet", "--offline", "--jobs", "1"], ["target/debug/job"]],
                  **{"environment": {"RUST_LOG": "debug"}, **more})


RUST = """    log::debug!("cache miss for key {}", 7);
    log::info!("listening on port {}", 8080);
    log::warn!("disk nearly full: {} %", 91);
    log::error!("cannot open {}: No such file or directory", "/data/x");"""
TRACING = RUST.replace("log::", "tracing::").replace("!(", "!(port = 80, name = %\"a-b\", ")
TRACING_ATTRIBUTES = {"logger.name": "job", "port": 80, "name": "a-b"}

SOURCES = [
    java("java-util-logging", "java.util.logging,", None, ".", "import java.util.logging.*;", 'Logger log = Logger.getLogger("org.app.Importer")',
         ['log.info("listening on port 8080")', 'log.warning("disk nearly full: 91 %")', 'log.severe("cannot open /data/x: No such file or directory")'],
         levels=["info", "warn", "error"], lines_per_record=2, attributes={"code.function.name": "Job.main"}),
    logback("logback-default", "%d{HH:mm:ss.SSS} [%thread] %-5level %logger{36} - %msg%n", attributes={**LOGGER, "thread.name": "main"}),
    logback("logback-spring", "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %5p ${PID:-4242} --- [%15.15t] %-40.40logger{39} : %m%n",
            attributes={**LOGGER, "process.pid": 4242, "thread.name": "main"}),
    logback("logback-iso", "%date %level [%thread] %logger{10} [%file:%line] %msg%n", attributes={"thread.name": "main", "code.file.path": "Job.java"}),
    log4j("log4j-default", "%d{HH:mm:ss.SSS} [%t] %-5level %logger{36} - %msg%n", attributes={**LOGGER, "thread.name": "main"}),
    log4j("log4j-date-first", "%d %p %c{1.} [%t] %m%n", attributes={"thread.name": "main"}),
    log4j("log4j-spark", "%d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n", attributes={"logger.name": "Importer"}),
    java("slf4j-simple", "slf4j-simple", "libslf4j-java", SIMPLE, SLF4J, MAKE_SLF4J, TELL, ["-Dorg.slf4j.simpleLogger.defaultLogLevel=debug"],
         has_time=False, attributes={**LOGGER, "thread.name": "main"}),
    cargo("rust-env-logger", "env_logger", "librust-env-logger-dev", 'log = "0.4"\nenv_logger = { version = "0.9", default-features = false, features = ["humantime"] }',
          "    env_logger::init();\n" + RUST, attributes={"logger.name": "job"}),
    cargo("rust-tracing", "tracing-subscriber", "librust-tracing-subscriber-dev",
          'tracing = "0.1"\ntracing-subscriber = { version = "0.3", default-features = false, features = ["fmt", "ansi"] }',
          "    tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).init();\n" + TRACING, attributes=TRACING_ATTRIBUTES),
    cargo("rust-tracing-spans", "tracing-subscriber in spans", "librust-tracing-subscriber-dev",
          'tracing = "0.1"\ntracing-subscriber = { version = "0.3", default-features = false, features = ["fmt", "ansi"] }',
          "    tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_ansi(false).with_thread_ids(true).init();\n"
          '    let _outer = tracing::info_span!("request", id = 7, path = "/a b").entered();\n    let _inner = tracing::info_span!("query").entered();\n' + TRACING,
          attributes={**TRACING_ATTRIBUTES, "span": "request:query", "request.id": 7, "request.path": "/a b", "thread.id": 1}),
    cargo("rust-tracing-json", "tracing-subscriber's JSON", "librust-tracing-subscriber-dev",
          'tracing = "0.1"\ntracing-subscriber = { version = "0.3", default-features = false, features = ["fmt", "json"] }',
          "    tracing_subscriber::fmt().json().with_max_level(tracing::Level::DEBUG).init();\n" + TRACING, attributes=TRACING_ATTRIBUTES),
]
