import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { lacks } from '../helpers/lacks.ts';
import { makeFile } from '../helpers/make-file.ts';

describe('openai-upload push', () => {
  test('prints the file id and nothing else, and the server holds the bytes', async ({
    folder,
    server,
    cli,
  }) => {
    const md5 = await makeFile(join(folder, 'big.bin'), 230_000_000);

    const { code, stdout, stderr } = await cli.run(['push', 'big.bin', '--purpose', 'vision']);

    const [file] = server.files();
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${file?.id}\n` });
    expect(server.fileMd5(file?.id ?? '')).toBe(md5);
    const parts = server.requests('part');
    expect(parts.map(({ partNumberOfBytes }) => partNumberOfBytes ?? 0).reduce((a, b) => a + b)).toBe(
      230_000_000,
    );
    expect(Math.max(...parts.map(({ partNumberOfBytes }) => partNumberOfBytes ?? 0))).toBeLessThanOrEqual(
      64_000_000,
    );
    expect(server.mostPartsInFlight()).toBeGreaterThan(1);
    expect(server.mostPartsInFlight()).toBeLessThanOrEqual(16);
    expect(parts.every(({ status }) => status === 200)).toBe(true);
    expect(stderr).toContain('230.0 MB');
  });

  test('keeps the order when the first part is acknowledged last', async ({ folder, server, cli }) => {
    const md5 = await makeFile(join(folder, 'a.bin'), 1_000_003);
    server.addFaults({ call: 'part', nth: 1, kind: 'hold', label: 'first' });

    const run = cli.start([
      'push',
      'a.bin',
      '--purpose',
      'vision',
      '--part-size',
      '100000',
      '--concurrency',
      '2',
    ]);
    await server.waitForHeld('first');
    await server.waitFor(
      (all) => all.filter(({ call, status }) => call === 'part' && status === 200).length === 10,
    );
    server.release('first');

    expect((await run.result).code).toBe(0);
    expect(server.fileMd5(server.files()[0]?.id ?? '')).toBe(md5);
    expect(server.requests('part')).toHaveLength(11);
  });

  test('gets a new token before the old one runs out, and one for all parts that are refused', async ({
    folder,
    server,
    cli,
  }) => {
    const md5 = await makeFile(join(folder, 'a.bin'), 120_000);
    // The first token has an end, the others only end when the server says so.
    await writeFile(join(folder, 'token.cjs'), TOKENS);
    const command = `"${process.execPath}" token.cjs`;
    server.setApiKey('token-1-12345');
    server.addFaults(
      { call: 'part', nth: 1, times: 4, kind: 'hold', label: 'first' },
      { call: 'part', nth: 5, times: 4, kind: 'hold', label: 'second' },
    );
    const args = ['push', 'a.bin', '--purpose', 'vision', '--part-size', '10000', '--concurrency', '4'];
    const run = cli.start([...args, '--key-command', command, '--json'], { OPENAI_API_KEY: '' });
    const sent = (count: number) => (all: readonly { readonly call: string | null }[]) =>
      all.filter(({ call }) => call === 'part').length === count;

    await server.waitFor(sent(4));
    await sleep((await stat(join(folder, 'runs'))).mtimeMs + 3000 - Date.now());
    server.setApiKey('token-2-12345');
    server.release('first');
    await server.waitFor(sent(8));
    server.setApiKey('token-3-12345');
    server.release('second');

    const { code, stdout } = await run.result;
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ parts: 12, retries: 0 })]);
    expect(server.fileMd5(server.files()[0]?.id ?? '')).toBe(md5);
    expect(await readFile(join(folder, 'runs'), 'utf8')).toBe('x\nx\nx\n');
    const parts = server.requests('part');
    const refused = parts.filter(({ keyMatched }) => !keyMatched);
    expect([parts.length - refused.length, parts.slice(0, 8).every(({ keyMatched }) => keyMatched)]).toEqual([
      12,
      true,
    ]);
    expect(refused.length).toBeGreaterThan(0);
  });

  test.skipIf(lacks('modes'))(
    'saves the session for its owner alone, and without the key',
    async ({ folder, server, cli }) => {
      await makeFile(join(folder, 'a.bin'), 10);
      await cli.run(['push', 'a.bin', '--purpose', 'vision']);
      const id = server.uploads()[0]?.id ?? '';

      expect((await stat(cli.stateDir)).mode & 0o777).toBe(0o700);
      expect((await stat(join(cli.stateDir, `${id}.json`))).mode & 0o777).toBe(0o600);
      expect(JSON.stringify(await cli.record(id))).not.toContain(server.apiKey);
    },
  );
});

/** Prints another token each time, and keeps count. */
const TOKENS = `
const { appendFileSync, readFileSync } = require('node:fs');
appendFileSync('runs', 'x\\n');
const count = readFileSync('runs', 'utf8').length / 2;
const expiresAt = count === 1 ? Math.floor(Date.now() / 1000) + 3 : null;
console.log(JSON.stringify({ token: 'token-' + count + '-12345', expires_at: expiresAt }));
`;
