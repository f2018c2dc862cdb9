import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UploadError } from '../model/errors.ts';
import type { KeySource } from './connection.ts';
import { type IssuedKey, nameOf } from './key.ts';

type CommandSource = Extract<KeySource, { type: 'command' }>;

/** Longer than any key or token. */
const MAX_STDOUT = 64 * 1024;

/** The reason comes at the end of the error output, and a page is enough. */
const MAX_STDERR = 2000;

/**
 * How long to wait for the output to close after the command has ended. A process that still holds
 * it open writes nothing that we need.
 */
const MAX_CLOSE_MS = 500;

/** Matches secrets that a command may print about its own work. Only their form is known. */
const SECRETS = /\b(sk-[\w.~+/=-]{8,}|eyJ[\w-]+\.[\w.-]+|(?<=bearer\s)\S+|(?<=basic\s)\S+)/gi;

/**
 * Runs a shell command that prints a key, or JSON with a `token` and an optional `expires_at` in
 * Unix seconds. The command has its own process group, and whatever it leaves running is killed
 * with it. For the same reason, it has no terminal to ask at.
 * @throws UploadError `authentication`; the signal's reason
 */
export async function runKeyCommand(
  source: CommandSource,
  {
    signal,
    now,
    redact,
    onSecret,
  }: {
    readonly signal: AbortSignal;
    readonly now: () => number;
    readonly redact: (text: string) => string;
    readonly onSecret: (secret: string) => void;
  },
): Promise<IssuedKey> {
  signal.throwIfAborted();
  const { code, stdout, stderr } = await run(source.command, signal);
  const text = stdout.trim();

  if (code !== 0) {
    if (text !== '') onSecret(text);
    const said = redact(stderr.trim()).replace(SECRETS, '[secret]').slice(-MAX_STDERR);
    throw failed(
      source,
      `${typeof code === 'number' ? `exit code ${code}` : code}${said === '' ? '' : `: ${said}`}`,
    );
  }
  if (text === '') throw failed(source, 'it printed no key');
  if (stdout.length > MAX_STDOUT) throw failed(source, 'it printed more than a key');

  return text.startsWith('{') ? parseToken(source, text, now()) : { key: text };
}

/** Keeps the output out of messages, because it may hold the key. */
function parseToken(source: CommandSource, text: string, nowMs: number): IssuedKey {
  let fields: { readonly token?: unknown; readonly expires_at?: unknown };
  try {
    fields = JSON.parse(text);
  } catch {
    throw failed(source, 'what it printed begins like JSON, but is none');
  }

  const { token, expires_at = null } = fields;
  if (typeof token !== 'string') throw failed(source, 'the JSON that it printed has no text in "token"');
  if (expires_at === null) return { key: token };

  const endsAt = typeof expires_at === 'string' && expires_at.trim() !== '' ? Number(expires_at) : expires_at;
  if (typeof endsAt !== 'number' || !Number.isFinite(endsAt))
    throw failed(source, '"expires_at" in the JSON that it printed is not in Unix seconds');

  // If the token seems to have expired already, the clocks differ, and only the server can tell.
  const lifetimeMs = endsAt * 1000 - nowMs;
  return lifetimeMs > 0 ? { key: token, lifetimeMs } : { key: token };
}

async function run(command: string, signal: AbortSignal) {
  const child = spawn(command, {
    shell: true,
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => killGroup(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output.stdout.length <= MAX_STDOUT) output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr = (output.stderr + text).slice(-2 * MAX_STDERR);
  });

  const closed = once(child, 'close');
  closed.catch(() => undefined);
  process.once('exit', kill);
  try {
    const [code, endedBy] = await once(child, 'exit', { signal });
    kill();
    await Promise.race([closed, sleep(MAX_CLOSE_MS, undefined, { ref: false })]);
    return { code: code ?? endedBy, ...output };
  } catch (error) {
    signal.throwIfAborted();
    return { code: error instanceof Error ? error.message : String(error), ...output };
  } finally {
    kill();
    process.off('exit', kill);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** The group may be gone already, or may never have started. */
function killGroup(child: ChildProcess): void {
  try {
    if (process.platform === 'win32') killTree(child);
    else if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing is left to kill.
  }
}

/** Windows has no groups. What a process has started can be found only while that process runs. */
function killTree(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;

  // By its path: a name alone would be looked for in the working directory first.
  const taskkill = join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'taskkill.exe');
  spawnSync(taskkill, ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true });
  child.kill('SIGKILL');
}

function failed(source: CommandSource, why: string): UploadError {
  const hint =
    'Run the command by hand. It must print the key and nothing else, and cannot ask at a terminal.';
  return new UploadError('authentication', { message: `${nameOf(source)} failed: ${why}`, hint });
}
