import {
  acts,
  cancelElsewhere,
  completeElsewhere,
  expireOnServer,
  held,
  removeSource,
  signal,
  timeIsUp,
} from '../acts.ts';
import {
  atOnce,
  cancel as cancelArgs,
  onCancel,
  onPart,
  push,
  resume,
  stopFault,
  stopped,
} from '../commands.ts';
import type { Row, Run, Step } from '../row.ts';

const unfinished = (fault: string, ...steps: readonly Step[]): Row => ({
  fault,
  faults: [stopFault],
  steps: [stopped, ...steps],
});

const cancelled: Run = {
  args: cancelArgs(),
  expect: { exit: 0, parts: 0, cancels: 1, upload: 'cancelled', record: 'cancelled', says: ': cancelled' },
};

const withFault = (fault: string, row: Partial<Row>, run: Run): Row => ({
  fault,
  ...row,
  faults: [stopFault, ...(row.faults ?? [])],
  steps: [stopped, run],
});

export const cancel: readonly Row[] = [
  unfinished('An upload is cancelled twice: both are well, and the second asks nothing', cancelled, {
    args: cancelArgs(),
    expect: { exit: 0, parts: 0, silent: true, says: 'cancelled already' },
  }),
  unfinished('A cancelled upload is resumed: exit 8 without a request', cancelled, {
    args: resume(),
    expect: { exit: 8, parts: 0, silent: true, code: 'upload_cancelled', says: 'Push the file again' },
  }),
  unfinished('A file is pushed whose upload was cancelled: a new upload', cancelled, {
    args: push(),
    expect: { exit: 0, parts: 5, create: 1, complete: 1 },
  }),
  {
    fault: 'An upload is cancelled that nothing is known of: exit 2 without a request',
    steps: [
      {
        args: ['cancel', 'upload_nobody_knows'],
        expect: { exit: 2, parts: 0, silent: true, code: 'session_unknown', says: 'Check the id' },
      },
      {
        args: ['cancel', '../../etc/passwd'],
        expect: { exit: 2, parts: 0, silent: true, code: 'session_unknown' },
      },
      { args: ['cancel', ''], expect: { exit: 2, parts: 0, silent: true } },
    ],
  },
  {
    fault: 'A completed upload is cancelled: exit 6 without a request, and the file stays',
    steps: [
      { args: push(), expect: { exit: 0, parts: 5 } },
      {
        args: cancelArgs(),
        expect: {
          exit: 6,
          parts: 0,
          files: 1,
          silent: true,
          code: 'upload_closed',
          record: 'completed',
          says: /is complete: file-/,
        },
      },
    ],
  },
  unfinished('The upload was cancelled by somebody else: cancelling it is well', cancelElsewhere, {
    args: cancelArgs(),
    expect: { exit: 0, parts: 0, cancels: 1, record: 'cancelled', says: 'cancelled already' },
  }),
  unfinished('The server has let the upload expire: cancelling it is well', expireOnServer, {
    args: cancelArgs(),
    expect: { exit: 0, parts: 0, cancels: 1, record: 'expired', says: 'expired already' },
  }),
  unfinished('The time of the upload is up: cancelling it is well and only asks for the time', timeIsUp, {
    args: cancelArgs(),
    expect: { exit: 0, parts: 0, lists: 1, cancels: 0, record: 'expired', says: 'expired already' },
  }),
  {
    fault: 'The upload was completed by somebody else: cancelling it is exit 6 and names the file',
    faults: [onPart({ kind: 'hold', label: 'last' }, { nth: 5 })],
    steps: [
      {
        args: push(),
        during: acts(held('last'), signal('SIGKILL')),
        expect: { exit: 'SIGKILL', parts: 5, record: 'pending' },
      },
      completeElsewhere,
      {
        args: cancelArgs(),
        expect: {
          exit: 6,
          parts: 0,
          files: 1,
          cancels: 1,
          lists: 1,
          code: 'upload_closed',
          record: 'completed',
          says: /is complete: file-/,
        },
      },
    ],
  },
  unfinished('The source is gone: the upload can be cancelled all the same', removeSource, cancelled),
  withFault(
    'The answer to cancel is lost: it is tried again, and that the upload is cancelled already is well',
    { faults: [onCancel({ kind: 'reset', when: 'after-work' })] },
    {
      args: cancelArgs(),
      expect: { exit: 0, parts: 0, cancels: 2, upload: 'cancelled', record: 'cancelled' },
    },
  ),
  withFault(
    'The answer to cancel is nonsense: it is tried again',
    { faults: [onCancel({ kind: 'garble' })] },
    {
      args: cancelArgs(),
      expect: { exit: 0, parts: 0, cancels: 2, upload: 'cancelled', record: 'cancelled' },
    },
  ),
  {
    ...withFault(
      'The answer to cancel never comes: it is given up after four times --stall-timeout and tried again',
      { faults: [onCancel({ kind: 'hang', when: 'answer', work: false })] },
      {
        args: cancelArgs(),
        expect: { exit: 0, parts: 0, cancels: 2, upload: 'cancelled', record: 'cancelled' },
      },
    ),
  },
  {
    ...unfinished('An upload is cancelled with --stall-timeout 0s: exit 2', {
      args: cancelArgs('--stall-timeout', '0s'),
      expect: { exit: 2, parts: 0, silent: true, says: 'It must be 1s to 1h' },
    }),
  },
  withFault(
    'The server does not get well: cancelling is exit 5, and the upload can still be resumed or cancelled',
    { faults: [onCancel({ kind: 'status', status: 503, headers: atOnce }, { nth: 'every' })] },
    {
      args: cancelArgs(),
      expect: { exit: 5, parts: 0, cancels: 8, code: 'server_error', record: 'pending' },
    },
  ),
  {
    ...withFault(
      'The server does not get well: the message says to cancel again',
      { faults: [onCancel({ kind: 'status', status: 503, headers: atOnce }, { nth: 'every' })] },
      { args: cancelArgs(), expect: { exit: 5, parts: 0, cancels: 8, says: 'openai-upload cancel' } },
    ),
  },
  withFault(
    'The key may not cancel: exit 7, and the upload is as it was',
    {},
    {
      args: cancelArgs(),
      env: { OPENAI_API_KEY: 'sk-wrong' },
      expect: { exit: 7, parts: 0, cancels: 1, upload: 'pending', record: 'pending', code: 'authentication' },
    },
  ),
];
