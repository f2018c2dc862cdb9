import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createCli } from '../helpers/create-cli.ts';
import { installNode } from '../helpers/install-node.ts';

/**
 * `npm run test:foreign -- openapi.yaml`: pushes a file to servers that others have written and npm
 * has. They are made from the API's own document, check each request against it, and invent the
 * answers; so they say whether our requests are what the document asks for, not whether a file
 * arrives. Prints each request that is refused, and why.
 */
const [given] = process.argv.slice(2);
if (given === undefined) {
  console.error('Give the path of the official OpenAPI document: it is not part of this project.');
  process.exit(2);
}

const SOURCE_BYTES = 100_000;
/** `vision` is a purpose in every version of the document. */
const PUSH = ['push', 'a.png', '--purpose', 'vision', '--no-check', '--retries', '0', '--verbose'];
const PACKAGES = ['@stoplight/prism-cli@5.16.0', '@stdy/cli@0.22.2'];
const SERVERS = [
  { name: 'Prism', program: '@stoplight/prism-cli/dist/index.js', args: ['mock', '--port'] },
  { name: 'Steady', program: '@stdy/cli/steady.js', args: ['--port'] },
];

/** What belongs to a connection, or to a body as it was encoded. */
const OF_A_HOP = ['host', 'connection', 'transfer-encoding', 'content-length', 'content-encoding'];

const folder = await mkdtemp(join(tmpdir(), 'openai-upload-foreign-'));
try {
  // Prism needs a newer Node than we do.
  const node = installNode(folder, '24', ...PACKAGES);
  if (node === undefined) throw new Error('the servers cannot be installed');
  await writeFile(join(folder, 'a.png'), Buffer.alloc(SOURCE_BYTES, 'a'));
  for (const { name, program, args } of SERVERS) {
    const port = await freePort();
    const words = [join(folder, 'node_modules', program), ...args, String(port), resolve(given)];
    const server = spawn(node, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    await pushTo(name, server, port).finally(() => end(server));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function pushTo(name: string, server: ChildProcess, port: number): Promise<void> {
  await listening(name, server);
  const between = createHttpServer((request, response) => {
    passOn(request, response, port).catch((error) => response.destroy(error));
  });
  between.listen(0, '127.0.0.1');
  await once(between, 'listening');
  const { port: ours } = between.address() as AddressInfo;
  const cli = createCli(folder, { apiKey: 'sk-foreign', baseUrl: `http://127.0.0.1:${ours}` });
  const { code, stderr } = await cli.run([...PUSH, '--state-dir', join(folder, name)]);
  between.close();

  const lines = stderr.split('\n');
  const answered = lines.filter((line) => /^(GET|POST) \S+ \d+ /.test(line));
  // A route that the document does not have is no fault of the request.
  const refused = answered.filter((line) => / (400|415|422) /.test(line));
  console.log(`\n== ${name}: exit code ${code}, ${answered.length} requests, ${refused.length} refused`);
  console.log(
    [...answered, ...lines.filter((line) => /^(< x-steady-error|openai-upload: )/.test(line))].join('\n'),
  );
  if (refused.length > 0 || answered.length === 0) process.exitCode = 1;
}

/**
 * Passes a request on. In the response to *create*, the true size takes the place of the invented one:
 * an upload for another size is refused, so no other request would be seen.
 */
async function passOn(request: IncomingMessage, response: ServerResponse, port: number): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  const body = method === 'GET' ? undefined : await buffer(request);
  const answer = await fetch(`http://127.0.0.1:${port}${url}`, {
    method,
    headers: kept(request.headers),
    ...(body && { body }),
  });

  const text = await answer.text();
  response.writeHead(answer.status, kept(Object.fromEntries(answer.headers)));
  const isCreated = url === '/uploads' && answer.ok;
  response.end(isCreated ? text.replace(/"bytes": *-?\d+/, `"bytes":${SOURCE_BYTES}`) : text);
}

function kept(headers: IncomingMessage['headers']): Record<string, string> {
  const names = Object.keys(headers).filter((name) => !OF_A_HOP.includes(name));
  return Object.fromEntries(names.map((name) => [name, String(headers[name])]));
}

/** Both say so, in their own words. */
async function listening(name: string, server: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolveReady, reject) => {
    for (const stream of [server.stdout, server.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (/is listening on|ready to accept/i.test(said)) resolveReady();
      });
    server.once('close', () => reject(new Error(`${name} did not start:\n${said}`)));
  });
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const closed = once(server, 'close');
  server.kill();
  await closed;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}
