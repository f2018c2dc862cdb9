import './clean-environment.ts';
import { PassThrough, Readable } from 'node:stream';
import { main } from '../../src/cli/main.ts';

export interface MainResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MainOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Empty unless told. */
  readonly stdin?: Readable;
  /** What stderr claims to be. */
  readonly isTTY?: boolean;
  /** Of the terminal that stdout claims to be; none unless told. stderr has as many, if it is one. */
  readonly columns?: number;
}

/** The command line in this process, with streams of the test's own. */
export async function runMain(argv: readonly string[], options: MainOptions = {}): Promise<MainResult> {
  const { env = {}, signal = new AbortController().signal, isTTY = false, columns } = options;
  const stdin = () => (options.stdin ?? Readable.from([])) as NodeJS.ReadStream;
  const stdout = collect(columns !== undefined, columns);
  const stderr = collect(isTTY, columns);
  // Whoever runs the tests may have a configuration of their own.
  const isolated = { OPENAI_UPLOAD_CONFIG_DIR: '/nowhere', ...env };
  const code = await main({
    argv,
    env: isolated,
    stdin,
    stdout: () => stdout.stream,
    stderr: () => stderr.stream,
    signal,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collect(isTTY: boolean, columns = 80) {
  let text = '';
  const stream = new PassThrough().setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  // A terminal as far as the views ask for one.
  const terminal = Object.assign(stream, { isTTY, columns }) as unknown as NodeJS.WriteStream;
  return { stream: terminal, text: () => text + (stream.read() ?? '') };
}
