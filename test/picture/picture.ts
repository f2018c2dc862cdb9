import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBatchFile } from '../demo/write-batch-file.ts';
import { startInTerminal } from '../helpers/terminal.ts';
import { startUploadsServer } from '../helpers/uploads-server/start-uploads-server.ts';
import { rowOf, svgOfRows, withKey } from './svg-of-terminal.ts';

/**
 * Draws docs/terminal.svg: a push on the local server, stopped half-way, and resumed to its file id.
 * The bars are as they stood when Ctrl-C was typed, and near the end: a bar is taken off the screen
 * when its run is over.
 */
const PICTURE = fileURLToPath(new URL('../../docs/terminal.svg', import.meta.url));
const BYTES = 200_000_000;
const BYTES_PER_SECOND = 25_000_000;
const COLUMNS = 80;

/** What a person would type, with a prompt before it. Ctrl-C is for the command, not for the shell. */
const SESSION = `trap : INT
run() { shown=$*; shift; printf '$ %s\\n' "$shown"; "$node" "$binary" "$@"; }
node=$1 binary=$2
run openai-upload push big.jsonl --purpose batch
run openai-upload resume`;

const folder = await mkdtemp(join(tmpdir(), 'openai-upload-picture-'));
const server = await startUploadsServer({ totalBytesPerSecond: BYTES_PER_SECOND });
try {
  await writeBatchFile(join(folder, 'big.jsonl'), BYTES);
  const env = {
    HOME: folder,
    OPENAI_API_KEY: server.apiKey,
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_UPLOAD_STATE_DIR: join(folder, 'state'),
  };
  const session = startInTerminal([], { columns: COLUMNS, rows: 24, env, cwd: folder, shell: SESSION });
  const { terminal, screen, until, type, ended } = session;
  const barBeyond = async (percent: number) => {
    await until((lines) => Number(/ (\d+) %, .* left/.exec(lines.at(-1) ?? '')?.[1]) >= percent);
    return rowOf(terminal, screen().length - 1);
  };

  const stopped = withKey(await barBeyond(45), '^C');
  type('\u0003');
  await until((lines) => lines.some((line) => line.includes('continuing')));
  const resumed = await barBeyond(80);
  await ended;

  const rows = screen().flatMap((line, row) => {
    const bars = line.startsWith('stopping') ? [stopped] : line.includes(': file-') ? [resumed] : [];
    return [...bars, rowOf(terminal, row)];
  });
  await writeFile(PICTURE, svgOfRows(rows, COLUMNS));
} finally {
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
