import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFile } from '../../helpers/make-file.ts';
import { runMain } from '../../helpers/run-main.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';
import { startUploadsServer } from '../../helpers/uploads-server/start-uploads-server.ts';

async function setUp() {
  const server = await startUploadsServer();
  onTestFinished(() => server.close());
  const folder = await temporaryFolder();
  const stop = new AbortController();
  const env = {
    OPENAI_API_KEY: server.apiKey,
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_UPLOAD_STATE_DIR: join(folder, 'state'),
  };
  const push = (...more: readonly string[]) =>
    runMain(['push', ...more, '--purpose', 'vision'], { env, signal: stop.signal });
  return { server, folder, stop, env, push };
}

describe('a push that a signal ends', () => {
  it('exits with the code of the signal, whatever failed before, and creates nothing after it', async () => {
    const { server, folder, stop, push } = await setUp();
    const names = Array.from({ length: 20 }, (_, index) => join(folder, `${index}.bin`));
    for (const name of names) await makeFile(name, 1000);
    await writeFile(names[0] ?? '', '');
    server.addFaults({ kind: 'hang', when: 'answer', work: false, call: 'part', nth: 'every' });

    const running = push(...names, '--concurrency', '1');
    await server.waitFor((all) => all.some(({ fault }) => fault === 'hang'));
    stop.abort('SIGTERM');
    const begun = server.requests('create').length;

    expect((await running).code).toBe(143);
    expect(server.requests('create')).toHaveLength(begun);
  });
});
