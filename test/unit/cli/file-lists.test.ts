import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runMain } from '../../helpers/run-main.ts';

const args = ['push', '--files-from', '-', '--purpose', 'vision', '--json'];

describe('a list on standard input', () => {
  it('that does not end can be stopped', async () => {
    const stop = new AbortController();
    // Who reads it is told to stop by the first look at it.
    const stdin = new Readable({ read: () => stop.abort('SIGTERM') });
    const { code, stdout } = await runMain(args, { stdin, signal: stop.signal });
    expect([code, JSON.parse(stdout).error.code]).toEqual([143, 'interrupted']);
  });

  it('that breaks off is no list', async () => {
    const stdin = new Readable({ read: () => stdin.destroy(new Error('the pipe broke')) });
    const { code, stdout, stderr } = await runMain(args, { stdin });
    expect([code, JSON.parse(stdout).error.code]).toEqual([2, 'usage']);
    expect(stderr).toContain('the list on standard input cannot be read: the pipe broke');
  });

  it('may be longer than the arguments that a call can have', async () => {
    const stdin = Readable.from([Buffer.from(Array.from({ length: 200_000 }, (_, n) => `${n}\n`).join(''))]);
    const { code, stderr } = await runMain([...args, '--shard', '1/4000000000'], { stdin });
    expect(stderr).toContain('nothing to push: shard 1/4000000000 has none of 200000 files');
    expect(code).toBe(0);
  });

  it('that is typed is asked for', async () => {
    const stdin = Object.assign(Readable.from([]), { isTTY: true });
    const { code, stderr } = await runMain(args, { stdin });
    expect(code).toBe(0);
    expect(stderr).toContain('reading the list from the terminal; end with Ctrl-D');
  });
});
