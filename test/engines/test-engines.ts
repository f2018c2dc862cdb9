import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { onThisMachine, overSsh } from './parallel.ts';
import { checkSchemas } from './schemas.ts';
import { slurm } from './slurm.ts';
import { onStage } from './stage.ts';

/**
 * `npm run test:engines`: the recipes of docs/fleet.md with the real engines, and the files of the
 * documents against the schemas that their readers publish. What is not installed is skipped.
 */
const TESTS: readonly {
  readonly name: string;
  readonly needs: readonly string[];
  readonly run: () => Promise<string>;
}[] = [
  { name: 'GNU parallel', needs: ['parallel'], run: () => onStage(onThisMachine) },
  { name: 'GNU parallel over ssh', needs: ['parallel', 'ssh', 'sshd'], run: () => onStage(overSsh) },
  { name: 'Slurm', needs: ['munged', 'slurmctld', 'slurmd', 'sbatch'], run: () => onStage(slurm) },
  { name: 'Kubernetes, GitHub and GitLab', needs: ['npm'], run: checkSchemas },
];

const PLACES = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];

for (const { name, needs, run } of TESTS) {
  const missing = needs.filter((program) => !PLACES.some((place) => existsSync(join(place, program))));
  if (missing.length > 0) {
    console.log(`skip  ${name}: ${missing.join(', ')} not installed`);
    continue;
  }

  try {
    console.log(`pass  ${name}: ${await run()}`);
  } catch (error) {
    console.log(`FAIL  ${name}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
