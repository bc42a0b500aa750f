import assert from 'node:assert';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { connect } from 'node:net';

class StockError extends Error {
  name = 'StockError';
  constructor(message, row, options) {
    super(message, options);
    this.row = row;
    this.details = { shop: 'a', shelves: [1, 2] };
  }
}

function find(row) {
  throw new StockError(`no such row: ${row}`, row);
}

function load(row) {
  try {
    find(row);
  } catch (error) {
    throw new Error('cannot load', { cause: error });
  }
}

function boot() {
  try {
    load(7);
  } catch (error) {
    throw new TypeError('cannot boot:\n  shop a', { cause: error });
  }
}

const deeper = (level) => deeper(level + 1) + 1;

async function fetchOne(name) {
  await null;
  throw new RangeError(`cannot fetch ${name}`);
}

const verbs = {
  properties: () => find(7),
  nested: boot,
  text: () => { throw new Error('no type', { cause: 'the disk is full' }); },
  nothing: () => { throw null; },
  object: () => { throw { code: 7, reason: 'no error at all' }; },
  undefined: () => { Promise.reject(); },
  assertion: () => assert.deepStrictEqual({ total: 3, rows: [1, 2] }, { total: 4, rows: [1, 2] }),
  assert: () => assert(find === load),
  overflow: () => deeper(0),
  refused: () => connect(1, '127.0.0.1'),
  listener: () => process.emit('error', new Error('nobody listens')),
  exit: () => process.on('exit', () => { throw new Error('while leaving'); }),
  worker: () => new Worker(new URL(import.meta.url), { workerData: 'properties' }),
  dom: () => structuredClone(() => {}),
  suppressed: () => { throw new SuppressedError(new Error('cannot close'), new Error('cannot read'), 'both'); },
  group: () => { throw new AggregateError([new Error('first'), new AggregateError([new TypeError('second')], 'inner')], 'outer'); },
  settled: async () => {
    for (const one of await Promise.allSettled([fetchOne('a')])) console.error('failed:', one.reason);
    console.log('going on');
  },
  logged: () => {
    try { boot(); } catch (error) { console.error(error); }
    try { find(8); } catch (error) { console.error('[api] %s', error.stack); }
    try { find(9); } catch (error) { console.error(`request failed: ${error}`); }
    console.log('going on');
  },
  warning: () => {
    process.emitWarning('the shelf is old', 'StockWarning');
    new Buffer(1);
    console.log('going on');
  },
  timer: () => setTimeout(() => find(7), 1),
  url: () => new URL('no url'),
  json: () => JSON.parse('{"port": 80a}'),
  iterate: () => { const [one] = {}; return one; },
  memory: () => { const rows = []; for (;;) rows.push(new Array(1e5).fill('x' + rows.length)); },
};

verbs[isMainThread ? process.argv[2] : workerData]();
