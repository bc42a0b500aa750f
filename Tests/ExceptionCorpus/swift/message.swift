enum ConfigError: Error { case missing(String) }

func load() throws { throw ConfigError.missing("port") }

try load()
