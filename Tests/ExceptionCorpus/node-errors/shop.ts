interface Row { id: number }

class Shelf<T extends Row> {
  rows: T[] = [];
  get(id: number): T {
    const row = this.rows.find((one: T) => one.id === id);
    if (!row) throw new Error(`no such row: ${id}`);
    return row;
  }
}

new Shelf<Row>().get(7);
