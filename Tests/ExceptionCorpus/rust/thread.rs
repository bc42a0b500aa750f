use std::thread;

fn main() {
    let worker = thread::Builder::new().name("worker-1".into()).spawn(|| {
        let rows: Vec<u32> = Vec::new();
        println!("{}", rows[3]);
    });
    let _ = worker.unwrap().join();
    let text: Result<u32, std::num::ParseIntError> = "forty".parse();
    text.unwrap();
}
