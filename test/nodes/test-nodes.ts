import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installNode } from '../helpers/install-node.ts';
import { VITEST_RUN } from '../helpers/vitest-run.ts';

/**
 * `npm run test:nodes -- [versions…] [files…]`: the tests, or those of some files, on every Node we promise.
 */
const words = process.argv.slice(2);
// The oldest that is promised by its full number, of the others the newest.
const asked = words.filter((word) => /^\d+(\.\d+\.\d+)?$/.test(word));
const VERSIONS = asked.length > 0 ? asked : ['20.18.1', '22', '24', '26'];
const files = words.filter((word) => !asked.includes(word));
const suite = [...VITEST_RUN, ...files];

const folder = mkdtempSync(join(tmpdir(), 'openai-upload-nodes-'));
const failed = VERSIONS.filter((version) => !passes(version));
rmSync(folder, { recursive: true, force: true });
console.log(
  failed.length === 0 ? `passed on Node ${VERSIONS.join(', ')}` : `failed on Node ${failed.join(', ')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

function passes(version: string): boolean {
  const node = installNode(join(folder, version), version);
  console.log(`\n== Node ${version}`);
  return node !== undefined && run(node, ['--version']) && run(node, suite);
}

function run(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}
