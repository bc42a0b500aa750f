async function fetchFrom(name) {
  throw new TypeError(`cannot fetch ${name}`);
}

async function main() {
  await Promise.any([fetchFrom('a'), fetchFrom('b')]);
}

main();
