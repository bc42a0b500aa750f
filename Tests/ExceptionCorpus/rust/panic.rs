use std::collections::HashMap;

struct Store {
    rows: HashMap<String, u32>,
}

impl Store {
    fn get(&self, name: &str) -> u32 {
        *self.rows.get(name).expect("no such row")
    }
}

fn main() {
    let store = Store { rows: HashMap::new() };
    println!("{}", store.get("port"));
}
