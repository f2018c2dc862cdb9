import {
  acts,
  changeByte,
  changeByteAndTimesBack,
  grow,
  held,
  release,
  removeSource,
  replaceSource,
  shrinkTo,
  signal,
  sourceBecomesDirectory,
  touch,
} from '../acts.ts';
import {
  continued,
  onComplete,
  onList,
  onPart,
  push,
  refusal,
  resume,
  stopFault,
  stopped,
  trouble,
} from '../commands.ts';
import type { Act, Expectation, Row, Step } from '../row.ts';

/** Two parts of five are there; something happens to the source; then the upload is resumed. */
const between = (fault: string, what: Act, ...then: readonly Step[]): Row => ({
  fault,
  faults: [stopFault],
  steps: [stopped, what, ...then],
});

const refusedWith = (says: string | RegExp): Step => ({
  args: resume(),
  expect: {
    exit: 4,
    parts: 0,
    silent: true,
    code: 'source_changed',
    record: 'pending',
    upload: 'pending',
    says,
  },
});

const betweenRuns: readonly Row[] = [
  between('The source was touched, its bytes are the same: resume goes on', touch, continued),
  between('The source was replaced by a copy: resume goes on', replaceSource({ seed: 1 }), continued),
  between(
    'A byte of the first part has changed: exit 4 names the part, and nothing is sent',
    changeByte(50_000),
    refusedWith(/part 1 of 5, bytes 0 to 99999[\s\S]*--reupload-changed/),
  ),
  between(
    'The last byte of the second part has changed: exit 4 names the part',
    changeByte(199_999),
    refusedWith(/part 2 of 5, bytes 100000 to 199999/),
  ),
  between(
    'Both parts that were sent have changed: exit 4 names the first',
    acts(changeByte(150_000), changeByte(0)),
    refusedWith('part 1 of 5'),
  ),
  between(
    'A byte has changed and the times were put back: it is found all the same',
    changeByteAndTimesBack(50_000),
    refusedWith('part 1 of 5'),
  ),
  between(
    'A byte that was not sent yet has changed: resume goes on and sends it as it is now',
    changeByte(450_000),
    continued,
  ),
  between(
    'The source was replaced by another of the same size: exit 4',
    replaceSource({ seed: 2 }),
    refusedWith('part 1 of 5'),
  ),
  between(
    'The source has grown: exit 4 tells both sizes',
    grow,
    refusedWith(/500000 bytes[\s\S]*now it has 500004[\s\S]*Push it again/),
  ),
  between(
    'The source has shrunk: exit 4 tells both sizes',
    shrinkTo(150_000),
    refusedWith(/500000 bytes[\s\S]*now it has 150000/),
  ),
  between('The source has been emptied: exit 4', shrinkTo(0), refusedWith('now it has 0')),
  between('The source is gone: exit 3', removeSource, {
    args: resume(),
    expect: {
      exit: 3,
      parts: 0,
      silent: true,
      code: 'source_not_found',
      record: 'pending',
      says: /a\.bin does not exist any more\n.*Put it back[\s\S]*openai-upload resume /,
    },
  }),
  between('The source has become a directory: exit 3', sourceBecomesDirectory, {
    args: resume(),
    expect: { exit: 3, parts: 0, silent: true, code: 'source_not_a_file', record: 'pending' },
  }),
];

const reuploaded: readonly Row[] = [
  between(
    'A part has changed, and --reupload-changed: that part and the missing ones are sent',
    changeByte(50_000),
    {
      args: resume('--reupload-changed'),
      expect: { exit: 0, parts: 4, create: 0, complete: 1, record: 'completed' },
    },
  ),
  between('Nothing has changed, and --reupload-changed: only the missing parts are sent', touch, {
    args: resume('--reupload-changed'),
    expect: { exit: 0, parts: 3, create: 0, complete: 1 },
  }),
  between('The size has changed, and --reupload-changed: exit 4, for the size of an upload is fixed', grow, {
    args: resume('--reupload-changed'),
    expect: { exit: 4, parts: 0, silent: true, code: 'source_changed', says: 'Push it again' },
  }),
  between(
    'Everything has changed, and --reupload-changed: everything is sent into the same upload',
    replaceSource({ seed: 2 }),
    {
      args: resume('--reupload-changed'),
      expect: { exit: 0, parts: 5, create: 0, complete: 1 },
    },
  ),
];

const pushedAgain: readonly Row[] = [
  between('The source was touched, and is pushed again: the same upload is continued', touch, {
    args: push(),
    expect: { exit: 0, parts: 3, create: 0, complete: 1 },
  }),
  between(
    'A part has changed, and the file is pushed again: a new upload, and it says so',
    changeByte(50_000),
    {
      args: push(),
      expect: {
        exit: 0,
        parts: 5,
        create: 1,
        complete: 1,
        open: 1,
        says: /changed after it was sent[\s\S]*starting a new upload/,
      },
    },
  ),
  between('The source has grown and is pushed again: a new upload, and it says so', grow, {
    args: push(),
    expect: { exit: 0, parts: 6, create: 1, says: /has changed[\s\S]*starting a new upload/ },
  }),
  between('The same file is pushed with --no-resume: a new upload', touch, {
    args: push('--no-resume'),
    expect: { exit: 0, parts: 5, create: 1 },
  }),
  between('The same file is pushed with another MIME type: a new upload', touch, {
    args: push('--mime-type', 'text/plain'),
    expect: { exit: 0, parts: 5, create: 1 },
  }),
  between('The same file is pushed with another part size: the upload keeps its own', touch, {
    args: push('--part-size', '250000'),
    expect: { exit: 0, parts: 3, create: 0 },
  }),
];

/** While the last part is on its way and all the others are there. */
const whileSending = (fault: string, what: Act, expect: Expectation, ...then: readonly Step[]): Row => ({
  fault,
  faults: [onPart({ kind: 'hold', label: 'last' }, { nth: 5 })],
  steps: [{ args: push(), during: acts(held('last'), what, release('last')), expect }, ...then],
});

const changedWhileSent = {
  exit: 4,
  parts: 5,
  complete: 0,
  code: 'source_changed',
  record: 'pending',
} as const;

const duringTheRun: readonly Row[] = [
  whileSending(
    'A part that was sent changes before the end: exit 4 before complete, and --reupload-changed sends just that part',
    changeByte(50_000),
    { ...changedWhileSent, says: /part 1 of 5[\s\S]*--reupload-changed/ },
    { args: resume(), expect: { exit: 4, parts: 0, silent: true } },
    { args: resume('--reupload-changed'), expect: { exit: 0, parts: 1, create: 0, complete: 1 } },
  ),
  whileSending('The source is touched while it is sent: no fault', touch, { exit: 0, parts: 5, complete: 1 }),
  whileSending('The source grows while it is sent: exit 4 before complete', grow, {
    ...changedWhileSent,
    says: 'now it has 500004',
  }),
  {
    ...whileSending(
      'The source is replaced while it is sent: exit 4 before complete',
      replaceSource({ seed: 2 }),
      {
        ...changedWhileSent,
        says: 'part 1 of 5',
      },
    ),
    needs: 'openfiles',
  },
  whileSending('The source is deleted while it is sent: exit 3 before complete', removeSource, {
    exit: 3,
    parts: 5,
    complete: 0,
    code: 'source_not_found',
    record: 'pending',
    says: /does not exist any more[\s\S]*openai-upload resume /,
  }),
  {
    fault:
      'A part changes after the last look, and the server finds the MD5 wrong: exit 4 names the part, which is sent again',
    faults: [
      onComplete(trouble(500)),
      onList({ kind: 'hold', label: 'looking' }),
      onComplete(refusal(400, { message: "The file's MD5 is 00, not 11.", param: 'md5' }), { nth: 2 }),
    ],
    steps: [
      {
        args: push(),
        during: acts(held('looking'), changeByte(250_000), release('looking')),
        expect: {
          exit: 4,
          parts: 5,
          complete: 2,
          code: 'source_changed',
          record: 'pending',
          says: 'part 3 of 5',
        },
      },
      { args: resume('--reupload-changed'), expect: { exit: 0, parts: 1, create: 0, complete: 1 } },
    ],
  },
  {
    fault: 'The source becomes shorter while it is sent: exit 4, and complete is never asked for',
    faults: [onPart({ kind: 'hold', label: 'second' }, { nth: 2 })],
    steps: [
      {
        args: push(),
        during: acts(held('second'), shrinkTo(200_000), release('second')),
        expect: {
          exit: 4,
          parts: { atMost: 3 },
          complete: 0,
          code: 'source_changed',
          record: 'pending',
          says: 'shorter',
        },
      },
    ],
  },
];

const killed: readonly Row[] = [
  {
    fault:
      'Killed while the third part is on its way: resume sends it and the rest, nothing else, under the same id',
    faults: [onPart({ kind: 'hold', label: 'third' }, { nth: 3 })],
    steps: [
      {
        args: push(),
        during: acts(held('third'), signal('SIGKILL')),
        expect: { exit: 'SIGKILL', parts: 3, record: 'pending' },
      },
      continued,
      { args: resume(), expect: { exit: 0, parts: 0, silent: true } },
    ],
  },
  {
    fault: 'Killed while the third part is on its way: pushing again does the same as resume',
    faults: [onPart({ kind: 'hold', label: 'third' }, { nth: 3 })],
    steps: [
      {
        args: push(),
        during: acts(held('third'), signal('SIGKILL')),
        expect: { exit: 'SIGKILL', parts: 3, record: 'pending' },
      },
      { args: push(), expect: { exit: 0, parts: 3, create: 0, complete: 1, record: 'completed' } },
    ],
  },
  {
    fault: 'Killed and resumed and killed again: each time less is left',
    faults: [
      onPart({ kind: 'hold', label: 'third' }, { nth: 3 }),
      onPart({ kind: 'hold', label: 'fifth' }, { nth: 5 }),
    ],
    steps: [
      {
        args: push(),
        during: acts(held('third'), signal('SIGKILL')),
        expect: { exit: 'SIGKILL', parts: 3, record: 'pending' },
      },
      {
        args: resume(),
        during: acts(held('fifth'), signal('SIGKILL')),
        expect: { exit: 'SIGKILL', parts: 2, create: 0, record: 'pending' },
      },
      { args: resume(), expect: { exit: 0, parts: 2, create: 0, complete: 1, record: 'completed' } },
    ],
  },
  {
    fault: 'Killed before the first part is there: resume sends all of them into the same upload',
    faults: [onPart({ kind: 'hold', label: 'first' })],
    steps: [
      {
        args: push(),
        during: acts(held('first'), signal('SIGKILL')),
        expect: { exit: 'SIGKILL', parts: 1, create: 1, record: 'pending' },
      },
      { args: resume(), expect: { exit: 0, parts: 5, create: 0, complete: 1 } },
    ],
  },
];

export const source: readonly Row[] = [
  ...betweenRuns,
  ...reuploaded,
  ...pushedAgain,
  ...duringTheRun,
  ...killed,
];
