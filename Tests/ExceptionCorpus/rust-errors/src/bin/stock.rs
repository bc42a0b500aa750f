use thiserror::Error;

#[derive(Debug, Error)]
enum StockError {
    #[error("no such row: {id}")]
    NoSuchRow { id: u32 },
    #[error("cannot read {0}")]
    Read(&'static str, #[source] std::io::Error),
}

fn find(id: u32) -> Result<u32, StockError> {
    Err(StockError::NoSuchRow { id })
}

fn read(path: &'static str) -> Result<u32, StockError> {
    std::fs::read_to_string(path).map(|_| 0).map_err(|error| StockError::Read(path, error))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("read") => read("/gone/rows.csv").map(|_| ())?,
        Some("text") => Err("the stock is empty")?,
        Some("io") => std::fs::remove_file("/gone/rows.csv")?,
        _ => find(7).map(|_| ())?,
    }
    Ok(())
}
