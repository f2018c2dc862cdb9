import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBatchFile } from '../demo/write-batch-file.ts';
import { startInTerminal } from '../helpers/terminal.ts';
import { startUploadsServer } from '../helpers/uploads-server/start-uploads-server.ts';
import { svgOfTerminal } from './svg-of-terminal.ts';

/** Draws docs/terminal.svg: a push on the local server, stopped half-way, and resumed to its file id. */
const PICTURE = fileURLToPath(new URL('../../docs/terminal.svg', import.meta.url));
const BYTES = 200_000_000;
const BYTES_PER_SECOND = 25_000_000;

/** What a person would type, with a prompt before it. Ctrl-C is for the command, not for the shell. */
const SESSION = `trap : INT
run() { shown=$*; shift; printf '$ %s\\n' "$shown"; "$node" "$binary" "$@"; }
node=$1 binary=$2
run openai-upload push big.jsonl --purpose batch --concurrency 4
run openai-upload resume --concurrency 4`;

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
  const session = startInTerminal([], { columns: 136, rows: 24, env, cwd: folder, shell: SESSION });
  const isBeyond = (percent: number) => (lines: readonly string[]) =>
    Number(/ (\d+) %, .* left/.exec(lines.at(-1) ?? '')?.[1]) >= percent;
  await session.until(isBeyond(25));
  session.type('\u0003');
  await session.until((lines) => lines.at(-1)?.startsWith('$ openai-upload resume') ?? false);
  await session.ended;
  await writeFile(PICTURE, svgOfTerminal(session.terminal, session.screen().length));
} finally {
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
