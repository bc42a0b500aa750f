class Store {
  get size() {
    return eval('undefinedName');
  }
  static async open() {
    await null;
    return new Store().size;
  }
}

const table = {
  'odd name'() {
    return [1].map(() => Store.open());
  },
};

Promise.all(table['odd name']());
