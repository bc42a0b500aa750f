use anyhow::{bail, Context, Result};

fn port(text: &str) -> Result<u16> {
    text.parse::<u16>().with_context(|| format!("bad port: {text:?}"))
}

fn open(path: &str) -> Result<String> {
    std::fs::read_to_string(path).context("cannot read the configuration")
}

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("single") => open("/gone/shop.conf").map(|_| 0),
        Some("bare") => bail!("nothing to do"),
        Some("lines") => port("80a").context("cannot start:\n  the shop\n  and its stock"),
        _ => port("80a").context("cannot start the shop"),
    }
    .map(|_| ())
}
