// Runs in a worker thread. Each message asks for some files, and its bytes go back with what they hold.
import { parentPort } from 'node:worker_threads';
import { readFiles } from './read-files.js';

parentPort?.on('message', (request) => {
  const ends = readFiles(request);
  parentPort?.postMessage({ bytes: request.bytes, ends }, [request.bytes.buffer]);
});
