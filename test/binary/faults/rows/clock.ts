import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import {
  acts,
  cancelElsewhere,
  clockPutRight,
  expireOnServer,
  held,
  release,
  secondsLeft,
  serverClock,
  timeIsUp,
} from '../acts.ts';
import { continued, ID, onCreate, onPart, push, resume, stopFault, stopped } from '../commands.ts';
import type { Act, Row } from '../row.ts';

/** By our clock or by the server's word, whichever comes first: a Date header has whole seconds. Nothing else will do. */
const isOver: Act = async ({ recordPath }) => {
  const { status } = JSON.parse(await readFile(recordPath(), 'utf8'));
  expect(['pending', 'expired']).toContain(status);
};

const HOUR_MS = 3_600_000;

const thirdHeld = onPart({ kind: 'hold', label: 'third' }, { nth: 3 });
const half = (what: Act): Act => acts(held('third'), what, release('third'));

const onTheServer: readonly Row[] = [
  ...[400, 404, 409, 410].map(
    (closedUploadStatus): Row => ({
      fault: `The upload expires half-way, and the server says so with ${closedUploadStatus}: exit 8, and resume asks nothing`,
      server: { closedUploadStatus },
      faults: [thirdHeld],
      steps: [
        {
          args: push(),
          during: half(expireOnServer),
          expect: {
            exit: 8,
            parts: 4,
            complete: 0,
            code: 'upload_expired',
            record: 'expired',
            says: 'Push the file again',
          },
        },
        {
          args: resume(),
          expect: { exit: 8, parts: 0, silent: true, code: 'upload_expired', says: 'Push the file again' },
        },
      ],
    }),
  ),
  ...[400, 409].map(
    (closedUploadStatus): Row => ({
      fault: `The upload is cancelled by somebody else half-way, and the server says so with ${closedUploadStatus}: exit 8`,
      server: { closedUploadStatus },
      faults: [thirdHeld],
      steps: [
        {
          args: push(),
          during: half(cancelElsewhere),
          expect: {
            exit: 8,
            parts: 4,
            complete: 0,
            code: 'upload_cancelled',
            record: 'cancelled',
            says: 'Push the file again',
          },
        },
      ],
    }),
  ),
  {
    fault: 'The clock of the server jumps past the end half-way: exit 8',
    faults: [thirdHeld],
    steps: [
      {
        args: push(),
        during: half(serverClock(2 * HOUR_MS)),
        expect: { exit: 8, parts: { atMost: 4 }, complete: 0, code: 'upload_expired', record: 'expired' },
      },
    ],
  },
];

const byTheClock: readonly Row[] = [
  {
    fault: 'The time of the upload is up: resume only asks the server for its time, and exits 8',
    faults: [stopFault],
    steps: [
      stopped,
      timeIsUp,
      {
        args: resume(),
        expect: {
          exit: 8,
          parts: 0,
          lists: 1,
          code: 'upload_expired',
          record: 'pending',
          says: /expired at[\s\S]*Push the file again/,
        },
      },
    ],
  },
  {
    fault: 'The time of the upload is up and the file is pushed again: it says so and starts a new upload',
    faults: [stopFault],
    steps: [
      stopped,
      timeIsUp,
      {
        args: push(),
        expect: { exit: 0, parts: 5, create: 1, complete: 1, says: /has expired; starting a new upload/ },
      },
    ],
  },
  {
    fault:
      'The time of the upload is up and it is resumed with --restart: the same file goes into a new upload',
    faults: [stopFault],
    steps: [
      stopped,
      timeIsUp,
      {
        args: resume('--restart'),
        expect: { exit: 0, parts: 5, create: 1, complete: 1, says: /has expired; started over as \w+/ },
      },
    ],
  },
  {
    fault: 'Starting over meets trouble: the new upload is created at the second attempt',
    faults: [stopFault, onCreate({ kind: 'status', status: 500 }, { nth: 2 })],
    steps: [
      stopped,
      timeIsUp,
      { args: resume('--restart'), expect: { exit: 0, parts: 5, create: 2, complete: 1 } },
    ],
  },
  {
    fault: 'An upload that has time left is resumed with --restart: it is continued, not started over',
    faults: [stopFault],
    steps: [stopped, { ...continued, args: resume('--restart') }],
  },
  {
    fault: 'The rest will not fit in the time left: a warning says so early, with both numbers',
    server: { uploadLifetimeSeconds: 7 },
    // A part takes 1 s at least, and on a busy machine up to 2 s: ten of them take 10 to 20 s.
    file: { bytes: 1_300_000 },
    faults: [onPart({ kind: 'delay', delayMs: 1000 }, { nth: 'every' })],
    steps: [
      {
        args: push(),
        expect: {
          exit: 8,
          parts: { atMost: 10 },
          complete: 0,
          also: isOver,
          says: /the rest takes 1\d s, but the upload expires in [0-4]\.\d s; it needs/,
        },
      },
    ],
  },
  {
    fault:
      'The upload that a push continues has seconds left, and a part takes longer: it starts over by itself',
    faults: [stopFault, onPart({ kind: 'delay', delayMs: 6000 }, { nth: 4 })],
    steps: [
      stopped,
      secondsLeft(3),
      {
        args: push(),
        expect: {
          exit: 0,
          parts: { atMost: 7 },
          create: 1,
          complete: 1,
          files: 1,
          says: 'starting a new upload',
        },
      },
    ],
  },
  {
    fault: 'The upload lives for three seconds, and a part takes longer: exit 8 without another attempt',
    server: { uploadLifetimeSeconds: 3 },
    faults: [onPart({ kind: 'delay', delayMs: 6000 }, { nth: 2 })],
    steps: [
      {
        args: push(),
        expect: {
          exit: 8,
          parts: { atMost: 3 },
          complete: 0,
          code: 'upload_expired',
          says: /An upload lives for 3 s, [\s\S]*openai-upload push/,
          also: isOver,
        },
      },
    ],
  },
];

const skewed: readonly Row[] = [HOUR_MS, -HOUR_MS].map((offsetMs): Row => {
  const hours = `${Math.abs(offsetMs / HOUR_MS)} h ${offsetMs > 0 ? 'ahead' : 'behind'}`;
  return {
    fault: `The clock of the server is ${hours}: that does not matter, not in a push and not in a resume`,
    faults: [stopFault],
    steps: [serverClock(offsetMs), stopped, continued],
  };
});

const skewedAndExpired: readonly Row[] = [HOUR_MS, -HOUR_MS].map((offsetMs): Row => {
  const side = offsetMs > 0 ? 'ahead' : 'behind';
  return {
    fault: `The clock of the server is an hour ${side}, and by it the time is up: resume asks it for its time and exits 8`,
    faults: [stopFault],
    steps: [
      serverClock(offsetMs),
      stopped,
      timeIsUp,
      { args: ['resume', ID], expect: { exit: 8, parts: 0, lists: 1, code: 'upload_expired' } },
    ],
  };
});

const putRight: readonly Row[] = [
  {
    fault: 'The clock of this machine was wrong when the upload began, and is right: resume goes on',
    faults: [stopFault],
    steps: [stopped, clockPutRight, { ...continued, expect: { ...continued.expect, lists: 1 } }],
  },
];

export const clock: readonly Row[] = [
  ...putRight,
  ...onTheServer,
  ...byTheClock,
  ...skewed,
  ...skewedAndExpired,
];
