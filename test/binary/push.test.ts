import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
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

  test('saves the session for its owner alone, and without the key', async ({ folder, server, cli }) => {
    await makeFile(join(folder, 'a.bin'), 10);
    await cli.run(['push', 'a.bin', '--purpose', 'vision']);
    const id = server.uploads()[0]?.id ?? '';

    expect((await stat(cli.stateDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(cli.stateDir, `${id}.json`))).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(await cli.record(id))).not.toContain(server.apiKey);
  });
});
