import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { BINARY } from '../helpers/run-cli.ts';
import { parseBenchOptions } from './bench-options.ts';
import { formatTable } from './report/format-table.ts';
import { describeMachine } from './report/machine.ts';
import { runBench } from './run-bench.ts';
import type { SectionResult } from './section-result.ts';

/** `npm run bench`: side by side with our peers. docs/performance.md says what it measures, and how. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const stop = new AbortController();
let stoppedBy: keyof typeof SIGNALS | undefined;
for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
  process.on(signal, () => {
    stoppedBy ??= signal;
    stop.abort(new Error(`stopped by ${signal}`));
  });
}

process.exitCode = await bench();

async function bench(): Promise<number> {
  const options = parseBenchOptions(process.argv.slice(2));
  if (!existsSync(BINARY)) {
    console.error('The program is not built yet. Run: npm run build');
    return 1;
  }
  const print = (text: string) => options.json !== true && console.log(text);
  print(`${formatTable([describeMachine()])}\n`);
  const startedAt = performance.now();
  const say = (line: string) =>
    console.error(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(5)} s  ${line}`);
  try {
    const record = await runBench(options, {
      signal: stop.signal,
      say,
      onSection: (section) => print(formatSection(section)),
    });
    if (record.verdicts.length > 0) print(`## Against the targets\n\n${formatTable(record.verdicts)}`);
    const json = `${JSON.stringify(record, null, 2)}\n`;
    if (options.json === true) process.stdout.write(json);
    else if (options.json !== null) await writeFile(options.json, json);
    return hasFailures(record.sections) ? 1 : 0;
  } catch (error) {
    if (stoppedBy !== undefined) {
      console.error('\nStopped; nothing is left behind.');
      return SIGNALS[stoppedBy];
    }
    throw error;
  }
}

function formatSection({ title, notes, rows }: SectionResult): string {
  return `## ${title}\n\n${formatTable(rows)}\n\n${notes.map((note) => `${note}\n`).join('')}`;
}

/** What is missing on a machine is no failure. */
function hasFailures(sections: readonly SectionResult[]): boolean {
  return sections.some(({ rows }) => rows.some(({ note }) => String(note).startsWith('failed')));
}
