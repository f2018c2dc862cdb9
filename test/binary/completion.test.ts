import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { CONFIG_KEYS } from '../../src/cli/config/config-keys.ts';
import { PURPOSES } from '../../src/cli/flags.ts';
import { PROGRESS_MODES } from '../../src/ui/progress-view.ts';
import { type Cli, test } from '../helpers/fixtures.ts';
import { putOnPath } from '../helpers/put-on-path.ts';
import { recordOf } from '../helpers/record.ts';
import { hasShell, offersOf, SHELLS, type Shell } from '../helpers/shells/offers.ts';
import { pressTab } from '../helpers/shells/press-tab.ts';
import { wholeProgram } from '../helpers/whole-program.ts';

const program = await wholeProgram();
const help = program.createHelp();
const commandsOf = (name?: string) =>
  help
    .visibleCommands(program.commands.find((command) => command.name() === name) ?? program)
    .map((command) => command.name());

/** What stands on the line after the program's name, and what every shell should offer there. */
const OFFERS: Readonly<Record<string, readonly string[]>> = {
  '': commandsOf(),
  pu: ['push'],
  psuh: [],
  '--ver': ['--verbose', '--version'],
  'help ': commandsOf(),
  'help com': ['completion'],
  'push --pu': ['--purpose'],
  'push --purpose ': PURPOSES,
  'push --purpose=ba': ['batch'],
  'push --progress=': PROGRESS_MODES,
  'push --progress bar --auth ': ['bearer', 'api-key'],
  'push --concurrency ': [],
  'push --state-dir ': ['bin', 'folder', 'state'],
  'push ': ['bin', 'folder', 'script', 'state', 'upload.jsonl'],
  'push up': ['upload.jsonl'],
  'push --concurrency 3 up': ['upload.jsonl'],
  'push upload.jsonl --no-r': ['--no-resume'],
  'push -- --pu': [],
  'push upload.jsonl pu': [],
  'resume ': ['upload_new', 'upload_old'],
  'resume upload_new upload_o': ['upload_old'],
  'resume --wait-lock 10m upload_n': ['upload_new'],
  'resume --reu': ['--reupload-changed'],
  'resume --profile ': ['home', 'work'],
  'config list --profile w': ['work'],
  'resume scr': [],
  'cancel upload_n': ['upload_new'],
  'cancel --purp': [],
  'status upload_n': ['upload_new'],
  'status upload_new up': [],
  'ls --js': ['--json'],
  'config ': commandsOf('config'),
  'config --json g': ['get'],
  'config list --js': ['--json'],
  'config set ': Object.keys(CONFIG_KEYS),
  'config set partS': ['partSize'],
  'config set partSize ': [],
  'config get --base': [],
  'completion ': SHELLS,
  // Flags that every command takes may stand before the command.
  '--js': ['--json'],
  '--profile ': ['home', 'work'],
  '--state-dir ': ['bin', 'folder', 'state'],
  '--json ': commandsOf(),
  '--json status ': ['upload_new', 'upload_old'],
  '-q --profile work resume upload_n': ['upload_new'],
  '--profile=work push up': ['upload.jsonl'],
  '--base-url https://a.example/v1 --json config set partS': ['partSize'],
  '--json push --pu': ['--purpose'],
  '--json psuh ': [],
};

/** Ids come from a server, which may be anyone's. */
const HOSTILE_IDS = [
  '$(touch pwned)',
  '`touch pwned`',
  'upload_;touch pwned',
  '-rf',
  "upload_'",
  'a\tb',
  'a\nb',
];

async function setUp(shell: Shell, folder: string, cli: Cli) {
  await mkdir(join(folder, 'folder'));
  await mkdir(cli.stateDir);
  await writeFile(join(folder, 'upload.jsonl'), '');
  const records = [
    recordOf({ uploadId: 'upload_old', createdAt: 1 }),
    recordOf({ uploadId: 'upload_new', createdAt: 2, filename: '$(touch pwned): \u001b[2J' }),
    recordOf({ uploadId: 'upload_done', status: 'completed', file: { id: 'file-1' } }),
    ...HOSTILE_IDS.map((uploadId) => recordOf({ uploadId })),
  ];
  for (const [index, record] of records.entries())
    await writeFile(join(cli.stateDir, `${index}.json`), JSON.stringify(record));
  const names = ['work', 'home', ...HOSTILE_IDS];
  const profiles = Object.fromEntries(names.map((name) => [name, { baseUrl: 'https://a.example/v1' }]));
  const config = join(folder, 'bin');
  await mkdir(config, { recursive: true });
  await writeFile(join(config, 'config.json'), JSON.stringify({ profiles }));
  const { stdout, stderr, code } = await cli.run(['completion', shell]);
  expect([code, stderr]).toEqual([0, '']);
  const script = join(folder, 'script');
  await writeFile(script, stdout);
  const env = {
    ...cli.env,
    OPENAI_UPLOAD_CONFIG_DIR: config,
    PATH: await putOnPath(folder),
    TERM: 'xterm',
  };
  return { script, options: { cwd: folder, env } };
}

const lineOf = (words: string) => `openai-upload ${words}`;

describe.each(SHELLS)('the completion for %s', (shell) => {
  test.skipIf(!hasShell(shell))(
    'offers what fits in each place, and runs nothing of what it offers',
    async ({ folder, cli }) => {
      const { script, options } = await setUp(shell, folder, cli);
      const expected = Object.entries(OFFERS).map(
        ([words, offers]) => [lineOf(words), [...offers].sort()] as const,
      );

      const offers = await offersOf(
        shell,
        script,
        expected.map(([line]) => line),
        options,
      );

      expect(offers).toEqual(Object.fromEntries(expected));
      expect(existsSync(join(folder, 'pwned'))).toBe(false);
    },
  );

  test.skipIf(!hasShell(shell))(
    'still offers all but ids when the configuration is broken',
    async ({ folder, cli }) => {
      const { script, options } = await setUp(shell, folder, cli);
      await writeFile(join(folder, 'config.json'), '{');
      const env = { ...options.env, OPENAI_UPLOAD_CONFIG_DIR: folder };
      const lines = ['openai-upload pu', 'openai-upload resume '];

      expect(await offersOf(shell, script, lines, { ...options, env })).toEqual({
        'openai-upload pu': ['push'],
        'openai-upload resume ': [],
      });
    },
  );
});

test.skipIf(!hasShell('bash'))(
  'the completion for bash offers the values of --flag=value also in bash 3.2',
  async ({ folder, cli }) => {
    const { script, options } = await setUp('bash', folder, cli);
    const lines = Object.keys(OFFERS).filter((words) => words.includes('='));

    const offers = await offersOf('bash', script, lines.map(lineOf), {
      ...options,
      env: { ...options.env, AS_OLD: '1' },
    });

    expect(offers).toEqual(
      Object.fromEntries(lines.map((words) => [lineOf(words), [...(OFFERS[words] ?? [])].sort()])),
    );
  },
);

describe.each(['bash', 'zsh'] as const)('a Tab in %s', (shell) => {
  const offersNoFiles = shell === 'zsh' || spawnSync('bash', ['-c', 'type compopt']).status === 0;

  test.skipIf(!hasShell(shell))('fills in the line', async ({ folder, cli }) => {
    const { options } = await setUp(shell, folder, cli);
    await writeFile(join(folder, 'my file.jsonl'), '');
    await mkdir(join(folder, 'other folder'));
    await writeFile(join(folder, 'other folder', "it's.jsonl"), '');

    const filled = await pressTab(
      shell,
      [
        'openai-upload pu\tup\t--purp\tba\t',
        'openai-upload push my\t --progress=b\t',
        'openai-upload push oth\tit\t',
        'openai-upload push --state-dir fol\t',
        'openai-upload config se\tpartS\t8MB',
        'openai-upload cancel upload_n\t',
        'openai-upload cancel upload.j\t',
        'openai-upload --base-url https://a.example/v1 --json canc\tupload_n\t',
      ],
      options,
    );

    expect(filled).toEqual([
      // zsh joins a flag that it fills in to its value.
      ['push', 'upload.jsonl', ...(shell === 'zsh' ? ['--purpose=batch'] : ['--purpose', 'batch'])],
      ['push', 'my file.jsonl', '--progress=bar'],
      ['push', "other folder/it's.jsonl"],
      ['push', '--state-dir', 'folder'],
      ['config', 'set', 'partSize', '8MB'],
      ['cancel', 'upload_new'],
      // The bash of macOS, 3.2, offers files where nothing else fits.
      ['cancel', offersNoFiles ? 'upload.j' : 'upload.jsonl'],
      ['--base-url', 'https://a.example/v1', '--json', 'cancel', 'upload_new'],
    ]);
  });
});
