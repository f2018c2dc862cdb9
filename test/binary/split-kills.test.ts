import { join } from 'node:path';
import { expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { batchLines, writeLines } from '../helpers/jsonl.ts';
import { TAKES_HOOKS } from '../helpers/run-cli.ts';

const HOOK = new URL('../helpers/kill-at-step.mjs', import.meta.url);
/** All changes of the state directory would take a minute and a half; these come to different ones in each phase. */
const EVERY = 23;

test.skipIf(!TAKES_HOOKS)(
  'a split killed with SIGKILL at changes of the state directory makes each file once when it is run again',
  async ({ folder, server, cli }) => {
    await writeLines(join(folder, 'big.jsonl'), batchLines(4));
    const split = ['push', 'big.jsonl', '--purpose', 'batch', '--split', '--split-lines', '2'];
    let step = 1;
    for (let isDead = true; isDead; step += EVERY) {
      const name = `step-${step}`;
      // One of its own, so that what earlier pushes have left costs this one no changes.
      const stateDir = join(folder, `state-${step}`);
      const args = [...split, '--filename', `${name}.jsonl`, '--manifest', `${name}.manifest`];
      const own = { OPENAI_UPLOAD_STATE_DIR: stateDir };
      const env = { ...own, NODE_OPTIONS: `--import=${HOOK}`, KILL_IN: stateDir, KILL_AT: `after ${step}` };
      isDead = (await cli.run(args, env)).stderr.includes(`killed after change ${step}\n`);
      const { code, stdout, stderr } = await cli.run(args, own);

      expect(code, `step ${step}: ${stderr}`).toBe(0);
      const files = server.files().filter(({ filename }) => filename.startsWith(`${name}.`));
      expect(files.map(({ filename }) => filename).sort()).toEqual([
        `${name}.00001.jsonl`,
        `${name}.00002.jsonl`,
      ]);
      expect(stdout.trimEnd().split('\n').sort()).toEqual(files.map(({ id }) => id).sort());
    }
    // Had the hook not worked, the first run would have come to its end.
    expect(step).toBeGreaterThan(40);
  },
);
