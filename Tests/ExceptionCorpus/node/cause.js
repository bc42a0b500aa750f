class ConfigError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'ConfigError';
    this.code = 'E_CONFIG';
  }
}

function load(text) {
  return JSON.parse(text);
}

function boot() {
  try {
    load('{"port": nope}');
  } catch (error) {
    throw new ConfigError('bad configuration', { cause: error });
  }
}

boot();
