import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONFIG_KEYS } from '../../../src/cli/config/config-keys.ts';
import { parseDuration, parseSize, parseWhole } from '../../../src/cli/parse-values.ts';
import { pushOptions } from '../../../src/cli/settings.ts';
import { VERSION } from '../../../src/index.ts';
import { checkPushOptions } from '../../../src/options/validate.ts';
import { lacks } from '../../helpers/lacks.ts';
import { recordOf } from '../../helpers/record.ts';
import { runMain } from '../../helpers/run-main.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';
import { commandNames, wholeProgram } from '../../helpers/whole-program.ts';

const program = await wholeProgram();

describe('the help', () => {
  it('names the commands, on stdout', async () => {
    const { code, stdout, stderr } = await runMain(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const command of ['push', 'resume', 'cancel', 'check', 'list|ls', 'status', 'prune'])
      expect(stdout).toContain(`\n  ${command} `);
  });

  it('of the exit codes has every one', async () => {
    const { code, stdout } = await runMain(['help', 'exit-codes']);
    expect(code).toBe(0);
    for (const exitCode of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 130, 143])
      expect(stdout).toMatch(new RegExp(`\\b${exitCode} [A-Za-z]`));
  });

  it('of a push begins with what it must be told', async () => {
    const { stdout } = await runMain(['push', '--help']);
    expect(stdout).toMatch(/\nOptions:\n {2}--purpose <purpose> +what the file is for \(required\)/);
  });

  it.each([
    [
      'push',
      [
        '--purpose',
        '--no-check',
        '--dry-run',
        '--part-size',
        '--concurrency',
        '--no-md5',
        '--state-dir',
        '--json',
        '--auth',
      ],
    ],
    ['resume', ['--all', '--reupload-changed', '--retries', '--stall-timeout', '--progress']],
    ['cancel', ['--all', '--base-url', '--insecure-http', '--quiet']],
    ['check', ['--purpose', '--filename', '--json']],
    ['list', ['--state-dir', '--json']],
    ['status', ['--state-dir', '--json']],
    ['prune', ['--dry-run', '--json']],
  ])('of %s names its flags and gives an example', async (command, flags) => {
    for (const flag of ['-h', '--help']) {
      const { code, stdout } = await runMain([command, flag]);
      expect(code).toBe(0);
      for (const name of flags) expect(stdout).toContain(name);
      expect(stdout).toContain(`openai-upload ${command} `);
    }
  });

  it.each(commandNames(program))(
    'of %s says what it is for, gives three examples or four, and says where the exit codes are',
    async (name) => {
      const { code, stdout, stderr } = await runMain([...name.split(' ').filter(Boolean), '--help']);
      expect([code, stderr]).toEqual([0, '']);
      const [usage = '', purpose = ''] = stdout.split('\n\n');
      expect(usage.startsWith(`Usage: openai-upload ${name}`.trim())).toBe(true);
      expect(purpose).toMatch(/^\w.{10,75}$/);
      const examples = /\nExamples:\n([\s\S]*?)\n\n/.exec(stdout)?.[1]?.split('\n') ?? [];
      const count = examples.filter((line) => line.startsWith('  # ')).length;
      expect([3, 4]).toContain(count);
      expect(examples.filter((line) => line.includes(`openai-upload ${name}`.trim()))).toHaveLength(count);
      expect(stdout).toMatch(/\nExit codes: openai-upload help exit-codes\n$/);
      expect(stdout).not.toMatch(/\n\n\n/);
      expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    },
  );

  it('of config names every key', async () => {
    for (const line of ['config --help', 'config set --help']) {
      const { stdout } = await runMain(line.split(' '));
      const [, keys = ''] = /\nKeys,.*:\n([\s\S]*?)\nThe API key/.exec(stdout) ?? [];
      expect(keys.split(/[\s,]+/).filter(Boolean)).toEqual(Object.keys(CONFIG_KEYS));
    }
  });

  it('is what comes of no arguments, on stderr, with 2', async () => {
    const { code, stdout, stderr } = await runMain([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: openai-upload');
  });
});

describe('the help command', () => {
  it.each([
    ['help', '--help'],
    ['help push', 'push --help'],
    ['help ls', 'list --help'],
    ['help config', 'config --help'],
    ['help config set', 'config set --help'],
    ['help help', 'help --help'],
    ['--json help push', 'push --help'],
  ])('%s prints what %s does', async (line, same) => {
    const expected = await runMain(same.split(' '));
    expect(expected.code).toBe(0);
    expect(await runMain(line.split(' '))).toEqual(expected);
  });

  it.each([
    ['help psuh', /unknown command 'psuh'\n\(Did you mean push\?\)/],
    ['help config psth', /unknown command 'config psth'\n\(Did you mean path\?\)/],
    ['help push a', /unknown command 'push a'/],
  ])('%s ends with 2', async (line, message) => {
    const { code, stdout, stderr } = await runMain(line.split(' '));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});

describe('flags that every command takes, before the command', () => {
  it('do as those behind it, and those behind it win', async () => {
    const [one, two] = [await temporaryFolder(), await temporaryFolder()];
    await writeFile(join(two, 'upload_1.json'), JSON.stringify(recordOf()));
    const run = async (line: string) => {
      const { code, stdout } = await runMain(line.split(' '));
      expect(code).toBe(0);
      return stdout;
    };
    expect(JSON.parse(await run(`--state-dir ${two} --json list`))).toMatchObject({ upload_id: 'upload_1' });
    expect(await run(`--state-dir=${two} -qv --no-color list`)).toMatch(/^upload_1\t/);
    expect(await run(`--state-dir ${one} list --state-dir ${two}`)).toMatch(/^upload_1\t/);
    expect(await run(`--state-dir ${two} list --state-dir ${one}`)).toBe('');
  });

  it('win over the configuration', async () => {
    const [stateDir, configDir] = [await temporaryFolder(), await temporaryFolder()];
    await writeFile(join(stateDir, 'upload_1.json'), JSON.stringify(recordOf()));
    await writeFile(join(configDir, 'config.json'), JSON.stringify({ stateDir: '/nowhere' }));
    const env = { OPENAI_UPLOAD_CONFIG_DIR: configDir };
    const { stdout } = await runMain(['--state-dir', stateDir, 'list'], { env });
    expect(stdout).toMatch(/^upload_1\t/);
  });

  it.skipIf(lacks('paths'))('hold for the commands below a group', async () => {
    const { code, stdout } = await runMain(['--json', 'config', 'path']);
    expect([code, JSON.parse(stdout)]).toEqual([0, { v: 1, path: '/nowhere/config.json' }]);
  });

  it.each([
    ['--json --help', 0],
    ['--json', 2],
    ['--json --version', 0],
  ])('%s has none, and is as good as left out', async (line, code) => {
    const words = line.split(' ');
    const same = await runMain(words.slice(1));
    expect(same.code).toBe(code);
    expect(await runMain(words)).toEqual(same);
  });
});

describe('the version', () => {
  it.each([['--version'], ['-V'], ['push --version'], ['resume -V']])('is printed by %s', async (line) => {
    expect(await runMain(line.split(' '))).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
    expect(VERSION).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('a wrong call', () => {
  it.each([
    ['push', 'a', '--purpose', 'x', '--\x1b[31m'],
    ['pu\x1b[2Jsh'],
    ['push', 'a', '--purpose', 'x', '--concurrency', '\u009b31m'],
    ['config', 'set', 'ret\x07ries', '1'],
  ])('is repeated without what would steer the terminal', async (...argv) => {
    const { code, stderr } = await runMain(argv);

    expect(code).toBe(2);
    expect(stderr.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    expect(stderr).toMatch(/\\x(1b|9b|07)/);
  });

  it.each([
    ['psuh a --purpose x', /Did you mean push\?/],
    ['upload a --purpose x', /unknown command 'upload'\n\(Did you mean push\?\)/],
    ['--json upload a', /Did you mean push\?/],
    ['--purpose x', /unknown option '--purpose'\n.*flags of a command after its name/],
    ['--json --purpose x push a', /unknown option '--purpose'/],
    ['--json psuh', /Did you mean push\?/],
    ['push a --purpose x --wat', /unknown option '--wat'/],
    ['push a --purpose x --concurency 3', /Did you mean --concurrency\?/],
    ['push a --purpos x', /unknown option '--purpos'\n\(Did you mean --purpose\?\)/],
    ['push --purpos x', /Did you mean --purpose\?/],
    ['config psth', /unknown command 'psth'\n\(Did you mean path\?\)/],
    ['completion powershell', /unknown command 'powershell'\n\(there are bash, zsh, fish\)/],
    ['completion fihs', /Did you mean fish\?/],
    ['completion', /Usage: openai-upload completion/],
    ['complete', /Did you mean completion\?/],
    ['push -- -x', /required option '--purpose/],
    ['push a', /required option '--purpose/],
    ['push --purpose x', /missing required argument 'file'/],
    ['check a b --filename c --purpose x', /--filename is the name of one file/],
    ['push - --files-from a --purpose x --filename b', /--filename is the name of one file/],
    ['push - --files-from a --purpose x', /cannot be combined with other files/],
    ['push - --shard 1/2 --filename a --purpose x', /--shard cannot be used with standard input/],
    ['push a --null --purpose x', /--null needs --files-from/],
    ['check a -0 --purpose x', /--null needs --files-from/],
    ['check --files-from a --filename b --purpose x', /--filename is the name of one file/],
    ['push a --purpose x --shard 0/2', /Write a shard as 2\/5/],
    ['push a --purpose x --shard 3/2', /Write a shard as 2\/5/],
    ['push a --purpose x --shard 2', /Write a shard as 2\/5/],
    ['resume --shard 1/2', /unknown option '--shard'/],
    ['status', /missing required argument 'upload-id'/],
    ['status a b', /too many arguments/],
    ['list a', /too many arguments/],
    ['prune a', /too many arguments/],
    ['resume a --all', /give upload ids or --all, not both/],
    ['cancel --all a', /give upload ids or --all, not both/],
    ['list --concurrency 3', /unknown option '--concurrency'/],
    ['check --purpose x', /missing required argument 'file'/],
    ['check a', /required option '--purpose/],
    ['check a --purpose x --no-check', /unknown option '--no-check'/],
    ['push a --purpose', /argument missing/],
    ['push a --purpose x --concurrency two', /Write a whole number/],
    ['push a --purpose x --concurrency -1', /Write a whole number/],
    ['push a --purpose x --limit-rate fast', /Write a size/],
    ['push a --purpose x --retries 1e3', /Write a whole number/],
    ['push a --purpose x --part-size 8mb', /Write a size as 8MB/],
    ['push a --purpose x --stall-timeout 30', /Write a duration as/],
    ['push a --purpose x --expires-after soon', /Write a duration as/],
    ['push a --purpose x --progress loud', /Allowed choices are auto, bar, plain, json, none/],
    ['push a --purpose x --auth basic', /Allowed choices are bearer, api-key/],
    ['cancel u --concurrency 3', /unknown option '--concurrency'/],
  ])('ends with 2 and says what is wrong: %s', async (line, message) => {
    const { code, stdout, stderr } = await runMain(line.split(' '));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it.each([
    ['--concurrency 0', "'--concurrency <n>' argument '0' is invalid. It must be auto, or 1 to 64."],
    ['--concurrency 65', 'It must be auto, or 1 to 64.'],
    ['--limit-rate 999', 'It must be at least 1KB.'],
    ['--retries 101', 'It must be 0 to 100.'],
    ['--part-size 0', 'It must be 1 byte to 64MiB.'],
    ['--part-size 65MiB', 'It must be 1 byte to 64MiB.'],
    ['--stall-timeout 999ms', 'It must be 1s to 1h.'],
    ['--stall-timeout 2h', 'It must be 1s to 1h.'],
    ['--wait-lock 2d', "'--wait-lock <duration>' argument '2d' is invalid. It must be at most 1d."],
    ['--expires-after 59m', 'It must be 1h to 30d, in whole seconds.'],
    ['--expires-after 31d', 'It must be 1h to 30d, in whole seconds.'],
    ['--expires-after 3600500ms', 'It must be 1h to 30d, in whole seconds.'],
    ['--filename=', 'It must not be empty.'],
    ['--mime-type=', 'It must not be empty.'],
    ['--purpose=', 'It must not be empty.'],
    ['--base-url ftp://host', 'openai-upload: the base URL is not an http or https address'],
    ['--base-url http://example.com', 'openai-upload: the base URL http://example.com is not encrypted'],
  ])(
    'ends with 2 when a number or a name is impossible, told once and not of a file: %s',
    async (flags, message) => {
      const env = { OPENAI_API_KEY: 'sk-1', OPENAI_UPLOAD_STATE_DIR: await temporaryFolder() };
      const line = flags.startsWith('--filename')
        ? `push /nowhere --purpose x ${flags}`
        : `push /nowhere /too --purpose x ${flags}`;
      const { code, stdout, stderr } = await runMain(line.split(' '), { env });
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(message);
      expect(stderr).not.toContain('nowhere');
    },
  );

  it.each([
    ['--concurrency', ['1', '64'], ['0', '65']],
    ['--retries', ['0', '100'], ['101']],
    ['--limit-rate', ['1KB'], ['999']],
    ['--part-size', ['1', '64MiB'], ['0', '67108865']],
    ['--stall-timeout', ['1s', '1h'], ['999ms', '3600001ms']],
    ['--wait-lock', ['0s', '1d'], ['86400001ms']],
    ['--expires-after', ['1h', '30d'], ['3599s', '2592001s', '3600001ms']],
  ] as const)('has the bounds of the library: %s', (name, good, bad) => {
    const option = program.commands.flatMap((command) => command.options).find(({ long }) => long === name);
    const parse = (text: string) => option?.parseArg?.(text, undefined);
    const library = (text: string) => {
      const unbound =
        name === '--concurrency' || name === '--retries'
          ? parseWhole
          : name.match(/rate|size/)
            ? parseSize
            : parseDuration;
      const flags = { color: true, purpose: 'x', [option?.attributeName() ?? '']: unbound(text) };
      checkPushOptions(pushOptions(flags, {}));
    };
    for (const text of good) {
      expect(() => parse(text)).not.toThrow();
      expect(() => library(text)).not.toThrow();
    }
    for (const text of bad) {
      expect(() => parse(text)).toThrow('It must be');
      expect(() => library(text)).toThrow('must be a whole number from');
    }
  });

  it('for want of a key ends with 2, whatever the command, as an object too', async () => {
    for (const line of ['push a --purpose x --json', 'resume u --json', 'cancel u --json']) {
      const { code, stdout, stderr } = await runMain(line.split(' '));
      expect(code).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({
        status: 'failed',
        error: { code: 'api_key_missing', exit_code: 2 },
      });
      expect(stderr).toContain('Set OPENAI_API_KEY.');
    }
  });

  it('of an upload nobody knows ends with 2 and names the place that was searched', async () => {
    const stateDir = await temporaryFolder();
    const env = { OPENAI_API_KEY: 'sk-1', OPENAI_UPLOAD_STATE_DIR: stateDir };
    for (const command of ['resume', 'cancel', 'status']) {
      const { code, stderr } = await runMain([command, 'upload_1'], { env });
      expect(code).toBe(2);
      expect(stderr).toContain(`no session is saved for upload_1 in ${stateDir}`);
    }
  });

  it('repeats no key, however wrong the key is', async () => {
    const { code, stdout, stderr } = await runMain(['push', 'a', '--purpose', 'x', '-v', '--json'], {
      env: { OPENAI_API_KEY: 'sk-secret\n' },
    });
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain('sk-secret');
  });
});
