import xterm from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import { createBarView } from '../../../src/ui/bar-view.ts';
import { drawingFor } from '../../../src/ui/drawing.ts';
import { progressOf, resultOf, startedOf } from '../../helpers/events.ts';

function onScreen({ columns = 80, rows = 10 } = {}) {
  const terminal = new xterm.Terminal({ cols: columns, rows, convertEol: true, allowProposedApi: true });
  let resized: () => void = () => undefined;
  let written = '';
  const view = createBarView(
    {
      write(text) {
        written += text;
        terminal.write(text);
      },
      now: () => 0,
      columns: () => terminal.cols,
      rows: () => terminal.rows,
      onResize(listener) {
        resized = listener;
        return () => undefined;
      },
    },
    drawingFor({ hasUnicode: true }),
  );
  return {
    view,
    written: () => written,
    resize(columns: number, rows: number) {
      terminal.resize(columns, rows);
      resized();
    },
    /** What stands on the screen, and where the cursor is. */
    async lines() {
      await new Promise<void>((resolve) => terminal.write('', resolve));
      const { active } = terminal.buffer;
      const all = Array.from(
        { length: active.length },
        (_, row) => active.getLine(row)?.translateToString(true) ?? '',
      );
      return all.slice(0, all.findLastIndex((line) => line !== '') + 1);
    },
  };
}

const several = ['a.jsonl', 'b.jsonl', 'c.jsonl', 'd.jsonl', 'e.jsonl'].map((name) => ({
  name,
  bytes: 100_000_000,
}));

describe('the view with a bar', () => {
  it('writes whole lines above the bar, and takes the bar off at the end', async () => {
    const { view, lines, written } = onScreen();
    view.onEvent(startedOf());
    view.line('a note');
    expect(await lines()).toEqual([
      'a.jsonl: 100.0 MB in 10 parts of 10.0 MB, at most 4 at a time, as upload_1,',
      '  expires in 1 h',
      'a note',
      'a.jsonl ░░░░░░░░░░░░░░░░░░░░ 0 %, measuring, 0/10 parts, 0 B of 100.0 MB',
    ]);
    view.onEvent(progressOf());
    view.onEvent({ type: 'completed', result: resultOf() });
    view.stop();
    expect((await lines()).slice(2)).toEqual(['a note', 'a.jsonl: file-1, 100.0 MB in 20 s, 5.0 MB/s']);
    expect(written()).not.toContain('\u001b[?25l');
    // What switches line breaks off switches them on again.
    expect(written().split('\u001b[?7l')).toHaveLength(written().split('\u001b[?7h').length);
  });

  it('draws many in one block: at most three that are on their way, and all of them', async () => {
    const { view, lines } = onScreen({ columns: 100 });
    view.expect(several);
    view.onEvent({ type: 'phase', phase: 'verifying' }, 1);
    view.onEvent(progressOf({ retries: 2 }), 0);
    view.stop();
    view.onEvent(progressOf({ retries: 2 }), 0);
    expect(await lines()).toEqual([
      'b.jsonl                      checking the file',
      'a.jsonl ████████▒░░░░░░░░░░░ 40 %, measuring, 4/10 parts, 40.0 MB of 100.0 MB, 2 retries',
      'all     █▒░░░░░░░░░░░░░░░░░░ 8 %, 40.0 MB of 500.0 MB, measuring, 2 retries',
      '0 of 5 files done, 5 left',
    ]);
    for (const index of [2, 3, 4]) view.onEvent(startedOf(), index);
    view.onEvent({ type: 'completed', result: resultOf() }, 0);
    view.line('openai-upload: b.jsonl: refused');
    view.ended(1, 'failed');
    view.ended(2, 'skipped');
    view.line('a note');
    expect((await lines()).slice(0, 2)).toEqual(['openai-upload: b.jsonl: refused', 'a note']);
    expect((await lines()).at(-1)).toBe('1 of 4 files done, 1 failed, 2 left');
    view.stop();
    expect(await lines()).toEqual(['openai-upload: b.jsonl: refused', 'a note']);
  });

  it('draws no more lines than the terminal has', async () => {
    const { view, lines, resize } = onScreen({ rows: 4 });
    view.expect(several);
    for (const index of [0, 1, 2, 3]) view.onEvent(progressOf(), index);
    view.stop();
    view.onEvent(progressOf(), 0);
    expect((await lines()).map((line) => line.slice(0, 7).trim())).toEqual(['a.jsonl', 'all', '0 of 5']);
    resize(80, 10);
    expect(await lines()).toHaveLength(5);
    resize(80, 1);
    expect((await lines()).at(-1)).toMatch(/^0 of 5 files/);
    view.stop();
  });

  it('says of which file a line is', async () => {
    const { view, lines } = onScreen();
    view.expect(several);
    view.line('part 3 is sent again', 1);
    view.line('a note');
    expect(await lines()).toEqual(['b.jsonl: part 3 is sent again', 'a note']);
  });

  it.each([40, 20, 120])('leaves nothing behind of the old lines at %i columns', async (columns) => {
    const { view, lines, resize } = onScreen({ columns: 90 });
    view.expect(several);
    for (const index of [0, 1]) view.onEvent(progressOf(), index);
    view.line('a note');
    resize(columns, 10);
    const after = await lines();
    expect(after[0]).toBe('a note');
    expect(after).toHaveLength(5);
    view.stop();
    expect(await lines()).toEqual(['a note']);
  });
});
