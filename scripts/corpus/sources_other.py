"""Loggers of node, Ruby, PHP and Perl, and programs that log."""

from recording import Source
from sources_go import debian

NODE = {"NODE_PATH": "/usr/share/nodejs"}
TELL = """
log.debug("cache miss for key 7");
log.info("listening on port 8080");
log.warn("disk nearly full: 91 %");
log.error("cannot open /data/x: No such file or directory");
"""
WITH_FIELDS = TELL.replace('");', '", {port: 80, name: "a b"});')


def node(name, logger, package, text, **more):
    return Source(name, logger, debian(package) if package else ["node", "--version"], "job.js", text, [["node", "{file}"]],
                  environment=NODE, **more)


def winston(name, formats, **more):
    text = ("const winston = require('winston');\nconst {combine, timestamp, json, simple, colorize, printf, logstash} = winston.format;\n"
            f"const log = winston.createLogger({{level: 'debug', format: {formats}, transports: [new winston.transports.Console()]}});\n")
    return node(name, f"winston, {formats},", "node-winston", text + WITH_FIELDS, **more)


RUBY = """
log.debug("cache miss for key 7")
log.info("listening on port 8080")
log.warn("disk nearly full: 91 %")
log.error("cannot open /data/x: No such file or directory")
log.fatal("out of memory")
"""
ALL = ["debug", "info", "warn", "error", "fatal"]
PHP = """
$log->debug("cache miss for key 7", ["port" => 80]);
$log->info("listening on port 8080", ["port" => 80]);
$log->warning("disk nearly full: 91 %", ["port" => 80]);
$log->error("cannot open /data/x: No such file or directory", ["port" => 80]);
$log->critical("out of memory", ["port" => 80]);
"""


def php(name, logger, version, text, **more):
    return Source(name, logger, version, "job.php", f"<?php\n{text}", [["php", "-n", "{file}"]], **more)


def perl(name, logger, version, text, **more):
    return Source(name, logger, version, "job.pl", text, [["perl", "{file}"]], **more)


LOG4PERL = ("use Log::Log4perl;\nmy $config = \"log4perl.rootLogger=DEBUG, A\\nlog4perl.appender.A=Log::Log4perl::Appender::Screen\\n"
            "log4perl.appender.A.layout=PatternLayout\\nlog4perl.appender.A.layout.ConversionPattern={pattern}\\n\";\n"
            "Log::Log4perl->init(\\$config);\nmy $log = Log::Log4perl->get_logger('App.Importer');\n"
            "$log->debug('cache miss for key 7');\n$log->info('listening on port 8080');\n$log->warn('disk nearly full: 91 %');\n"
            "$log->error('cannot open /data/x: No such file or directory');\n$log->fatal('out of memory');\n")

LOGGER = """
import socket, subprocess
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind("log")
for level, text in (("err", "cannot open /data/x: No such file or directory"), ("warning", "disk nearly full: 91 %")):
    subprocess.run(["logger", "--stderr", "--socket", "log", "-t", "importer", "--id=42", "-p", f"user.{level}", text])
"""

POSTGRES = """
data=$PWD/data
as() { if [ "$(id -u)" = 0 ]; then chmod 777 . && chown -R nobody . && setpriv --reuid nobody --clear-groups "$@"; else "$@"; fi; }
as initdb -A trust -U job "$data" >/dev/null
{ echo "select 1 from missing"; echo "do \\$\\$ begin raise warning 'disk nearly full: 91 %%'; end \\$\\$"; } |
    as postgres --single -D "$data" -c log_min_messages=warning -c log_statement=none template1 2>&1 >/dev/null
"""

APACHE = """
cat >httpd.conf <<END
ServerRoot $PWD
PidFile $PWD/pid
Mutex file:$PWD
Listen 127.0.0.1:$((20000 + $$ % 20000))
ServerName localhost
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
ErrorLog /dev/stderr
DocumentRoot $PWD
LogLevel debug
END
/usr/sbin/apache2 -f $PWD/httpd.conf -D FOREGROUND 2>&1 & server=$!
sleep 1; kill $server; wait
"""

SOURCES = [
    node("node-bunyan", "bunyan", "node-bunyan",
         "const log = require('bunyan').createLogger({name: 'importer', level: 'debug'});\n"
         + TELL.replace('("', '({port: 80}, "'), attributes={"logger.name": "importer", "port": 80}),
    node("node-log4js", "log4js", "node-log4js",
         "const log4js = require('log4js');\nlog4js.configure({appenders: {out: {type: 'stderr'}}, categories: {default: {appenders: ['out'], level: 'debug'}}});\n"
         "const log = log4js.getLogger('importer');\n" + TELL, attributes={"logger.name": "importer"}),
    winston("node-winston-json", "combine(timestamp(), json())", attributes={"port": 80, "name": "a b"}),
    winston("node-winston-logstash", "combine(timestamp(), logstash())"),
    winston("node-winston-printf", "combine(timestamp(), printf(i => `${i.timestamp} ${i.level}: ${i.message}`))"),
    winston("node-winston-colors", "combine(colorize(), printf(i => `${i.level}: ${i.message}`))", has_time=False),
    Source("ruby-logger", "Logger,", ["ruby", "--version"], "job.rb", "require 'logger'\nlog = Logger.new($stderr, progname: 'importer')\n" + RUBY,
           [["ruby", "{file}"]], levels=ALL, attributes={"logger.name": "importer"}),
    Source("ruby-logger-unnamed", "Logger without a name,", ["ruby", "--version"], "job.rb", "require 'logger'\nlog = Logger.new($stderr)\n" + RUBY,
           [["ruby", "{file}"]], levels=ALL),
    php("php-monolog", "Monolog LineFormatter", debian("php-monolog"),
        "require '/usr/share/php/Monolog/autoload.php';\n$log = new Monolog\\Logger('importer', [new Monolog\\Handler\\StreamHandler('php://stderr')]);\n" + PHP,
        levels=ALL, attributes={"logger.name": "importer", "port": 80}),
    php("php-monolog-json", "Monolog JsonFormatter", debian("php-monolog"),
        "require '/usr/share/php/Monolog/autoload.php';\n$handler = new Monolog\\Handler\\StreamHandler('php://stderr');\n"
        "$handler->setFormatter(new Monolog\\Formatter\\JsonFormatter());\n$log = new Monolog\\Logger('importer', [$handler]);\n" + PHP,
        levels=ALL, attributes={"logger.name": "importer", "port": 80}),
    php("php-errors", "display_errors=stderr, log_errors,", ["php", "--version"],
        "ini_set('display_errors', '0'); ini_set('log_errors', '1'); ini_set('error_log', 'php://stderr');\n"
        "trigger_error('disk nearly full: 91 %', E_USER_WARNING);\ntrigger_error('listening on port 8080', E_USER_NOTICE);\n",
        levels=["warn", "info"], has_time=False, attributes={"code.line.number": None}),
    perl("perl-warn", "warn,", ["perl", "-e", "print $^V"], "warn 'disk nearly full: 91 %';\n", levels=["warn"], has_time=False,
         attributes={"code.line.number": 1}),
    perl("perl-die", "die,", ["perl", "-e", "print $^V"], "open(my $f, '<', '/data/x') or die;\n", levels=["error"], has_time=False,
         messages={"error": "Died"}, attributes={"code.line.number": 1}),
    perl("perl-log4perl", "Log::Log4perl", debian("liblog-log4perl-perl"), LOG4PERL.replace("{pattern}", "%d %p %c - %m%n"), levels=ALL,
         attributes={"logger.name": "App.Importer"}),
    perl("perl-log4perl-easy", "Log::Log4perl", debian("liblog-log4perl-perl"), LOG4PERL.replace("{pattern}", "%d %p> %F{1}:%L %M - %m%n"), levels=ALL,
         attributes={"code.file.path": "job.pl"}),
    Source("logger-stderr", "util-linux logger --stderr,", ["logger", "--version"], "job.py", LOGGER, [["python3", "{file}"]],
           levels=["error", "warn"], attributes={"logger.name": "importer", "process.pid": 42}),
    Source("postgres", "PostgreSQL", ["postgres", "--version"], "job.sh", POSTGRES, [["bash", "{file}"]], levels=["error", "warn"],
           messages={"error": 'relation "missing" does not exist at character 15'}, keeps=lambda line: "ERROR" in line or "WARNING" in line),
    Source("apache-error", "Apache httpd", ["/usr/sbin/apache2", "-v"], "job.sh", APACHE, [["sh", "{file}"]], levels=["info"],
           messages={"info": None}, keeps=lambda line: "AH00489" in line, attributes={"logger.name": "mpm_event"}),
    Source("npm", "npm", ["npm", "--version"], "package.json", '{"name":"job","version":"1.0.0"}', [["npm", "run", "missing"]], levels=["error"],
           messages={"error": 'Missing script: "missing"'}, has_time=False, keeps=lambda line: "Missing script" in line),
    Source("nginx", "nginx", ["nginx", "-v"], "nginx.conf", "events {{}}\nhttp {{ nonsense; }}\n".replace("{{", "{").replace("}}", "}"),
           [["nginx", "-t", "-e", "stderr", "-c", "{file}"]], levels=["fatal"], has_time=False, messages={"fatal": None},
           keeps=lambda line: "nonsense" in line),
]
