"""Python's loggers."""

import sys

from recording import Source

PYTHON = sys.executable
TELL = """
log = logging.getLogger("app.importer")
log.setLevel(logging.DEBUG)
log.debug("cache miss for key %d", 7)
log.info("listening on port %d", 8080)
log.warning("disk nearly full: %d %%", 91)
log.error("cannot open %s: No such file or directory", "/data/x")
log.critical("out of memory")
"""
ALL = ["debug", "info", "warn", "error", "fatal"]
LOGGER = {"logger.name": "app.importer"}


def version(package):
    return [PYTHON, "-c", f"import importlib.metadata as m, sys; print(m.version('{package}'), 'on Python', sys.version.split()[0])"]


def python(name, logger, package, text, **more):
    ask = version(package) if package else [PYTHON, "--version"]
    return Source(name, logger, ask, "job.py", text, [[PYTHON, "{file}"]], **{"levels": ALL, **more})


def standard(name, form, tell=TELL, **more):
    text = f"import logging\nlogging.basicConfig(level=logging.DEBUG, format={form!r})\n{tell}"
    return python(name, "logging,", None, text, **{"attributes": LOGGER, **more})


def formatter(name, logger, package, setup, **more):
    text = f"import logging\n{setup}\nhandler = logging.StreamHandler()\nhandler.setFormatter(formatter)\nlogging.root.addHandler(handler)\n{TELL}"
    return python(name, logger, package, text, **{"attributes": LOGGER, **more})


SOURCES = [
    python("python-basic", "logging.basicConfig(),", None, f"import logging\nlogging.basicConfig(level=logging.DEBUG)\n{TELL}",
           attributes=LOGGER, has_time=False),
    python("python-root", "logging, the root logger,", None,
           "import logging\nlogging.basicConfig(level=logging.DEBUG)\n" + TELL.replace('getLogger("app.importer")', "getLogger()"),
           attributes={"logger.name": "root"}, has_time=False),
    standard("python-dashes", "%(asctime)s - %(name)s - %(levelname)s - %(message)s"),
    standard("python-name-colon", "%(asctime)s %(levelname)s %(name)s: %(message)s"),
    standard("python-short-name-colon", "%(asctime)s %(levelname)s %(name)s: %(message)s", attributes={"logger.name": "importer"},
             tell=TELL.replace("app.importer", "importer")),
    standard("python-brackets", "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s", attributes={}),
    standard("python-place", "%(asctime)s %(levelname)-8s %(filename)s:%(lineno)d - %(message)s",
             attributes={"code.file.path": "job.py"}),
    standard("python-bracketed-name", "%(asctime)s [%(levelname)s] %(name)s: %(message)s"),
    standard("python-celery", "[%(asctime)s: %(levelname)s/%(processName)s] %(message)s", attributes={"thread.name": "MainProcess"}),
    standard("python-level-only", "%(levelname)s: %(message)s", attributes={}, has_time=False),
    standard("python-message-only", "%(message)s", attributes={}, has_time=False, levels=["info"],
             tell='logging.info("listening on port %d", 8080)'),
    formatter("python-json-logger", "python-json-logger", "python-json-logger",
              "from pythonjsonlogger.json import JsonFormatter\n"
              "formatter = JsonFormatter('%(asctime)s %(levelname)s %(name)s %(message)s %(process)d %(lineno)d')"),
    formatter("python-logfmter", "logfmter", "logfmter",
              "from logfmter import Logfmter\nformatter = Logfmter(keys=['at', 'time', 'logger'], mapping={'at': 'levelname', 'time': 'asctime', 'logger': 'name'})"
              .replace("'at'", "'level'")),
    formatter("python-ecs", "ecs-logging", "ecs-logging", "import ecs_logging\nformatter = ecs_logging.StdlibFormatter()"),
    formatter("python-logstash", "python-logstash", "python-logstash",
              "from logstash.formatter import LogstashFormatterVersion1\n"
              "class formatter(LogstashFormatterVersion1):\n    def format(self, record): return super().format(record).decode()\n"
              "formatter = formatter()"),
    formatter("python-uvicorn", "uvicorn", "uvicorn",
              "from uvicorn.logging import DefaultFormatter\nformatter = DefaultFormatter('%(levelprefix)s %(message)s', use_colors=True)",
              attributes={}, has_time=False),
    python("python-absl", "absl-py", "absl-py",
           "from absl import logging as absl\nimport logging\nabsl.use_absl_handler()\nabsl.set_verbosity(absl.DEBUG)\nabsl.set_stderrthreshold('debug')\n"
           "absl.debug('cache miss for key %d', 7)\nabsl.info('listening on port %d', 8080)\nabsl.warning('disk nearly full: %d %%', 91)\n"
           "absl.error('cannot open %s: No such file or directory', '/data/x')\n",
           levels=["debug", "info", "warn", "error"], reads_as={"debug": "info"}, attributes={"code.file.path": "job.py"},
           keeps=lambda line: "flag parsing" not in line),
    python("python-structlog-json", "structlog", "structlog",
           "import structlog\nstructlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt='iso'), structlog.processors.JSONRenderer()])\n"
           "log = structlog.get_logger()\nlog.debug('cache miss for key 7', port=80)\nlog.info('listening on port 8080', port=80)\n"
           "log.warning('disk nearly full: 91 %', port=80)\nlog.error('cannot open /data/x: No such file or directory', port=80)\nlog.critical('out of memory', port=80)",
           attributes={"port": 80}),
    python("python-loguru", "loguru", "loguru",
           "from loguru import logger as log\nlog.debug('cache miss for key 7')\nlog.info('listening on port 8080')\n"
           "log.warning('disk nearly full: 91 %')\nlog.error('cannot open /data/x: No such file or directory')\nlog.critical('out of memory')",
           attributes={"logger.name": "__main__", "code.function.name": "<module>"}),
    python("python-opentelemetry", "OpenTelemetry SDK", "opentelemetry-sdk",
           "import logging\nfrom opentelemetry.sdk._logs import LoggerProvider, LoggingHandler\n"
           "from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor\n"
           "from opentelemetry.sdk._logs.export import ConsoleLogRecordExporter\n"
           "provider = LoggerProvider()\n"
           "provider.add_log_record_processor(SimpleLogRecordProcessor(ConsoleLogRecordExporter(formatter=lambda r: r.to_json(indent=None) + '\\n')))\n"
           "logging.root.addHandler(LoggingHandler(logger_provider=provider))\n" + TELL),
    python("python-warnings", "warnings,", None,
           "import warnings\nwarnings.formatwarning = lambda m, c, f, l, line=None: f'{f}:{l}: {c.__name__}: {m}\\n'\n"
           "warnings.warn('disk nearly full: 91 %', DeprecationWarning, stacklevel=1)\n", levels=["warn"], has_time=False,
           messages={"warn": None}),
]
