// Node dies on request.
function giveUp() {
  process.abort();
}

giveUp();
