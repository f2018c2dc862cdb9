import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import { type CliResult, startCli } from '../../helpers/run-cli.ts';
import type { RequestLogEntry } from '../../helpers/uploads-server/request-log.ts';
import type { ProfileName } from '../../helpers/uploads-server/server-profile.ts';
import { ID, NEWEST, PATIENCE, PORT, PURPOSE } from './commands.ts';
import type { Count, Expectation, Row, Run } from './row.ts';
import { openStage, type Stage } from './stage.ts';

/** Plays a row: each step in turn, and after each run what it has to have come to. */
export async function runRow(row: Row, profile: ProfileName, context: TestContext): Promise<void> {
  const stage = await openStage(row, profile, context);
  for (const step of row.steps) {
    if (typeof step === 'function') await step(stage);
    else await play(row, step, stage);
  }
  if (row.partsInAll !== undefined) expect(stage.server.requests('part')).toHaveLength(row.partsInAll);
  stage.server.assertAllFaultsHappened();
}

async function play(row: Row, step: Run, stage: Stage): Promise<void> {
  const { server } = stage;
  const args = step.args.map((arg) =>
    arg
      .replace(ID, stage.uploadId())
      .replace(PORT, String(server.port))
      .replace(PATIENCE, mustWait(row) ? '1s' : '30s'),
  );
  if (step.expect.code !== undefined) args.splice(1, 0, '--json');
  stage.sizes.add(
    await stat(stage.source).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  const before = server.requests().length;
  const startedAt = performance.now();
  stage.run = startCli(args, { ...stage.env, ...step.env }, stage.folder);
  // A process that ends too soon must not leave the act waiting; the checks will tell what went wrong.
  const acting = Promise.resolve(step.during?.(stage));
  await Promise.race([acting, stage.run.result]);
  acting.catch(() => undefined);
  const result = await stage.run.result;
  const tookMs = performance.now() - startedAt;
  const shown = `openai-upload ${args.join(' ')}\n--- stdout\n${result.stdout}--- stderr\n${result.stderr}---`;

  // Acts speak to the server too.
  const requests = server.requests().slice(before).filter(isOurs);
  expect(await outcomeOf(step, result, requests, stage), shown).toEqual(await promiseOf(step, stage));
  if (step.expect.says !== undefined) expect(result.stderr, shown).toMatch(step.expect.says);
  expect(tookMs, shown).toBeGreaterThanOrEqual(step.expect.tookAtLeastMs ?? 0);
  await assertInvariants(row, result, stage, shown);
  await step.expect.also?.(stage);
}

/** A process that ends by a signal says the code that a shell makes of it. */
function exitCodeOf(exit: Expectation['exit']): number {
  return typeof exit === 'number' ? exit : 128 + constants.signals[exit];
}

/** Whether the server stands still by plan. Elsewhere only a busy machine keeps a run waiting. */
function mustWait({ faults = [] }: Row): boolean {
  return faults.some(({ kind }) => ['hang', 'delay', 'slow'].includes(kind));
}

function isOurs({ headers }: RequestLogEntry): boolean {
  return headers['user-agent']?.startsWith('openai-upload/') ?? false;
}

type Outcome = Record<string, unknown>;

const CALLS = { create: 'create', complete: 'complete', lists: 'listFiles', cancels: 'cancel' } as const;

/** What came of a run, as far as the row says something about it. */
async function outcomeOf(
  { expect: wanted }: Run,
  { code, signal, stdout }: CliResult,
  requests: readonly RequestLogEntry[],
  stage: Stage,
): Promise<Outcome> {
  const { server } = stage;
  const count = (call: RequestLogEntry['call']) => requests.filter((request) => request.call === call).length;
  const outcome: Outcome = { exit: code ?? signal, parts: within(count('part'), wanted.parts) };
  for (const [name, call] of Object.entries(CALLS) as [keyof typeof CALLS, RequestLogEntry['call']][]) {
    if (wanted[name] !== undefined) outcome[name] = within(count(call), wanted[name]);
  }
  if (wanted.silent) outcome.silent = requests.length === 0;
  outcome.files = filesOf(stage).map(({ id }) => server.fileMd5(id));
  if (wanted.code === undefined) outcome.prints = stdout;
  else outcome.code = codeOf(stdout);
  if (wanted.upload) outcome.upload = server.uploads().at(-1)?.status;
  if (wanted.open !== undefined)
    outcome.open = server.uploads().filter(({ status }) => status === 'pending').length;
  if (wanted.record) outcome.record = await stage.record().then(({ status }) => status, String);
  return outcome;
}

/** What the row promises, in the same form. */
async function promiseOf({ args, expect: wanted }: Run, stage: Stage): Promise<Outcome> {
  const isUploaded = wanted.exit === 0 && args[0] !== 'cancel';
  const files = Array(wanted.files ?? (isUploaded ? 1 : 0)).fill(await md5OfSource(stage));
  const own = filesOf(stage).at(-1)?.id;
  const newest = stage.server.files().at(-1)?.id;
  const promise: Outcome = { exit: wanted.exit, files };
  for (const name of ['parts', ...Object.keys(CALLS)] as (keyof Expectation)[]) {
    if (wanted[name] !== undefined) promise[name] = inWords(wanted[name] as Count);
  }
  if (wanted.code === undefined)
    promise.prints = (wanted.prints ?? (isUploaded ? `${own}\n` : '')).replace(NEWEST, String(newest));
  else promise.code = { status: 'failed', code: wanted.code, exit_code: exitCodeOf(wanted.exit) };
  for (const name of ['silent', 'upload', 'open', 'record'] as const) {
    if (wanted[name] !== undefined) promise[name] = wanted[name];
  }
  return promise;
}

function within(count: number, wanted: Count | undefined): string | number {
  return typeof wanted === 'object' && count <= wanted.atMost ? inWords(wanted) : count;
}

function inWords(wanted: Count): string | number {
  return typeof wanted === 'object' ? `at most ${wanted.atMost}` : wanted;
}

/** Those that the source may have become; of another size or purpose they are somebody else's. */
function filesOf({ server, name, sizes }: Stage) {
  return server
    .files()
    .filter((file) => file.filename === name && file.purpose === PURPOSE && sizes.has(file.bytes));
}

async function md5OfSource({ source }: Stage): Promise<string> {
  const bytes = await readFile(source).catch(() => '');
  return createHash('md5').update(bytes).digest('hex');
}

function codeOf(stdout: string): unknown {
  if (!/^\{.*\}\n$/.test(stdout)) return stdout;
  const { status, error } = JSON.parse(stdout);
  return { status, code: error?.code, exit_code: error?.exit_code };
}

/** What holds for every run, whatever went wrong. */
async function assertInvariants(row: Row, result: CliResult, stage: Stage, shown: string): Promise<void> {
  const output = result.stdout + result.stderr;
  expect(result.stderr, `a stack trace: ${shown}`).not.toMatch(/this is a bug|\n\s+at .+:\d+/);
  expect(output, `control characters: ${shown}`).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  const saved = await savedText(stage.stateDir);
  for (const secret of [stage.server.apiKey, 'Bearer', ...(row.secrets ?? [])]) {
    expect(output.includes(secret), `"${secret}" was shown: ${shown}`).toBe(false);
    expect(saved.includes(secret), `"${secret}" was saved: ${shown}`).toBe(false);
  }
}

/** All that lies in the state directory, in one piece. */
async function savedText(directory: string): Promise<string> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => []);
  const texts = entries
    .filter((entry) => entry.isFile())
    .map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8'));
  return (await Promise.all(texts)).join('\n');
}
