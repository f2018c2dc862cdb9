import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { describe, expect, onTestFinished } from 'vitest';
import { test as base, type Cli } from '../helpers/fixtures.ts';
import { batchLines, writeLines } from '../helpers/jsonl.ts';
import { lacks } from '../helpers/lacks.ts';
import { makeFile } from '../helpers/make-file.ts';
import { startInTerminal, type Terminal, type TerminalOptions } from '../helpers/terminal.ts';

type Start = (args: readonly string[], options?: Partial<TerminalOptions>) => Terminal;

/** 400 kB in four parts, two at a time. */
const PUSH = ['push', 'a.jsonl', '--purpose', 'user_data', '--part-size', '100000', '--concurrency', '2'];
const BAR = /[█▒░#=.]{10}/;

/** The real binary on a real pseudo-terminal, its screen read by a terminal emulator. */
const test = base.extend<{ terminal: Start }>({
  terminal: async ({ folder, cli }: { folder: string; cli: Cli }, use: (start: Start) => Promise<void>) => {
    await makeFile(join(folder, 'a.jsonl'), 400_000);
    await use((args, options = {}) => {
      const started = startInTerminal(args, { cwd: folder, ...options, env: { ...cli.env, ...options.env } });
      onTestFinished(() => started.kill());
      return started;
    });
  },
});

const shows = (text: string | RegExp) => (lines: readonly string[]) =>
  lines.some((line) => (typeof text === 'string' ? line.includes(text) : text.test(line)));
const barOf = (lines: readonly string[]) => lines.filter((line) => BAR.test(line));
/** An upload's id is another one each time. */
const withoutIds = (line: string) => line.replace(/upload_\w+/, 'upload_X').replace(/file-\w+/, 'file-X');

describe.skipIf(lacks('terminal'))('a push on a terminal', () => {
  test('shows what is acknowledged and what is on its way, and leaves lines and the file id', async ({
    server,
    terminal,
  }) => {
    server.addFaults({ call: 'part', nth: 3, kind: 'hold', label: 'third' });
    const { until, lines, ended, isCursorVisible, written, cursor } = terminal(PUSH);
    await until(shows('3/4 parts'));
    expect(barOf(lines())).toEqual([
      expect.stringMatching(
        /^a\.jsonl █{15}▒{5} 75 %, .*, 3\/4 parts, 300\.0 kB of 400\.0 kB, 100\.0 kB on the way$/,
      ),
    ]);
    server.release('third');
    expect(await ended).toBe(0);
    expect(lines().map(withoutIds).join('')).toMatch(
      /^a\.jsonl: 400\.0 kB in 4 parts of 100\.0 kB, at most 2 at a time, as upload_X, expires in 1 ha\.jsonl: file-X, 400\.0 kB in .*file-X$/,
    );
    expect(barOf(lines())).toEqual([]);
    expect(cursor()).toEqual({ row: lines().length, column: 0 });
    expect(isCursorVisible()).toBe(true);
    expect(written()).not.toContain('\u001b[?25l');
  });

  test('names the wait for complete, and is not at 100 % before the file id is there', async ({
    server,
    terminal,
  }) => {
    server.addFaults({ call: 'complete', nth: 1, kind: 'hold', label: 'complete' });
    const { until, written, ended } = terminal(PUSH);
    await until(shows(/█{20} 99 %, completing, 4\/4 parts/));
    server.release('complete');
    expect(await ended).toBe(0);
    expect(written()).not.toContain('100 %');
  });

  test('fits into 40 columns', async ({ server, terminal }) => {
    server.addFaults({ call: 'part', nth: 3, kind: 'hold', label: 'third' });
    const { until, lines, ended } = terminal(PUSH, { columns: 40 });
    await until(shows('75 %'));
    const bars = barOf(lines());
    expect(bars).toEqual([expect.stringMatching(/^█{7}▒{3} 75 %, /)]);
    expect(stringWidth(bars[0] ?? '')).toBeLessThan(40);
    server.release('third');
    expect(await ended).toBe(0);
    expect(barOf(lines())).toEqual([]);
  });

  test('survives every change of the size', async ({ server, terminal }) => {
    server.addFaults({ call: 'part', nth: 3, kind: 'hold', label: 'third' });
    const { until, lines, resize, ended } = terminal(PUSH);
    await until(shows('3/4 parts'));
    resize(40, 10);
    await until((all) => shows(/^█{7}▒{3} 75 %/)(all) && barOf(all).length === 1);
    resize(100, 5);
    await until((all) => shows(/^a\.jsonl █{15}▒{5} 75 %/)(all) && barOf(all).length === 1);
    server.release('third');
    expect(await ended).toBe(0);
    expect(barOf(lines())).toEqual([]);
    expect(lines().join('')).toMatch(/^a\.jsonl: 400\.0 kB in 4 parts.*file-\w+$/);
  });

  test('uses no colours with NO_COLOR, and some without', async ({ server, terminal }) => {
    const failsOnce = (nth: number) =>
      ({ call: 'part', nth, kind: 'status', status: 500, headers: { 'retry-after': '0' } }) as const;
    server.addFaults(failsOnce(1));
    const plain = terminal(PUSH, { env: { NO_COLOR: '1' } });
    expect(await plain.ended).toBe(0);
    expect(plain.written()).toContain('trying again');
    expect(plain.written()).not.toMatch(/\u001b\[\d+m/);
    server.addFaults(failsOnce(server.requests('part').length + 1));
    const coloured = terminal([...PUSH, '--no-resume']);
    expect(await coloured.ended).toBe(0);
    expect(coloured.written()).toMatch(/\u001b\[33msending part \d failed/);
  });

  test.for([
    ['LANG=C', { LANG: 'C' }],
    ['LC_ALL=POSIX', { LC_ALL: 'POSIX' }],
    ['TERM=linux', { TERM: 'linux' }],
  ] as const)('draws in ASCII with %s', async ([, env], { server, terminal }) => {
    server.addFaults({ call: 'part', nth: 3, kind: 'hold', label: 'third' });
    const { until, written, ended } = terminal(PUSH, { env });
    await until(shows(/^a\.jsonl #{15}={5} 75 %/));
    server.release('third');
    expect(await ended).toBe(0);
    expect(written()).toMatch(/^[\u0000-\u007f]*$/);
  });

  test.for([
    ['TERM=dumb', { TERM: 'dumb' }],
    ['CI=true', { CI: 'true' }],
  ] as const)('writes lines with %s, and moves no cursor', async ([, env], { terminal }) => {
    const { written, ended } = terminal([...PUSH, '--progress-interval', '1ms'], { env });
    expect(await ended).toBe(0);
    expect(written()).not.toContain('\u001b');
    expect(written()).toMatch(/a\.jsonl: \d+ %, .*parts/);
  });

  test('stops with 130 at Ctrl-C, says what to run, and leaves the cursor visible at the left', async ({
    server,
    terminal,
  }) => {
    server.addFaults({ call: 'part', nth: 3, kind: 'hold', label: 'third' });
    const { until, type, lines, ended, isCursorVisible, cursor } = terminal(PUSH);
    await until(shows('3/4 parts'));
    type('\u0003');
    await until(shows('stopping: '));
    // The part that is on its way has its time, and uses it.
    server.release('third');
    expect(await ended).toBe(130);
    const all = lines();
    expect(barOf(all)).toEqual([]);
    expect(all.join('\n')).not.toContain('^C');
    expect(all.at(-1)).toMatch(/^ {2}Run within .*: openai-upload resume upload_\w+$/);
    expect(isCursorVisible()).toBe(true);
    expect(cursor()).toEqual({ row: all.length, column: 0 });
  });

  test('leaves a clean line at a second Ctrl-C as well', async ({ server, terminal }) => {
    server.addFaults({ call: 'part', nth: 3, kind: 'hold', label: 'third' });
    const { until, type, lines, ended, isCursorVisible } = terminal(PUSH);
    await until(shows('3/4 parts'));
    type('\u0003');
    await until(shows('stopping: '));
    type('\u0003');
    expect(await ended).toBe(130);
    expect(barOf(lines())).toEqual([]);
    expect(isCursorVisible()).toBe(true);
    server.release('third');
  });
});

describe.skipIf(lacks('terminal'))('a terminal on one side only', () => {
  test('has the bar when stdout is a file, and no file id', async ({ server, folder, terminal }) => {
    server.addFaults({ call: 'part', nth: 3, kind: 'hold', label: 'third' });
    const { until, lines, ended } = terminal(PUSH, { shell: '"$@" > out' });
    await until(shows(/█{15}▒{5} 75 %/));
    server.release('third');
    expect(await ended).toBe(0);
    expect(lines().some((line) => line.startsWith('file-'))).toBe(false);
    expect(await readFile(join(folder, 'out'), 'utf8')).toMatch(/^file-\w+\n$/);
  });

  test('has the file id alone when stderr is a file, and the file has lines', async ({
    folder,
    terminal,
  }) => {
    const { lines, written, ended } = terminal(PUSH, { shell: '"$@" 2> err' });
    expect(await ended).toBe(0);
    expect(lines()).toEqual([expect.stringMatching(/^file-\w+$/)]);
    expect(written()).not.toContain('\u001b');
    expect(await readFile(join(folder, 'err'), 'utf8')).toMatch(/^a\.jsonl: 400.*\na\.jsonl: file-.*\n$/);
  });
});

describe.skipIf(lacks('terminal'))('several files on a terminal', () => {
  const ALL = ['push', 'a.jsonl', 'b.jsonl', 'none.jsonl', 'c.jsonl', ...PUSH.slice(2, -1), '3'];

  test('are one block while they are sent; what has failed stays above it, and is listed at the end', async ({
    server,
    folder,
    terminal,
  }) => {
    for (const name of ['b', 'c']) await makeFile(join(folder, `${name}.jsonl`), 400_000, name.charCodeAt(0));
    server.addFaults(
      { call: 'complete', nth: 1, kind: 'hold', label: 'one' },
      { call: 'complete', nth: 2, kind: 'hold', label: 'two' },
    );
    const { until, lines, ended, isCursorVisible } = terminal(ALL, { columns: 100 });
    await until(
      (all) =>
        all.filter((line) => line.includes('99 %, completing')).length === 2 &&
        shows('1 of 4 files done, 1 failed, 2 left')(all),
    );
    expect(lines().at(-2)).toMatch(/^all {5}█{20} 99 %, 1\.2 MB of 1\.2 MB, /);
    expect(lines().slice(0, -4)).toContainEqual(
      expect.stringMatching(/^openai-upload: .*none\.jsonl does not exist$/),
    );
    server.release('one');
    server.release('two');
    expect(await ended).toBe(3);
    expect(barOf(lines())).toEqual([]);
    expect(lines().filter((line) => /^file-\w+$/.test(line))).toHaveLength(3);
    expect(lines().filter((line) => /^[abc]\.jsonl/.test(line))).toEqual([]);
    expect(lines().slice(-4)).toEqual([
      'failed:',
      expect.stringMatching(/^ {2}.*none\.jsonl does not exist$/),
      expect.stringMatching(/^3 of 4 files uploaded, 1 failed: 1\.2 MB in /),
      expect.stringMatching(/^To continue with what is left, run: openai-upload resume job_/),
    ]);
    expect(isCursorVisible()).toBe(true);
  });

  test('stay on the screen when one of them is done and the others have nothing to tell', async ({
    server,
    folder,
    terminal,
  }) => {
    await makeFile(join(folder, 'b.jsonl'), 100_000, 2);
    // The second upload is created once the first has been, so it is the one that is held.
    server.addFaults({ call: 'create', nth: 2, kind: 'hold', label: 'last' });
    const { until, ended } = terminal(['push', 'a.jsonl', 'b.jsonl', ...PUSH.slice(2)]);
    await until((all) => shows(/^file-/)(all) && shows(/^1 of 2 files done, 1 left/)(all));
    server.release('last');
    expect(await ended).toBe(0);
  });

  test('are shown in percent by a resume that has not come to all of them', async ({
    server,
    folder,
    cli,
    terminal,
  }) => {
    await makeFile(join(folder, 'b.jsonl'), 400_000, 2);
    server.addFaults(
      { call: 'part', nth: 2, times: 2, kind: 'status', status: 400 },
      { call: 'part', nth: 4, kind: 'hold', label: 'first' },
    );
    const alone = [...PUSH.slice(2, -1), '1'];
    for (const name of ['a.jsonl', 'b.jsonl']) await cli.run(['push', name, ...alone]);
    const { until, ended } = terminal(['resume', '--all', '--concurrency', '1']);
    await until(shows(/^all .* 12 %, 100\.0 kB of 800\.0 kB/));
    server.release('first');
    expect(await ended).toBe(0);
  });

  test('that are cut from one have a line each as well, below what they are cut from', async ({
    server,
    folder,
    terminal,
  }) => {
    await writeLines(join(folder, 'big.jsonl'), batchLines(60));
    server.addFaults(
      { call: 'complete', nth: 1, kind: 'hold', label: 'one' },
      { call: 'complete', nth: 2, kind: 'hold', label: 'two' },
    );
    const args = ['push', 'big.jsonl', '--purpose', 'batch', '--split', '--split-lines', '20'];
    const { until, lines, ended } = terminal([...args, '--concurrency', '3'], { columns: 100 });
    await until(
      (all) =>
        all.filter((line) => line.includes('99 %, completing')).length === 2 &&
        shows('1 of 3 files done')(all),
    );
    expect(lines()[0]).toBe('big.jsonl: 60 requests in 3 files');
    expect(lines().slice(-4)).toEqual([
      expect.stringMatching(/^big\.0000\d\.jsonl █{20} 99 %, completing, 1\/1 parts/),
      expect.stringMatching(/^big\.0000\d\.jsonl █{20} 99 %, completing, 1\/1 parts/),
      expect.stringMatching(/^all +█{20} 99 %/),
      expect.stringMatching(/^1 of 3 files done, 2 left/),
    ]);
    server.release('one');
    server.release('two');
    expect(await ended).toBe(0);
    expect(lines().filter((line) => /^file-\w+$/.test(line))).toHaveLength(3);
  });

  test('never take more lines than the terminal has', async ({ server, folder, terminal }) => {
    for (const name of ['b', 'c']) await makeFile(join(folder, `${name}.jsonl`), 400_000, name.charCodeAt(0));
    server.addFaults({ call: 'complete', nth: 1, times: 3, kind: 'hold', label: 'all' });
    const { until, screen, resize, ended } = terminal(ALL, { columns: 40, rows: 4 });
    await until((all) => shows('99 %, completing')(all) && shows(/^all .*99 %/)(all));
    expect(
      screen()
        .slice(-3)
        .map((line) => line.split(/\s/)[0]),
    ).toEqual([expect.stringMatching(/^[abc]\.jsonl/), 'all', '0']);
    resize(100, 12);
    await until((all) => shows(/^c\.jsonl +█{20} 99 %, completing/)(all) && barOf(all).length === 4);
    server.release('all');
    expect(await ended).toBe(3);
  });
});
