import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import {
  acts,
  editRecord,
  file,
  fillDisk,
  freeDisk,
  growDisk,
  halveRecord,
  held,
  keepRecord,
  recordBecomesDirectory,
  recordBecomesLink,
  recordIsAsKept,
  release,
  removeRecord,
  stateDirIsFile,
  stateDirOnDisk,
  writeRecord,
} from '../acts.ts';
import {
  cancel,
  continued,
  onComplete,
  onPart,
  PORT,
  push,
  resume,
  stopFault,
  stopped,
} from '../commands.ts';
import type { Act, Row, Run } from '../row.ts';

const spoilt: readonly (readonly [string, Act, string?])[] = [
  ['is cut in half', halveRecord],
  ['is empty', writeRecord('')],
  ['is null', writeRecord('null')],
  ['is another program’s JSON', writeRecord('{"name":"something else"}')],
  ['has a word for a number', editRecord(() => ({ partBytes: 'many' }))],
  ['has a status that does not exist', editRecord(() => ({ status: 'nearly' }))],
  ['lacks its parts', editRecord(() => ({ parts: undefined }))],
  ['has the same part twice', editRecord(({ parts }) => ({ parts: [...parts, parts[0]] }))],
  [
    'has a part that does not fit',
    editRecord(({ parts }) => ({ parts: parts.map((part) => ({ ...part, offset: part.offset + 1 })) })),
  ],
  [
    'has a part beyond the end',
    editRecord(({ parts }) => ({ parts: parts.map((part) => ({ ...part, index: part.index + 9 })) })),
  ],
  ['is completed without a file', editRecord(() => ({ status: 'completed' }))],
  ['speaks of another upload', editRecord(() => ({ uploadId: 'upload_other' }))],
  [
    'is of a newer version',
    editRecord(() => ({ schemaVersion: 1000, parts: 'in some new form' })),
    'session_newer',
  ],
];

const unusable = (args: readonly string[], code: string): Run => ({
  args,
  expect: { exit: 10, parts: 0, silent: true, code, says: '.json', upload: 'pending' },
});

const spoiltRecords: readonly Row[] = spoilt.map(([how, spoil, code = 'session_corrupt']) => ({
  fault: `The record ${how}: exit 10, naming the file, and not a byte of it is changed`,
  faults: [stopFault],
  steps: [stopped, spoil, keepRecord, unusable(resume(), code), recordIsAsKept],
}));

const oddRecords: readonly Row[] = [
  {
    fault:
      'The record is spoilt and its upload is to be cancelled: exit 10, for nobody knows where it belongs',
    faults: [stopFault],
    steps: [stopped, halveRecord, keepRecord, unusable(cancel(), 'session_corrupt'), recordIsAsKept],
  },
  {
    fault: 'The record is spoilt and its file is pushed again: exit 10, because it may be the very one',
    faults: [stopFault],
    steps: [stopped, halveRecord, keepRecord, unusable(push(), 'session_corrupt'), recordIsAsKept],
  },
  {
    fault: 'There is a directory where the record should be: exit 10',
    faults: [stopFault],
    steps: [stopped, recordBecomesDirectory, unusable(resume(), 'session_corrupt')],
  },
  {
    fault: 'There is a link where the record should be: exit 10, and what it points to is not written',
    needs: 'links',
    faults: [stopFault],
    steps: [stopped, recordBecomesLink, keepRecord, unusable(resume(), 'session_corrupt'), recordIsAsKept],
  },
  {
    fault: 'The record is gone: exit 2, nothing is known of the upload',
    faults: [stopFault],
    steps: [
      stopped,
      removeRecord,
      {
        args: resume(),
        expect: { exit: 2, parts: 0, silent: true, code: 'session_unknown', says: 'Check the id' },
      },
    ],
  },
  {
    fault: 'The record has fields that this version does not know: they are no fault',
    faults: [stopFault],
    steps: [stopped, editRecord(() => ({ colour: 'blue' })), continued],
  },
  {
    fault: 'An unfinished temporary file of a killed run lies beside the record: it is no fault',
    faults: [stopFault],
    steps: [stopped, file('state/upload_x.json.tmp-1234', 100), continued],
  },
];

const thirdHeld = onPart({ kind: 'hold', label: 'third' }, { nth: 3 });

const unwritable: readonly Row[] = [
  {
    fault: 'There is a file where the state directory should be: exit 10, and no upload is left open',
    steps: [
      stateDirIsFile,
      { args: push(), expect: { exit: 10, parts: 0, open: 0, says: '--state-dir' } },
      { args: resume(), expect: { exit: 10, parts: 0, silent: true, says: '--state-dir' } },
    ],
  },
  {
    fault: 'The state directory cannot be made: exit 10, and no upload is left open',
    steps: [
      stateDirIsFile,
      {
        args: push('--state-dir', 'state/below'),
        expect: { exit: 10, parts: 0, open: 0, says: '--state-dir' },
      },
    ],
  },
  {
    fault: 'The state directory is read-only: exit 10, and the upload that was just created is cancelled',
    needs: 'mount',
    steps: [
      stateDirOnDisk({ options: 'size=64k,ro' }),
      {
        args: push(),
        expect: { exit: 10, parts: 0, open: 0, code: 'session_unwritable', says: '--state-dir' },
      },
    ],
  },
  {
    fault:
      'The disk is full before the first part: exit 10, and an upload that was just created is cancelled',
    needs: 'mount',
    steps: [
      stateDirOnDisk({ options: 'size=64k' }),
      fillDisk,
      // A push that may continue a session claims the source first, and so finds out before there is an upload.
      {
        args: push(),
        expect: { exit: 10, parts: 0, create: 0, code: 'session_unwritable', says: 'Free some space' },
      },
      {
        args: push('--no-resume'),
        expect: {
          exit: 10,
          parts: 0,
          create: 1,
          cancels: 1,
          upload: 'cancelled',
          code: 'session_unwritable',
          says: 'Free some space',
        },
      },
      freeDisk,
      { args: push(), expect: { exit: 0, parts: 5, create: 1 } },
    ],
  },
  {
    fault: 'The disk fills up half-way: exit 10, and with space again resume sends what was not saved',
    needs: 'mount',
    faults: [thirdHeld],
    steps: [
      stateDirOnDisk({ options: 'size=64k' }),
      {
        args: push('--part-size', '2500'),
        during: acts(held('third'), fillDisk, release('third')),
        expect: {
          exit: 10,
          parts: { atMost: 60 },
          complete: 0,
          code: 'session_unwritable',
          record: 'pending',
          says: /Free some space[\s\S]*openai-upload resume/,
        },
      },
      freeDisk,
      growDisk,
      {
        args: resume('--stall-timeout', '30s'),
        expect: { exit: 0, parts: { atMost: 199 }, complete: 1, record: 'completed' },
      },
    ],
  },
  {
    fault:
      'The disk has room for a part of the record only: exit 10, the last whole one stays, and resume sends the rest',
    needs: 'mount',
    steps: [
      stateDirOnDisk({ options: 'size=48k' }),
      {
        args: push('--part-size', '1000'),
        expect: {
          exit: 10,
          parts: { atMost: 499 },
          complete: 0,
          code: 'session_unwritable',
          record: 'pending',
          says: /Free some space[\s\S]*openai-upload resume/,
        },
      },
      growDisk,
      {
        // The server takes a while to join so many parts.
        args: resume('--stall-timeout', '30s'),
        expect: { exit: 0, parts: { atMost: 499 }, complete: 1, record: 'completed' },
      },
    ],
  },
  {
    fault: 'The disk fills up at the end: exit 10 although the file is there, and resume finds it',
    needs: 'mount',
    faults: [onComplete({ kind: 'hold', label: 'complete' })],
    steps: [
      stateDirOnDisk({ options: 'size=64k' }),
      {
        args: push(),
        during: acts(held('complete'), fillDisk, release('complete')),
        expect: {
          exit: 10,
          parts: 5,
          complete: 1,
          files: 1,
          code: 'session_unwritable',
          record: 'completing',
          says: 'openai-upload resume',
        },
      },
      freeDisk,
      { args: resume(), expect: { exit: 0, parts: 0, complete: 0, lists: 1, record: 'completed' } },
    ],
  },
  {
    fault: 'The disk is full when an upload is resumed: exit 10, and nothing is lost',
    needs: 'mount',
    faults: [thirdHeld],
    steps: [
      stateDirOnDisk({ options: 'size=64k' }),
      {
        args: push(),
        during: acts(held('third'), ({ run }) => void run.child.kill('SIGKILL')),
        expect: { exit: 'SIGKILL', parts: 3, record: 'pending' },
      },
      fillDisk,
      {
        args: resume(),
        expect: { exit: 10, parts: 0, complete: 0, record: 'pending', says: 'Free some space' },
      },
      freeDisk,
      continued,
    ],
  },
];

const elsewhere = (what: string, run: Partial<Run>): Row => ({
  fault: `The session is resumed with another ${what}: exit 2, and the key goes nowhere`,
  faults: [stopFault],
  steps: [
    stopped,
    {
      args: resume(),
      ...run,
      expect: {
        exit: 2,
        parts: 0,
        silent: true,
        code: 'session_mismatch',
        record: 'pending',
        says: new RegExp(`${what}[\\s\\S]*Set the ${what}`),
      },
    },
    continued,
  ],
});

const bound: readonly Row[] = [
  elsewhere('base URL', { args: resume('--base-url', `http://localhost:${PORT}/v1`) }),
  elsewhere('organization', { args: resume('--organization', 'org-other') }),
  elsewhere('project', { env: { OPENAI_PROJECT_ID: 'proj_other' } }),
  {
    fault: 'The session is cancelled with another base URL: exit 2, and the key goes nowhere',
    faults: [stopFault],
    steps: [
      stopped,
      {
        args: cancel('--base-url', `http://localhost:${PORT}/v1`),
        expect: { exit: 2, parts: 0, silent: true, code: 'session_mismatch', record: 'pending' },
      },
    ],
  },
  {
    fault: 'The file is pushed again with another organization: a new upload',
    faults: [stopFault],
    steps: [stopped, { args: push('--organization', 'org-other'), expect: { exit: 0, parts: 5, create: 1 } }],
  },
  {
    fault: 'The base URL is written with a slash at its end: it is the same one',
    faults: [stopFault],
    steps: [stopped, { ...continued, args: resume('--base-url', `http://127.0.0.1:${PORT}/v1/`) }],
  },
  {
    fault: 'OPENAI_ORG_ID is empty: that is no other organization',
    faults: [stopFault],
    steps: [stopped, { ...continued, env: { OPENAI_ORG_ID: '' } }],
  },
];

const leftOver: Row = {
  fault:
    'Nothing but the record, the ledger and the index is left in the state directory after trouble and a good end',
  faults: [stopFault],
  steps: [
    stopped,
    continued,
    async ({ stateDir }) => {
      const left = await readdir(stateDir, { recursive: true });
      const known = [
        /^ledger(.[0-9a-f]{64}\.json)?$/,
        /^sources(.[0-9a-f]{2}(.[0-9a-f]{30}\.upload_\w+)?)?$/,
        /^sources.(complete|swept)$/,
        /^upload_\w+\.json$/,
      ];
      expect(left.filter((name) => !known.some((pattern) => pattern.test(name)))).toEqual([]);
      expect(left.filter((name) => name.startsWith('upload_'))).toHaveLength(1);
    },
  ],
};

export const record: readonly Row[] = [...spoiltRecords, ...oddRecords, ...unwritable, ...bound, leftOver];
