import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { CommandContext } from '../../../src/cli/command.ts';
import { type AskedFiles, announced, forFiles } from '../../../src/cli/file-lists.ts';
import { lacks } from '../../helpers/lacks.ts';
import { runMain } from '../../helpers/run-main.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

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

describe('a list that cannot be read', () => {
  it('fails alone: the files beside it, and in other lists, are tried', async () => {
    const folder = await temporaryFolder();
    const [one, two, list] = ['one.pdf', 'two.pdf', 'list'].map((name) => join(folder, name));
    for (const path of [one, two]) await writeFile(path ?? '', '%PDF-1.7');
    await writeFile(list ?? '', `${two}\n`);
    const lists = ['--files-from', join(folder, 'missing'), '--files-from', `${list}`];

    const results = async (line: readonly string[]) => {
      const { code, stdout } = await runMain(['check', ...line, '--purpose', 'user_data', '--json']);
      const objects = stdout
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text));
      return [code, ...objects.map(({ path, error }) => [path, error?.code])];
    };

    const failed = [join(folder, 'missing'), 'usage'];
    const checked = [
      [one, undefined],
      [two, undefined],
    ];
    expect(await results([`${one}`, ...lists])).toEqual([2, ...checked, failed]);
    expect(await results([`${one}`, ...lists, '--recursive'])).toEqual([2, ...checked, failed]);
    expect(await results(['--files-from', join(folder, 'missing')])).toEqual([2, [null, 'usage']]);
  });

  it.skipIf(lacks('paths')).each([
    ['/dev/zero', 'it is a device, not a file'],
    ['/', 'it is a directory, not a file'],
  ])('is one that is no file, such as %s', async (path, why) => {
    const { code, stderr } = await runMain(['check', '--files-from', path, '--purpose', 'batch']);
    expect(code).toBe(2);
    expect(stderr).toContain(`the list ${path} cannot be read: ${why}`);
  });
});

describe('the files in folders', () => {
  function listOf(count: number): AskedFiles {
    const each = async function* () {
      for (let n = 0; n < count; n += 1) yield { path: `${n}.pdf` };
    };
    return { names: undefined, paths: [], isListed: false, each };
  }

  function contextWith(listeners: Partial<CommandContext>): CommandContext {
    return { signal: new AbortController().signal, ending: {}, ...listeners } as CommandContext;
  }

  it('are counted ahead of their turn, so that the progress knows what is left', async () => {
    let found = 0;
    const all = new Promise<void>((foundAll) => {
      const count = () => {
        found += 1;
      };
      const files = announced(listOf(400), contextWith({ found: count, foundAll }));
      void files.next();
    });

    await all;
    expect(found).toBe(400);
  });

  it.each([
    [4, { color: true }],
    [1000, { color: true, json: true }],
  ])('and in lists are taken %i of after a signal, with %j', async (count, flags) => {
    const stop = new AbortController();
    const context = contextWith({ signal: stop.signal });
    const named = Array.from({ length: 1000 }, (_, index) => `${index}.pdf`);

    let taken = 0;
    const outcomes = forFiles({ command: 'push', named, flags, context }, async function* (files) {
      for await (const { path } of announced(files, context)) yield { status: 'shown', notes: [path] };
    });
    for await (const _ of outcomes) {
      taken += 1;
      if (taken === 3) stop.abort('SIGTERM');
    }
    expect(taken).toBe(count);
  });

  it('are not all held in memory when there are many', async () => {
    let [found, taken, ahead] = [0, 0, 0];
    const count = () => {
      found += 1;
    };
    const context = contextWith({ found: count, foundAll: () => undefined });

    for await (const _ of announced(listOf(10_000), context)) {
      taken += 1;
      ahead = Math.max(ahead, found - taken);
      await setImmediate();
    }
    expect(taken).toBe(10_000);
    expect(ahead).toBeLessThanOrEqual(2001);
  });
});

describe('a stop', () => {
  it.each([
    [2, ['check', 'a.pdf', 'b.pdf']],
    [1, ['check', '-r', '.']],
    [1, ['check', '-r', '.', '--exclude', '*.pdf']],
    [1, ['push', '--dry-run', '-r', '.']],
    [2, ['push', '--dry-run', 'a.pdf', 'b.pdf']],
    [0, ['__complete']],
  ])('is not success, and prints %i objects: %j', async (count, words) => {
    const cwd = await temporaryFolder();
    for (const name of ['a.pdf', 'b.pdf']) await writeFile(join(cwd, name), '%PDF-1.7');
    const line = words.map((word) => (/pdf$|^\.$/.test(word) && word[0] !== '*' ? join(cwd, word) : word));
    const purpose = ['check', 'push'].includes(words[0] ?? '') ? ['--purpose', 'user_data', '--json'] : [];
    const signal = AbortSignal.abort('SIGTERM');

    const { code, stdout } = await runMain([...line, ...purpose, '--state-dir', join(cwd, 'state')], {
      signal,
    });

    expect(code).toBe(143);
    expect(stdout.split('\n').filter(Boolean)).toHaveLength(count);
  });

  it('names the upload that was not cancelled, and the command for it', async () => {
    const stateDir = await temporaryFolder();
    const env = { OPENAI_API_KEY: 'sk-test-key', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' };
    const signal = AbortSignal.abort('SIGINT');

    const { code, stderr } = await runMain(['cancel', 'upload_a', 'upload_b', '--state-dir', stateDir], {
      env,
      signal,
    });

    expect(code).toBe(130);
    expect(stderr).toMatch(/^openai-upload: upload_a: stopped before the end$/m);
    expect(stderr).toMatch(/^ {2}Run: openai-upload cancel .*upload_a$/m);
    expect(stderr).not.toContain('upload_b');
  });
});
