function work() {
  null.length;
}

try {
  work();
} catch (error) {
  console.error('worker failed:', error);
}
console.error('going on');
try {
  work();
} catch (error) {
  console.log(JSON.stringify({ level: 50, msg: 'failed', err: { type: 'TypeError', message: error.message, stack: error.stack } }));
}
