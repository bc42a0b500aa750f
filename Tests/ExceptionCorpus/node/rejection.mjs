import { readFile } from 'node:fs/promises';

async function load(path) {
  const text = await readFile(path, 'utf8');
  return text;
}

await load('/nonexistent/settings.json');
