import { acts, closeStream, held, release, signal, signalUntilGone, stderrHas } from '../acts.ts';
import { continued, onPart, push, resume } from '../commands.ts';
import type { Row } from '../row.ts';

const secondHeld = onPart({ kind: 'hold', label: 'second' }, { nth: 2 });

const stops: readonly Row[] = (
  [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    // As when the terminal is closed. A shell makes 129 of it.
    ['SIGHUP', 'SIGHUP'],
  ] as const
).flatMap(([name, exit]): Row[] => [
  {
    fault: `${name} while a part is on its way that never ends: exit ${exit} after a grace, the part is not counted`,
    needs: 'signals',
    faults: [secondHeld],
    steps: [
      {
        args: push(),
        during: acts(held('second'), signal(name)),
        expect: {
          exit,
          parts: 2,
          complete: 0,
          code: 'interrupted',
          record: 'pending',
          says: 'openai-upload resume',
        },
      },
      { args: resume(), expect: { exit: 0, parts: 4, create: 0, complete: 1, record: 'completed' } },
    ],
  },
  {
    fault: `${name} while a part is on its way that is soon there: exit ${exit}, and it is never sent again`,
    needs: 'signals',
    faults: [secondHeld],
    steps: [
      {
        args: push(),
        during: acts(held('second'), signal(name), release('second')),
        expect: {
          exit,
          parts: { atMost: 3 },
          complete: 0,
          record: 'pending',
          says: /acknowledged is saved[\s\S]*openai-upload resume/,
        },
      },
      { args: resume(), expect: { exit: 0, parts: { atMost: 3 }, create: 0, complete: 1 } },
    ],
    partsInAll: 5,
  },
  {
    fault: `${name} while the server asks for a pause: exit ${exit} at once`,
    needs: 'signals',
    faults: [onPart({ kind: 'status', status: 503, headers: { 'retry-after': '600' } }, { nth: 3 })],
    steps: [
      {
        args: push(),
        during: acts(stderrHas('trying again in'), signal(name)),
        expect: {
          exit,
          parts: 3,
          code: 'interrupted',
          record: 'pending',
          says: 'openai-upload resume',
        },
      },
      continued,
    ],
  },
]);

const others: readonly Row[] = [
  {
    fault: 'A second SIGINT: the process leaves at once',
    needs: 'signals',
    faults: [secondHeld],
    steps: [
      {
        args: push(),
        during: acts(held('second'), signalUntilGone('SIGINT')),
        expect: {
          exit: 130,
          parts: 2,
          record: 'pending',
          also: ({ run }) => run.result.then(({ stderr }) => mustNotSay(stderr, 'stopped before the end')),
        },
      },
      { args: resume(), expect: { exit: 0, parts: 4, create: 0, complete: 1 } },
    ],
  },
  {
    fault: 'SIGINT while four parts are on their way: exit 130, and resume completes',
    needs: 'signals',
    faults: [1, 2, 3, 4].map((nth) => onPart({ kind: 'hold', label: 'all' }, { nth })),
    steps: [
      {
        args: push('--concurrency', '4'),
        during: acts(
          ({ server }) => server.waitFor((all) => all.filter(({ fault }) => fault === 'hold').length === 4),
          signal('SIGINT'),
        ),
        expect: { exit: 130, parts: 4, complete: 0, record: 'pending', says: 'openai-upload resume' },
      },
      { args: resume(), expect: { exit: 0, parts: 5, create: 0, complete: 1 } },
    ],
  },
  {
    fault: 'Whoever reads stdout has left: the upload is finished all the same',
    faults: [secondHeld],
    steps: [
      {
        args: push(),
        during: acts(held('second'), closeStream('stdout'), release('second')),
        expect: { exit: 0, parts: 5, complete: 1, prints: '', record: 'completed' },
      },
    ],
  },
  {
    fault: 'Whoever reads stderr has left: the upload is finished all the same',
    faults: [
      secondHeld,
      onPart({ kind: 'status', status: 500, headers: { 'retry-after-ms': '1' } }, { nth: 3 }),
    ],
    steps: [
      {
        args: push('--verbose'),
        during: acts(held('second'), closeStream('stderr'), release('second')),
        expect: { exit: 0, parts: 6, complete: 1, record: 'completed' },
      },
    ],
  },
];

function mustNotSay(stderr: string, text: string): void {
  if (stderr.includes(text)) throw new Error(`it waited for the end: ${stderr}`);
}

export const signals: readonly Row[] = [...stops, ...others];
