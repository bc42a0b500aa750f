function fail() {
  throw 'just a text';
}

fail();
