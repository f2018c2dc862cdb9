import { acts, babble, held, pullPlug, putPlugBack } from '../acts.ts';
import { continued, onPart, PORT, push, resume } from '../commands.ts';
import type { Row } from '../row.ts';

const third = (effect: Parameters<typeof onPart>[0]) => [onPart(effect, { nth: 3 })];
const cured: Row['steps'] = [
  { args: push(), expect: { exit: 0, parts: 6, create: 1, complete: 1, lists: 0, record: 'completed' } },
];

const cut: readonly Row[] = [
  {
    fault: 'The connection is cut at the start of a part: it is sent again',
    faults: third({ kind: 'reset', when: 'start' }),
    steps: cured,
  },
  {
    fault: 'The connection is cut inside a part: it is sent again from its first byte',
    faults: third({ kind: 'reset', when: 'after-bytes', bytes: 50_000 }),
    steps: cured,
  },
  {
    fault: 'The connection is cut before the answer to a part: the part is sent again and listed once',
    faults: third({ kind: 'reset', when: 'after-work' }),
    steps: cured,
  },
  {
    fault: 'The connection is cut for half of all parts, four at a time: the bytes are right in the end',
    faults: [2, 5, 8, 11].map((nth) =>
      onPart({ kind: 'reset', when: 'after-bytes', bytes: 10_000 }, { nth }),
    ),
    steps: [
      {
        args: push('--concurrency', '4', '--part-size', '50000'),
        expect: { exit: 0, parts: 14, complete: 1 },
      },
    ],
  },
];

const slow: readonly Row[] = [
  {
    fault: 'A part stands still in its body: it is given up after --stall-timeout and sent again',
    file: { bytes: 30_000_000 },
    faults: [onPart({ kind: 'hang', when: 'body', afterBytes: 100_000 })],
    steps: [
      {
        args: push('--part-size', '30MB', '--stall-timeout', '3s'),
        expect: { exit: 0, parts: 2, says: 'nothing moved for 3 s' },
      },
    ],
  },
  {
    fault: 'No answer comes to a part: it is given up after four times --stall-timeout and sent again',
    faults: third({ kind: 'hang', when: 'answer', work: false }),
    steps: [
      { args: push(), expect: { exit: 0, parts: 6, says: 'no response for 4 s', tookAtLeastMs: 4000 } },
    ],
  },
  {
    fault: 'No answer comes to a part, and there are no retries: exit 5, and resume sends what is missing',
    faults: third({ kind: 'hang', when: 'answer', work: true }),
    steps: [
      {
        args: push('--retries', '0'),
        expect: { exit: 5, parts: 3, code: 'stalled', says: /no response[\s\S]*openai-upload resume/ },
      },
      continued,
    ],
  },
  {
    fault: 'The answer to a part takes longer than --stall-timeout: that is no fault',
    faults: third({ kind: 'delay', delayMs: 2000 }),
    steps: [{ args: push(), expect: { exit: 0, parts: 5, tookAtLeastMs: 2000 } }],
  },
  {
    fault: 'The server reads slowly, and a part takes longer than --stall-timeout: that is no fault',
    file: { bytes: 12_000_000 },
    faults: [onPart({ kind: 'slow', bytesPerSecond: 4_000_000 })],
    steps: [
      {
        args: push('--part-size', '12MB', '--stall-timeout', '2s'),
        expect: { exit: 0, parts: 1, tookAtLeastMs: 2000 },
      },
    ],
  },
];

const gone: readonly Row[] = [
  {
    fault: 'Nothing answers at the base URL: exit 5, and nothing is saved',
    hasPlug: true,
    steps: [
      pullPlug,
      {
        args: push(),
        expect: {
          exit: 5,
          parts: 0,
          create: 0,
          code: 'network',
          says: /nothing answers there \(ECONNREFUSED\); gave up after 3 attempts/,
        },
      },
    ],
  },
  {
    fault:
      'The network goes away while parts are sent: exit 5, and once it is back resume sends only what is missing',
    hasPlug: true,
    faults: third({ kind: 'hold', label: 'third' }),
    steps: [
      {
        args: push(),
        during: acts(held('third'), pullPlug),
        expect: {
          exit: 5,
          parts: 3,
          code: 'network',
          record: 'pending',
          says: /gave up after 3 attempts[\s\S]*openai-upload resume/,
        },
      },
      {
        args: resume('--retries', '0'),
        expect: { exit: 5, parts: 0, code: 'network', record: 'pending', says: 'openai-upload resume' },
      },
      putPlugBack,
      continued,
    ],
  },
  {
    fault: 'The network goes away and comes back between two attempts: nothing but a retry',
    hasPlug: true,
    faults: third({ kind: 'hold', label: 'third' }),
    steps: [
      {
        args: push('--retries', '7'),
        during: acts(held('third'), pullPlug, ({ run }) => run.waitForStderr('part 3 failed'), putPlugBack),
        expect: { exit: 0, parts: 6, create: 1 },
      },
    ],
  },
  {
    fault: 'Something that does not speak HTTP answers: exit 5 and not a bug',
    hasPlug: true,
    steps: [babble, { args: push(), expect: { exit: 5, parts: 0, create: 0, code: 'network' } }],
  },
  {
    fault: 'The server does not speak TLS, though the base URL says https: exit 5, and it is tried once',
    steps: [
      {
        args: push('--base-url', `https://127.0.0.1:${PORT}/v1`, '--retries', '5'),
        expect: { exit: 5, parts: 0, create: 0, code: 'network', says: /^(?![\s\S]*trying again)/ },
      },
    ],
  },
];

export const network: readonly Row[] = [...cut, ...slow, ...gone];
