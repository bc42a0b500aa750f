use eyre::{eyre, Result, WrapErr};

fn port(text: &str) -> Result<u16> {
    text.parse::<u16>().wrap_err_with(|| format!("bad port: {text:?}"))
}

fn main() -> Result<()> {
    if std::env::args().count() > 1 {
        return Err(eyre!("nothing to do"));
    }
    port("80a").wrap_err("cannot start the shop")?;
    Ok(())
}
