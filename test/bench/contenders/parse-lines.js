// `node parse-lines.js FILE`: reads a file as most programs do that look at JSONL, with readline and JSON.parse.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const [path = ''] = process.argv.slice(2);
const ids = new Set();
for await (const line of createInterface({
  input: createReadStream(path),
  crlfDelay: Number.POSITIVE_INFINITY,
}))
  ids.add(JSON.parse(line).custom_id);
