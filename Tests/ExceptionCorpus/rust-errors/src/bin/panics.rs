use std::cell::RefCell;

struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        panic!("cannot close");
    }
}

fn depth(level: u64) -> u64 {
    if level == u64::MAX { 0 } else { depth(level + 1) + std::hint::black_box(1) }
}

#[inline(always)]
fn check(rows: usize) {
    if rows != 7 {
        panic!("{rows} rows");
    }
}

#[inline(always)]
fn import(rows: usize) {
    check(rows + std::env::args().count());
}

extern "C" fn callback() {
    panic!("in a callback");
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("assert") => assert_eq!(2 + 2, 5, "the ledger of {}", 2026),
        Some("unwrap") => std::fs::read_to_string("/gone/rows.csv").map(|_| ()).unwrap(),
        Some("none") => [1, 2].iter().find(|&&one| one == 3).map(|_| ()).expect("a row"),
        Some("bounds") => drop([1, 2][std::env::args().count() + 1]),
        Some("any") => std::panic::panic_any(7),
        Some("twice") => {
            let _guard = Guard;
            panic!("cannot open");
        }
        Some("overflow") => println!("{}", depth(0)),
        Some("memory") => drop(vec![0u8; std::env::args().count() << 60]),
        Some("callback") => callback(),
        Some("borrow") => {
            let cell = RefCell::new(1);
            let _first = cell.borrow_mut();
            drop(cell.borrow_mut());
        }
        Some("caught") => {
            let result = std::panic::catch_unwind(|| panic!("job 7 failed"));
            println!("going on: {}", result.is_err());
        }
        Some("thread") => {
            let thread = std::thread::Builder::new().name("import-3".into()).spawn(|| panic!("row 17 is truncated"));
            thread.unwrap().join().unwrap();
        }
        Some("inlined") => import(1),
        Some("lines") => panic!("three lines:\n\n  the last one"),
        _ => todo!("refunds"),
    }
}
