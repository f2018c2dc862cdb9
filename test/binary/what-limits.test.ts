import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { makeFile } from '../helpers/make-file.ts';

describe('openai-upload push says what limited it', () => {
  test('--limit-rate: to the limit that was asked for', async ({ folder, cli }) => {
    await makeFile(join(folder, 'a.bin'), 300_000);
    const limited = ['--limit-rate', '200KB/s', '--part-size', '100000'];
    const { code, stdout, stderr } = await cli.run([
      'push',
      'a.bin',
      '--purpose',
      'vision',
      ...limited,
      '--json',
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'completed', limited_by: 'limit-rate' });
    expect(stderr).toMatch(/, limited by --limit-rate\n$/);
  });

  test('to a server that takes its time to answer', async ({ folder, server, cli }) => {
    await makeFile(join(folder, 'a.bin'), 300_000);
    server.addFaults({ call: 'part', nth: 'every', kind: 'delay', delayMs: 1000 });
    const { stderr } = await cli.run(['push', 'a.bin', '--purpose', 'vision', '--part-size', '100000']);
    expect(stderr).toMatch(/, limited by the server\n$/);
  });

  test('to the network, when the bytes go out slowly', async ({ folder, server, cli }) => {
    // Far more than the system holds in its buffers, which would count as a wait for the server.
    await makeFile(join(folder, 'a.bin'), 50_000_000);
    server.addFaults({ call: 'part', nth: 'every', kind: 'slow', bytesPerSecond: 25_000_000 });
    const { stderr } = await cli.run(['push', 'a.bin', '--purpose', 'vision', '--part-size', '50000000']);
    expect(stderr).toMatch(/, limited by the network\n$/);
  });

  test('and nothing when nothing was left to send', async ({ folder, server, cli }) => {
    await makeFile(join(folder, 'a.bin'), 1000);
    await cli.run(['push', 'a.bin', '--purpose', 'vision']);
    const { stdout } = await cli.run(['resume', server.uploads()[0]?.id ?? '', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'completed', limited_by: null });
  });
});
