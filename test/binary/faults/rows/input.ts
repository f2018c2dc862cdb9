import { expect } from 'vitest';
import type { Need } from '../../../helpers/lacks.ts';
import { directory, fifo, file, link, sparseFile } from '../acts.ts';
import { NEWEST, PORT, push, pushOf, refused } from '../commands.ts';
import type { Row } from '../row.ts';

const badFlags: readonly (readonly [flag: string, value: string])[] = [
  ['--part-size', '0'],
  ['--part-size', '-1'],
  ['--part-size', '1e3'],
  ['--part-size', 'NaN'],
  ['--part-size', '64mb'],
  ['--part-size', '1TB'],
  ['--part-size', '67108865'],
  ['--part-size', '49'],
  ['--concurrency', '0'],
  ['--concurrency', '65'],
  ['--retries', '-1'],
  ['--retries', '101'],
  ['--stall-timeout', '0s'],
  ['--stall-timeout', '30'],
  ['--stall-timeout', '2d'],
  ['--expires-after', '59m'],
  ['--expires-after', '31d'],
  ['--purpose', ''],
  ['--filename', ' '],
  ['--auth', 'basic'],
];

const goodFlags: readonly (readonly [flag: string, value: string, parts: number])[] = [
  ['--part-size', '64MiB', 1],
  ['--part-size', '63.9MB', 1],
  ['--concurrency', '64', 5],
  ['--retries', '100', 5],
  ['--stall-timeout', '1000ms', 5],
  ['--expires-after', '30d', 5],
];

const flags: readonly Row[] = [
  ...badFlags.map(([flag, value]) =>
    refused(`${flag} is '${value}': exit 2`, push(flag, value), { exit: 2, says: /./ }),
  ),
  ...goodFlags.map(
    ([flag, value, parts]): Row => ({
      fault: `${flag} is '${value}', just within its bounds: no fault`,
      steps: [{ args: push(flag, value), expect: { exit: 0, parts } }],
    }),
  ),
];

const usage: readonly Row[] = [
  refused('There is no command: exit 2', [], { exit: 2, says: 'push' }),
  refused('The command does not exist: exit 2', ['pusch', 'a.bin'], { exit: 2, says: 'push' }),
  refused('The flag does not exist: exit 2', push('--pupose', 'batch'), { exit: 2, says: '--purpose' }),
  refused('There is no file to push: exit 2', ['push', '--purpose', 'batch'], { exit: 2, says: 'file' }),
  refused('There is no purpose: exit 2', ['push', 'a.bin'], { exit: 2, says: '--purpose' }),
  refused('There is no API key: exit 2', push(), {
    env: { OPENAI_API_KEY: '' },
    exit: 2,
    says: 'OPENAI_API_KEY',
  }),
  refused('There is a line break in the API key: exit 2, and it is not shown', push(), {
    env: { OPENAI_API_KEY: 'sk-secret\n' },
    secrets: ['sk-secret'],
    exit: 2,
    says: 'line break',
  }),
  refused('OPENAI_CUSTOM_HEADERS is nonsense: exit 2, and it is not shown', push(), {
    env: { OPENAI_CUSTOM_HEADERS: 'x-good: yes\nhunter2' },
    secrets: ['hunter2'],
    exit: 2,
    says: 'Name: value',
  }),
  refused('An upload is resumed that nothing is known of: exit 2', ['resume', 'upload_nobody_knows'], {
    exit: 2,
    says: 'Check the id',
  }),
  refused('The id to resume climbs out of the directory: exit 2', ['resume', '../a.bin'], {
    exit: 2,
    says: 'no session is saved for ../a.bin',
  }),
];

const baseUrls: readonly Row[] = [
  refused(
    'The base URL is http and no loopback: exit 2, and the key is not sent',
    push('--base-url', 'http://example.com/v1'),
    {
      exit: 2,
      says: '--insecure-http',
    },
  ),
  refused(
    'The base URL looks like a loopback and is none: exit 2',
    push('--base-url', 'http://127.0.0.1.example.com/v1'),
    {
      exit: 2,
      says: '--insecure-http',
    },
  ),
  refused('The base URL in the environment is http and no loopback: exit 2', push(), {
    env: { OPENAI_BASE_URL: 'http://192.0.2.1/v1' },
    exit: 2,
    says: '--insecure-http',
  }),
  refused(
    'The base URL holds a password: exit 2, and it is not shown',
    push('--base-url', 'https://me:hunter2@example.com/v1'),
    {
      secrets: ['hunter2'],
      exit: 2,
      says: 'password',
    },
  ),
  refused(
    'The base URL is of another protocol and holds a password: exit 2, and it is not shown',
    push('--base-url', 'ftp://me:hunter2@example.com/v1'),
    {
      secrets: ['hunter2'],
      exit: 2,
      says: 'http',
    },
  ),
  refused('The base URL is no URL: exit 2', push('--base-url', 'api.openai.com'), {
    exit: 2,
    says: 'not an http or https address',
  }),
  {
    fault: 'The base URL names the loopback by its name: no fault',
    steps: [{ args: push('--base-url', `http://localhost:${PORT}/v1`), expect: { exit: 0, parts: 5 } }],
  },
];

const noFile = (fault: string, name: string, says: string, ...before: Row['steps']): Row =>
  refused(fault, pushOf(name), { before, exit: 3, says });

const EIGHT_GIB = 8 * 1024 ** 3;

const kinds: readonly Row[] = [
  noFile('The file does not exist: exit 3', 'b.bin', 'b.bin does not exist'),
  noFile('The path goes through a file: exit 3', 'a.bin/b.bin', 'does not exist'),
  noFile('The path is longer than a path may be: exit 3', 'x'.repeat(5000), 'does not exist'),
  refused('The file is a directory: exit 2, naming the flag', pushOf('folder'), {
    before: [directory('folder')],
    exit: 2,
    says: '--recursive',
  }),
  {
    ...noFile(
      'The file is a FIFO: exit 3, and nobody waits for it',
      'pipe',
      'a pipe, not a file',
      fifo('pipe'),
    ),
    needs: 'pipes',
  },
  { ...noFile('The file is a device: exit 3', '/dev/null', 'a device, not a file'), needs: 'pipes' },
  {
    ...noFile('The file is an endless device: exit 3', '/dev/zero', 'a device, not a file'),
    needs: 'pipes',
  },
  {
    ...noFile(
      'The file is a broken link: exit 3',
      'link',
      'a link to a file that does not exist',
      link('link', 'nowhere'),
    ),
    needs: 'links',
  },
  {
    ...noFile('The file is a link to itself: exit 3', 'loop', 'cannot be read', link('loop', 'loop')),
    needs: 'links',
  },
  noFile('The file is empty: exit 3', 'empty.bin', 'is empty', file('empty.bin', 0)),
  noFile(
    'The file is one byte over 8 GiB: exit 3',
    'huge.bin',
    'at most 8 GB',
    sparseFile('huge.bin', EIGHT_GIB + 1),
  ),
  refused('The file is no batch, whatever its name: exit 3', pushOf('b.jsonl', '--purpose', 'batch'), {
    before: [file('b.jsonl', 1000)],
    exit: 3,
    says: /b\.jsonl is not valid for batch: the file is not text/,
  }),
  {
    ...noFile('The file says it is empty, though it can be read: exit 3', '/proc/version', 'is empty'),
    needs: 'proc',
  },
  {
    fault: 'The lines of a file of over 1 GB are no good: exit 3, and the upload that was begun is cancelled',
    steps: [
      sparseFile('large.jsonl', 1_000_000_001),
      {
        args: pushOf('large.jsonl', '--purpose', 'fine-tune', '--part-size', '8MB'),
        expect: {
          exit: 3,
          code: 'check_failed',
          says: /large\.jsonl is not valid for fine-tune: the file begins with zeros/,
          create: 1,
          parts: { atMost: 100 },
          complete: 0,
          cancels: 1,
          upload: 'cancelled',
          record: 'cancelled',
        },
      },
    ],
  },
  {
    fault: 'The file is a link to a file: no fault, under the name of the link',
    needs: 'links',
    steps: [
      link('link.bin', 'a.bin'),
      {
        args: pushOf('link.bin'),
        expect: {
          exit: 0,
          parts: 5,
          files: 0,
          prints: `${NEWEST}\n`,
          also: ({ server }) => expect(server.files()[0]?.filename).toBe('link.bin'),
        },
      },
    ],
  },
];

const names: readonly (readonly [what: string, name: string, needs?: Need])[] = [
  ['spaces', ' two words .bin'],
  ['a line break', 'two\nlines.bin', 'names'],
  ['an escape character', 'red\u001b[31m.bin', 'names'],
  ['an apostrophe', "it's a file.bin"],
  ['quotes', `it's "a" file.bin`, 'names'],
  ['letters of many scripts', 'Übergröße 文件 🚀.bin'],
  ['a leading dash', '--purpose'],
  ['255 bytes', `${'n'.repeat(251)}.bin`],
  ['a percent sign and a hash', '100%#.bin'],
  ['a question mark', '100%#?.bin', 'names'],
];

const namedOddly: readonly Row[] = names.map(([what, name, needs]) => ({
  fault: `The file's name has ${what}: it is uploaded under that name`,
  file: { name },
  ...(needs && { needs }),
  steps: [{ args: pushOf(name), expect: { exit: 0, parts: 5, create: 1, record: 'completed' } }],
}));

const several: readonly Row[] = [
  {
    fault: 'The first of two files does not exist: exit 3, and the second is uploaded',
    steps: [
      {
        args: [...push().slice(0, -1), 'b.bin', 'a.bin'],
        expect: {
          exit: 3,
          parts: 5,
          create: 1,
          files: 1,
          prints: `${NEWEST}\n`,
          says: 'b.bin does not exist',
        },
      },
    ],
  },
  {
    fault: 'The first of two files is refused for the account: exit 7, and the second is not tried',
    steps: [
      file('b.bin', 10),
      {
        args: [...push().slice(0, -1), 'b.bin', 'a.bin'],
        env: { OPENAI_API_KEY: 'sk-wrong' },
        expect: { exit: 7, parts: 0, create: 1 },
      },
    ],
  },
];

export const input: readonly Row[] = [...flags, ...usage, ...baseUrls, ...kinds, ...namedOddly, ...several];
