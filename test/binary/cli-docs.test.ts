import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Cli, test } from '../helpers/fixtures.ts';
import { makeFile } from '../helpers/make-file.ts';
import { codeBlocks, readDocument, tableRows } from '../helpers/markdown.ts';
import type { UploadsServer } from '../helpers/uploads-server/uploads-server.ts';

const document = await readDocument('docs/cli.md');
const documented = codeBlocks(document)
  .filter(({ language }) => language === 'json')
  .flatMap(({ text }) => text.trim().split('\n'))
  .map((line) => JSON.parse(line));

const PUSH = ['push', '--purpose', 'user_data', '--part-size', '1000', '--concurrency', '1', '--json'];
const STATES = ['pending', 'completing', 'completed', 'cancelled', 'expired'];

describe('the objects of --json in docs/cli.md are those that are printed, by', () => {
  test('push: of a file that is uploaded, and of one that is not there', async ({ folder, cli }) => {
    await makeFile(join(folder, 'big.jsonl'), 2500);
    const { stdout, code } = await cli.run([...PUSH, 'big.jsonl', 'none.jsonl']);
    const [completed, failed] = objectsIn(stdout);

    expect(code).toBe(3);
    expect(shapeOf(completed)).toEqual(shapeLike('completed', 'bytes_sent', completed));
    expect(shapeOf(failed)).toEqual(shapeLike('failed', 'error', failed));
  });

  test('push: of trouble on the way, with the command that goes on', async ({ folder, server, cli }) => {
    await makeFile(join(folder, 'big.jsonl'), 2500);
    server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 500 });
    const { stdout, code } = await cli.run([...PUSH, '--retries', '0', 'big.jsonl']);
    const [failed] = objectsIn(stdout);

    expect(shapeOf(failed)).toEqual(shapeLike('failed', 'error', failed));
    expect(failed).toMatchObject({
      error: { exit_code: code, resume_command: expect.stringContaining('resume ') },
    });
  });

  test('cancel', async ({ folder, server, cli }) => {
    const id = await leaveHalfDone(folder, server, cli);
    const { stdout } = await cli.run(['cancel', id, '--json']);
    const [cancelled] = objectsIn(stdout);

    expect(shapeOf(cancelled)).toEqual(shapeLike('cancelled', 'upload_id', cancelled));
  });

  test('list, status and prune', async ({ folder, server, cli }) => {
    const id = await leaveHalfDone(folder, server, cli);
    const [listed] = objectsIn((await cli.run(['list', '--json'])).stdout);
    const [details] = objectsIn((await cli.run(['status', id, '--json'])).stdout);
    expect(shapeOf(listed)).toEqual(shapeLike('pending', 'record', listed));
    expect(shapeOf(details)).toEqual(shapeLike('pending', 'next_command', details));

    await cli.run(['cancel', id]);
    const [would] = objectsIn((await cli.run(['prune', '--dry-run', '--json'])).stdout);
    const [forgotten] = objectsIn((await cli.run(['prune', '--json'])).stdout);
    expect(would).toMatchObject({ status: 'would_forget' });
    expect(shapeOf(forgotten)).toEqual(shapeLike('forgotten', 'was', forgotten));
  });

  test('list: of a record that cannot be read', async ({ folder, server, cli }) => {
    await leaveHalfDone(folder, server, cli);
    await writeFile(join(cli.stateDir, 'upload_broken.json'), '{');
    const { stdout, code } = await cli.run(['list', '--json']);
    const failed = objectsIn(stdout).find(({ status }) => status === 'failed');

    expect(code).toBe(10);
    expect(shapeOf(failed)).toEqual(shapeLike('failed', 'error', failed));
    expect(failed).toMatchObject({ upload_id: null });
  });
});

describe('docs/cli.md', () => {
  test('lists every status of a session', () => {
    const named = tableRows(document, 'status').flatMap(([names]) => names?.match(/\w+/g) ?? []);

    expect(named).toEqual(STATES);
  });

  test('has the exit codes that `help exit-codes` has', async ({ cli }) => {
    const { stdout } = await cli.run(['help', 'exit-codes']);
    const told = stdout.slice(stdout.indexOf('Exit codes:')).match(/(?<!\w)\d+(?= )/g) ?? [];
    const rows = tableRows(document, 'code', 'meaning').flatMap(([codes]) => codes?.split(', ') ?? []);

    expect(told.map(Number).sort((a, b) => a - b)).toEqual(rows.map(Number));
  });
});

type Json = Readonly<Record<string, unknown>>;

function objectsIn(stdout: string): readonly Json[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The fields in their order, each with its type. */
function shapeOf(object: Json | undefined): readonly (readonly [string, unknown])[] {
  return Object.entries(object ?? {}).map(([name, value]) => [
    name,
    name === 'error' ? shapeOf(value as Json) : typeOf(value),
  ]);
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

/**
 * The shape of the documented object that has this status and field, the plainer one of two; `status` adds fields to what `list`
 * shows. A field that is null in one of the two, document and print, may have a value in the other.
 */
function shapeLike(status: string, field: string, real: Json | undefined): ReturnType<typeof shapeOf> {
  const all = documented.filter((object) => object.status === status && field in object);
  const fewest = Math.min(...all.map((object) => Object.keys(object).length));
  const shown = all.find((object) => Object.keys(object).length === fewest);
  const adapt = (shape: ReturnType<typeof shapeOf>, now: Json | undefined): ReturnType<typeof shapeOf> =>
    shape.map(([name, type]) => {
      const value = now?.[name];
      if (Array.isArray(type)) return [name, adapt(type, value as Json)];
      return [name, type === 'null' || value === null ? typeOf(value) : type];
    });
  return adapt(shapeOf(shown), real);
}

/** A push that ended in trouble after its first part. @returns the upload's id */
async function leaveHalfDone(folder: string, server: UploadsServer, cli: Cli): Promise<string> {
  await makeFile(join(folder, 'big.jsonl'), 2500);
  server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 500 });
  await cli.run([...PUSH, '--retries', '0', 'big.jsonl']);
  return server.uploads()[0]?.id ?? '';
}
