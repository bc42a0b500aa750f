use anyhow::{Context, Result};

fn port(text: &str) -> Result<u16> {
    text.parse::<u16>().with_context(|| format!("bad port: {text:?}"))
}

fn main() {
    env_logger::init();
    if let Err(error) = port("80a").context("cannot reload") {
        log::error!("{error:?}");
    }
    log::info!("going on");
    if let Err(error) = port("") {
        eprintln!("reload failed: {error:?}");
    }
    println!("going on");
}
