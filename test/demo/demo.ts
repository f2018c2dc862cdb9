import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { BINARY } from '../helpers/run-cli.ts';
import { runDemo } from './run-demo.ts';

/** `npm run demo`: 200 MB at a rate that leaves time to watch. */
const BYTES = 200_000_000;
const BYTES_PER_SECOND = 15_000_000;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const stop = new AbortController();
let stoppedBy: keyof typeof SIGNALS | undefined;
for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
  process.on(signal, () => {
    stoppedBy ??= signal;
    stop.abort();
  });
}

process.exitCode = await demo();

async function demo(): Promise<number> {
  if (!existsSync(BINARY)) {
    console.error('The program is not built yet. Run: npm ci');
    return 1;
  }
  const startedAt = performance.now();
  try {
    const { lines, problems } = await runDemo({
      within: tmpdir(),
      bytes: BYTES,
      bytesPerSecond: BYTES_PER_SECOND,
      // Of a fixed size, so that half of the parts can be told.
      pushFlags: ['--part-size', '8MB'],
      say: (line) => console.log(line),
      stderr: 'inherit',
      signal: stop.signal,
    });
    console.log(
      `\nWhat happened, in ${((performance.now() - startedAt) / 1000).toFixed(0)} s:\n${lines.join('\n')}`,
    );
    for (const problem of problems) console.error(`FAILED: ${problem}`);
    if (problems.length === 0) console.log('OK: killed, resumed, and the server holds exactly the file.');
    return problems.length === 0 ? 0 : 1;
  } catch (error) {
    if (stoppedBy !== undefined) {
      console.error('\nStopped; nothing is left behind.');
      return SIGNALS[stoppedBy];
    }
    console.error(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}
