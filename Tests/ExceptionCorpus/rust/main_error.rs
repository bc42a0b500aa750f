use std::error::Error;
use std::fmt;

#[derive(Debug)]
struct ConfigError {
    source: std::num::ParseIntError,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "bad configuration")
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let port: Result<u16, _> = "x".parse();
    port.map_err(|source| ConfigError { source })?;
    Ok(())
}
