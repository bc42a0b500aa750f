// Rust's ends by signal. Panics end the process (panic=abort): one that unwinds exits with 101, which is no signal.

use std::env;
use std::hint::black_box;

mod orders {
    use std::hint::black_box;

    #[inline(never)]
    pub fn null_read(pointer: *const u32) -> u32 {
        unsafe { pointer.read_volatile() } // crash: null-read
    }

    pub struct Basket<T> {
        pub items: Vec<T>,
    }

    impl<T: Copy> Basket<T> {
        #[inline(never)]
        pub fn item(&self, index: usize) -> T {
            self.items[black_box(index)] // crash: out-of-bounds
        }
    }
}

#[inline(never)]
fn overflow(level: u64) -> u64 {
    let frame = black_box([level; 32]);
    overflow(level + 1) + frame[(level % 32) as usize]
}

#[inline(never)]
fn in_closure(pointer: *const u32) -> u32 {
    let read = || orders::null_read(black_box(pointer));
    black_box(read())
}

fn main() {
    let verb = env::args().nth(1).unwrap_or_default();
    let value = match verb.as_str() {
        "null-read" => orders::null_read(black_box(std::ptr::null())) as u64,
        "closure" => in_closure(black_box(std::ptr::null())) as u64,
        "out-of-bounds" => orders::Basket { items: vec![1u64, 2, 3] }.item(7),
        "overflow" => overflow(1),
        "thread" => std::thread::Builder::new()
            .name("worker".into())
            .spawn(|| orders::null_read(black_box(std::ptr::null())) as u64)
            .unwrap()
            .join()
            .unwrap(),
        _ => std::process::exit(99),
    };
    println!("{}", black_box(value));
}
