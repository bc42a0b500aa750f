"""Go's loggers, from Debian's packages of their sources, and glog in C++."""

from recording import Source

ENVIRONMENT = {"GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOCACHE": "{folder}/cache", "HOME": "{folder}", "GOFLAGS": ""}


def debian(package):
    return ["dpkg-query", "--show", "--showformat", "${Version}", package]


def go(name, logger, package, imports, body, **more):
    lines = "\n".join(f'import {line}' if line.startswith(("_", '"')) or " " in line else f'import "{line}"' for line in imports)
    text = f"package main\n\n{lines}\n\nfunc main() {{\n{body}\n}}\n"
    run = [["go", "build", "-o", "{folder}/job", "{file}"], ["{folder}/job"]]
    return Source(name, logger, debian(package) if package else ["go", "version"], "main.go", text, run,
                  environment=ENVIRONMENT, **more)


PLAIN = ["info"] * 2
LEVELS = """
	log.Debug("cache miss for key 7"{fields})
	log.Info("listening on port 8080"{fields})
	log.Warn("disk nearly full: 91 %"{fields})
	log.Error("cannot open /data/x: No such file or directory"{fields})"""
FIELDS = {"port": 80, "name": "a b"}

SOURCES = [
    go("go-log", "log,", None, ["log"], '\tlog.Print("listening on port 8080")', levels=["info"]),
    go("go-log-place", "log with Lmicroseconds|Lshortfile,", None, ["log"],
       '\tlog.SetFlags(log.LstdFlags|log.Lmicroseconds|log.Lshortfile)\n\tlog.Print("listening on port 8080")', levels=["info"],
       attributes={"code.file.path": "main.go", "code.line.number": 7}),
    go("go-slog-text", "golang.org/x/exp/slog TextHandler", "golang-golang-x-exp-dev", ["os", "golang.org/x/exp/slog"],
       '\tlog := slog.New(slog.NewTextHandler(os.Stderr))' + LEVELS.format(fields=', "port", 80, "name", "a b"').replace(
           '\tlog.Debug("cache miss for key 7", "port", 80, "name", "a b")\n', "").replace('%", "port"', '%", "port"').replace(
               'log.Error("cannot open /data/x: No such file or directory", ', 'log.Error("cannot open /data/x: No such file or directory", nil, '),
       levels=["info", "warn", "error"], attributes=FIELDS),
    go("go-slog-json", "golang.org/x/exp/slog JSONHandler", "golang-golang-x-exp-dev", ["os", "golang.org/x/exp/slog"],
       '\tlog := slog.New(slog.HandlerOptions{AddSource: true}.NewJSONHandler(os.Stderr))' + LEVELS.format(fields=', "port", 80, "name", "a b"').replace(
           '\tlog.Debug("cache miss for key 7", "port", 80, "name", "a b")\n', "").replace(
               'log.Error("cannot open /data/x: No such file or directory", ', 'log.Error("cannot open /data/x: No such file or directory", nil, '),
       levels=["info", "warn", "error"], attributes=FIELDS),
    go("go-slog-default", "golang.org/x/exp/slog's default handler", "golang-golang-x-exp-dev", ["golang.org/x/exp/slog"],
       '\tslog.Info("listening on port 8080", "port", 80, "name", "a b")\n\tslog.Warn("disk nearly full: 91 %", "port", 80, "name", "a b")',
       levels=["info", "warn"], attributes=FIELDS),
    go("go-zap-json", "zap production", "golang-go.uber-zap-dev", ["go.uber.org/zap"],
       '\tlog, _ := zap.NewProduction()\n\tlog = log.Named("app.importer").With(zap.Int("port", 80), zap.String("name", "a b"))\n'
       + LEVELS.format(fields="").replace('\tlog.Debug("cache miss for key 7")\n', "").replace('\tlog.Error("cannot open /data/x: No such file or directory")', ""),
       levels=["info", "warn"], attributes={"logger.name": "app.importer", "port": 80, "name": "a b"}),
    go("go-zap-console", "zap's console encoder", "golang-go.uber-zap-dev", ["go.uber.org/zap"],
       '\tconfig := zap.NewDevelopmentConfig()\n\tconfig.DisableStacktrace = true\n\tlog, _ := config.Build()\n'
       '\tlog = log.Named("app.importer").With(zap.Int("port", 80), zap.String("name", "a b"))' + LEVELS.format(fields=""),
       attributes={"logger.name": "app.importer", "port": 80, "name": "a b"}),
    go("go-zerolog-json", "zerolog", "golang-github-rs-zerolog-dev", ["os", "github.com/rs/zerolog"],
       '\tlog := zerolog.New(os.Stderr).With().Timestamp().Caller().Int("port", 80).Str("name", "a b").Logger()'
       + LEVELS.format(fields="").replace('("', '().Msg("'), attributes=FIELDS),
    go("go-zerolog-console", "zerolog's ConsoleWriter", "golang-github-rs-zerolog-dev", ["os", "github.com/rs/zerolog"],
       '\tlog := zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr}).With().Timestamp().Int("port", 80).Str("name", "a b").Logger()'
       + LEVELS.format(fields="").replace('("', '().Msg("'), attributes=FIELDS),
    go("go-logrus-text", "logrus", "golang-github-sirupsen-logrus-dev", ['log "github.com/sirupsen/logrus"'],
       '\tlog.SetLevel(log.DebugLevel)' + LEVELS.format(fields="").replace("log.", 'log.WithField("port", 80).'),
       attributes={"port": 80}),
    go("go-logrus-colors", "logrus with ForceColors", "golang-github-sirupsen-logrus-dev", ['log "github.com/sirupsen/logrus"'],
       '\tlog.SetLevel(log.DebugLevel)\n\tlog.SetFormatter(&log.TextFormatter{ForceColors: true})\n\tlog.WithField("port", 80).Info("listening on port 8080")\n'
       '\tlog.WithField("port", 80).Warn("disk nearly full: 91 %")', levels=["info", "warn"], attributes={"port": 80}, has_time=False),
    go("go-logrus-json", "logrus' JSONFormatter", "golang-github-sirupsen-logrus-dev", ['log "github.com/sirupsen/logrus"'],
       '\tlog.SetFormatter(&log.JSONFormatter{})\n\tlog.SetReportCaller(true)\n\tlog.WithField("port", 80).Info("listening on port 8080")\n'
       '\tlog.WithField("port", 80).Warn("disk nearly full: 91 %")', levels=["info", "warn"],
       attributes={"port": 80, "code.function.name": "main.main"}),
    go("go-klog", "klog", "golang-k8s-klog-dev", ['"k8s.io/klog"'],
       '\tklog.Info("listening on port 8080")\n\tklog.Warning("disk nearly full: 91 %")\n\tklog.Error("cannot open /data/x: No such file or directory")\n\tklog.Flush()',
       levels=["info", "warn", "error"], attributes={"code.file.path": "main.go"}),
    go("go-klog-structured", "klog InfoS", "golang-k8s-klog-dev", ['"k8s.io/klog"'],
       '\tklog.InfoS("listening on port 8080", "port", 80, "name", "a b")\n\tklog.Flush()', levels=["info"],
       attributes={"code.file.path": "main.go", **FIELDS}),
    go("go-hclog", "hclog", "golang-github-hashicorp-go-hclog-dev", ['"github.com/hashicorp/go-hclog"'],
       '\tlog := hclog.New(&hclog.LoggerOptions{Level: hclog.Debug})' + LEVELS.format(fields=', "port", 80, "name", "a b"'), attributes=FIELDS),
    go("go-kit-log", "go-kit/log", "golang-github-go-kit-log-dev", ['"os"', '"github.com/go-kit/log"', '"github.com/go-kit/log/level"'],
       '\tlogger := log.With(log.NewLogfmtLogger(os.Stderr), "ts", log.DefaultTimestampUTC, "caller", log.DefaultCaller)\n'
       '\tlevel.Info(logger).Log("msg", "listening on port 8080", "port", 80)\n\tlevel.Error(logger).Log("msg", "cannot open /data/x: No such file or directory", "port", 80)',
       levels=["info", "error"], attributes={"port": 80, "code.file.path": "main.go"}),
    Source("glog", "glog (C++)", debian("libgoogle-glog-dev"), "job.cc",
           '#include <glog/logging.h>\nint main(int, char **argv) {\n    FLAGS_logtostderr = true;\n    google::InitGoogleLogging(argv[0]);\n'
           '    LOG(INFO) << "listening on port 8080";\n    LOG(WARNING) << "disk nearly full: 91 %";\n'
           '    LOG(ERROR) << "cannot open /data/x: No such file or directory";\n}\n',
           [["g++", "-o", "{folder}/job", "{file}", "-lglog", "-lgflags"], ["{folder}/job"]],
           levels=["info", "warn", "error"], attributes={"code.file.path": "job.cc"}),
]
