import { expect } from 'vitest';
import {
  acts,
  cancelElsewhere,
  expireOnServer,
  held,
  otherFiles,
  pullPlug,
  putPlugBack,
  release,
  serverClock,
  signal,
  timeIsUp,
  twin,
} from '../acts.ts';
import { atOnce, onComplete, onList, onPart, push, refusal, resume, trouble } from '../commands.ts';
import type { Act, Row } from '../row.ts';

/** The file was made, and no second *complete* is sent to find out. */
const found: Row['steps'] = [
  {
    args: push(),
    expect: {
      exit: 0,
      parts: 5,
      create: 1,
      complete: 1,
      lists: 1,
      record: 'completed',
      says: 'no response to complete names the file, but the server has it',
    },
  },
];

const lostAfterWork: readonly Row[] = (
  [
    ['is cut off', { kind: 'reset', when: 'after-work' }],
    ['is a 500', { kind: 'status', status: 500, headers: atOnce, when: 'after-work' }],
    [
      'is a 502 in HTML',
      { kind: 'status', status: 502, headers: atOnce, when: 'after-work', body: '<h1>Bad Gateway</h1>' },
    ],
    ['never comes', { kind: 'hang', when: 'answer' }],
    ['is half of the JSON', { kind: 'garble' }],
    ['has fewer bytes than it promised', { kind: 'garble', truncate: true }],
    ['has no body', { kind: 'garble', body: '' }],
    ['is a page of HTML', { kind: 'garble', body: '<html></html>', contentType: 'text/html' }],
    ['has no file in it', { kind: 'garble', body: '{"object":"upload","status":"completed","file":null}' }],
    [
      'has a file without an id',
      { kind: 'garble', body: '{"object":"upload","status":"completed","file":{"object":"file"}}' },
    ],
    ['is over 1 MiB', { kind: 'garble', body: `${' '.repeat(1 << 21)}{"file":{"id":"file-large"}}` }],
  ] as const
).map(([what, effect]) => ({
  fault: `The file is made, but the answer to complete ${what}: it is found among the files`,
  faults: [onComplete(effect)],
  steps: found,
}));

const emptyList = { kind: 'garble', body: '{"object":"list","data":[],"has_more":false}' } as const;
const gone = refusal(404, { message: 'No such upload.' });

/** A list that lags behind, and what the second complete is told then. */
const lagging: readonly Row[] = [
  {
    fault:
      'The answer to complete is lost, the list lags, and then the upload is gone: the file is found at last',
    faults: [
      onComplete({ kind: 'reset', when: 'after-work' }),
      onList(emptyList),
      onComplete(gone, { nth: 2 }),
    ],
    steps: [{ args: push(), expect: { exit: 0, parts: 5, complete: 2, lists: 2 } }],
  },
  {
    fault:
      'The answer to complete is lost, the list lags, and then the key is refused: the file is found at last',
    faults: [
      onComplete({ kind: 'reset', when: 'after-work' }),
      onList(emptyList),
      onComplete(refusal(401, { message: 'Incorrect API key.' }), { nth: 2 }),
    ],
    steps: [{ args: push(), expect: { exit: 0, parts: 5, complete: 2, lists: 2 } }],
  },
  {
    fault:
      'The answer to complete is lost and the list lags for long: exit 12, and a later resume finds the file',
    faults: [
      onComplete({ kind: 'reset', when: 'after-work' }),
      onList(emptyList, { nth: 1, times: 2 }),
      onComplete(gone, { nth: 2 }),
    ],
    steps: [
      {
        args: push(),
        expect: {
          exit: 12,
          parts: 5,
          complete: 2,
          lists: 2,
          files: 1,
          code: 'completion_unknown',
          record: 'completing',
          says: 'resume again later',
        },
      },
      { args: resume(), expect: { exit: 0, parts: 0, complete: 0, lists: 1 } },
    ],
  },
  {
    fault:
      'The first complete is cut off, and the second is told that the MD5 is wrong: exit 9, and pushing again starts anew',
    faults: [
      onComplete({ kind: 'reset', when: 'start' }),
      onComplete(refusal(400, { message: 'The MD5 checksum does not match.', param: 'md5' }), { nth: 2 }),
    ],
    steps: [
      { args: push(), expect: { exit: 9, parts: 5, complete: 2, cancels: 1, record: 'cancelled' } },
      { args: push(), expect: { exit: 0, parts: 5, create: 1, complete: 1 } },
    ],
  },
  {
    fault:
      'The first complete is cut off, and by the second the upload was cancelled: exit 8, and pushing again starts anew',
    faults: [
      onComplete({ kind: 'reset', when: 'start' }),
      onComplete(refusal(400, { message: 'Upload has status cancelled.' }), { nth: 2 }),
    ],
    steps: [
      { args: push(), expect: { exit: 8, parts: 5, complete: 2, record: 'cancelled' } },
      { args: push(), expect: { exit: 0, parts: 5, create: 1, complete: 1 } },
    ],
  },
  {
    fault:
      'Complete is refused with the name of a file that sounds like the end of an upload: exit 6, and nothing is given up',
    faults: [
      onComplete(
        refusal(400, {
          message: 'Invalid upload: cancelled-orders.jsonl has an extension of the wrong size.',
        }),
      ),
    ],
    steps: [
      { args: push(), expect: { exit: 6, parts: 5, complete: 1, files: 0, cancels: 0, record: 'pending' } },
      { args: resume(), expect: { exit: 0, parts: 0, complete: 1 } },
    ],
  },
];

const neverRetry: Row = {
  fault: 'The file is made, but complete answers 500 with x-should-retry false: it is found among the files',
  faults: [
    onComplete({ kind: 'status', status: 500, headers: { 'x-should-retry': 'false' }, when: 'after-work' }),
  ],
  steps: found,
};

const lostBeforeWork: readonly Row[] = (
  [
    ['is cut off', { kind: 'reset', when: 'start' }],
    ['is answered 500', trouble(500)],
    ['is answered 503', trouble(503)],
    ['never gets an answer', { kind: 'hang', when: 'answer', work: false }],
  ] as const
).map(([what, effect]) => ({
  fault: `Complete ${what} before any file is made: it is sent again, after a look at the files`,
  faults: [onComplete(effect)],
  steps: [
    { args: push(), expect: { exit: 0, parts: 5, complete: 2, lists: 1, record: 'completed' as const } },
  ],
}));

const tooMany: Row = {
  fault: 'Complete is answered 429: it is sent again',
  faults: [onComplete(trouble(429))],
  steps: [{ args: push(), expect: { exit: 0, parts: 5, complete: 2, record: 'completed' } }],
};

const later: readonly Row[] = [
  {
    fault: 'The answer to complete is lost with the network: exit 5, and resume finds the file',
    hasPlug: true,
    faults: [onComplete({ kind: 'hold', label: 'complete' })],
    steps: [
      {
        args: push(),
        during: acts(held('complete'), pullPlug),
        expect: {
          exit: 5,
          parts: 5,
          complete: 1,
          lists: 0,
          files: 1,
          code: 'network',
          record: 'completing',
          says: 'openai-upload resume',
        },
      },
      putPlugBack,
      {
        args: resume(),
        expect: { exit: 0, parts: 0, create: 0, complete: 0, lists: 1, record: 'completed' },
      },
    ],
  },
  {
    fault: 'The answer to complete is lost and the files cannot be listed: exit 5, and resume finds the file',
    faults: [onComplete({ kind: 'reset', when: 'after-work' }), onList(trouble(500))],
    steps: [
      {
        args: push('--retries', '0'),
        expect: {
          exit: 5,
          parts: 5,
          complete: 1,
          lists: 1,
          files: 1,
          record: 'completing',
          says: 'openai-upload resume',
        },
      },
      { args: resume(), expect: { exit: 0, parts: 0, complete: 0, lists: 1, record: 'completed' } },
    ],
  },
  {
    fault:
      'The answer to complete is lost and the files cannot be listed: pushing again finds the file and makes no second one',
    faults: [onComplete({ kind: 'reset', when: 'after-work' }), onList(trouble(500))],
    steps: [
      {
        args: push('--retries', '0'),
        expect: { exit: 5, parts: 5, complete: 1, files: 1, record: 'completing' },
      },
      { args: push(), expect: { exit: 0, parts: 0, create: 0, complete: 0, lists: 1, record: 'completed' } },
    ],
  },
  {
    fault:
      'The answer to complete is lost and the list of files is nonsense at first: the list is asked again',
    faults: [
      onComplete({ kind: 'reset', when: 'after-work' }),
      onList({ kind: 'garble', body: '{"object":"list"}' }),
    ],
    steps: [{ args: push(), expect: { exit: 0, parts: 5, complete: 1, lists: 2 } }],
  },
  {
    fault: 'The answer to complete is lost on a server without a list of files: exit 12',
    faults: [
      onComplete({ kind: 'reset', when: 'after-work' }),
      onList(refusal(404, { message: 'Unknown URL.' }), { nth: 'every' }),
    ],
    steps: [
      {
        args: push(),
        expect: { exit: 12, parts: 5, complete: 1, files: 1, code: 'completion_unknown', says: 'dashboard' },
      },
    ],
  },
  {
    fault:
      'The answer to complete is lost and the key may not list files: exit 7, and with another key resume finds the file',
    faults: [
      onComplete({ kind: 'reset', when: 'after-work' }),
      onList(refusal(403, { message: 'Missing scopes: api.files.read' }), { nth: 1, times: 2 }),
    ],
    steps: [
      {
        args: push(),
        expect: {
          exit: 7,
          parts: 5,
          complete: 1,
          lists: 2,
          files: 1,
          record: 'completing',
          code: 'authentication',
          says: /api\.files\.read[\s\S]*openai-upload resume/,
        },
      },
      { args: resume(), expect: { exit: 0, parts: 0, complete: 0, lists: 1, record: 'completed' } },
    ],
  },
  {
    fault: 'Killed while complete is on its way: resume finds the file, and a second resume asks nothing',
    faults: [onComplete({ kind: 'hold', label: 'complete' })],
    steps: [
      {
        args: push(),
        during: acts(held('complete'), signal('SIGKILL')),
        expect: { exit: 'SIGKILL', parts: 5, complete: 1, files: 1, record: 'completing' },
      },
      {
        args: resume(),
        expect: { exit: 0, parts: 0, create: 0, complete: 0, lists: 1, record: 'completed' },
      },
      { args: resume(), expect: { exit: 0, parts: 0, silent: true, record: 'completed' } },
    ],
  },
  {
    fault: 'Killed while complete is on its way, and the server has made nothing of it: resume completes',
    faults: [onComplete({ kind: 'hang', when: 'answer', work: false })],
    steps: [
      {
        args: push('--stall-timeout', '30s'),
        during: acts(
          ({ server }) =>
            server.waitFor((all) => all.some(({ call, fault }) => call === 'complete' && fault === 'hang')),
          signal('SIGKILL'),
        ),
        expect: { exit: 'SIGKILL', parts: 5, complete: 1, record: 'completing' },
      },
      {
        args: resume(),
        expect: { exit: 0, parts: 0, create: 0, complete: 1, lists: 1, record: 'completed' },
      },
    ],
  },
  {
    fault:
      'Killed while complete is on its way, and the time of the upload runs out: resume finds the file all the same',
    faults: [onComplete({ kind: 'hold', label: 'complete' })],
    steps: [
      {
        args: push(),
        during: acts(held('complete'), signal('SIGKILL')),
        expect: { exit: 'SIGKILL', parts: 5, complete: 1, files: 1, record: 'completing' },
      },
      timeIsUp,
      {
        args: resume(),
        expect: { exit: 0, parts: 0, create: 0, complete: 0, lists: 1, record: 'completed' },
      },
    ],
  },
  {
    fault: 'Interrupted while complete is on its way: exit 130, and resume finds the file',
    needs: 'signals',
    faults: [onComplete({ kind: 'hold', label: 'complete' })],
    steps: [
      {
        args: push(),
        during: acts(held('complete'), signal('SIGINT')),
        expect: {
          exit: 130,
          parts: 5,
          complete: 1,
          files: 1,
          code: 'interrupted',
          record: 'completing',
          says: 'openai-upload resume',
        },
      },
      { args: resume(), expect: { exit: 0, parts: 0, complete: 0, lists: 1, record: 'completed' } },
    ],
  },
];

/** Stops before the last part, so that something can happen to the list of files meanwhile. */
const beforeTheEnd = (what: Act): Act => acts(held('last'), what, release('last'));
const lastHeld = onPart({ kind: 'hold', label: 'last' }, { nth: 5 });
const lost = onComplete({ kind: 'reset', when: 'after-work' });
const killedAtComplete = {
  args: push(),
  during: acts(held('complete'), signal('SIGKILL')),
  expect: { exit: 'SIGKILL', parts: 5, complete: 1, files: 1, record: 'completing' },
} as const;
const completeHeld = onComplete({ kind: 'hold', label: 'complete' });

const alike: readonly Row[] = [
  {
    fault:
      'The answer to complete is lost and somebody else has made a file just like it: exit 12, naming both',
    faults: [completeHeld],
    steps: [
      killedAtComplete,
      twin(),
      {
        args: resume(),
        expect: {
          exit: 12,
          parts: 0,
          complete: 0,
          lists: 1,
          files: 2,
          code: 'completion_unknown',
          says: /2 files match this upload: file-\w+, file-\w+[\s\S]*dashboard/,
        },
      },
    ],
  },
  {
    fault: 'The answer to complete is lost while the program runs and there is a file just like it: exit 12',
    faults: [onComplete({ kind: 'hold', label: 'complete' }), onList({ kind: 'hold', label: 'list' })],
    hasPlug: true,
    steps: [
      {
        args: push('--retries', '7'),
        during: acts(held('complete'), twin(), pullPlug, putPlugBack, held('list'), release('list')),
        expect: { exit: 12, parts: 5, complete: 1, files: 2, code: 'completion_unknown' },
      },
    ],
  },
  {
    fault: 'The answer to complete is lost, and a file like it is older than the upload: the newer one is it',
    faults: [onComplete({ kind: 'hold', label: 'complete' }, { nth: 2 })],
    steps: [
      serverClock(-60_000),
      twin(),
      serverClock(0),
      { ...killedAtComplete, args: push(), expect: { ...killedAtComplete.expect, files: 2 } },
      { args: resume(), expect: { exit: 0, parts: 0, complete: 0, lists: 1, files: 2, record: 'completed' } },
    ],
  },
  {
    fault: 'The answer to complete is lost, and newer files have another name or purpose: they are not it',
    faults: [completeHeld],
    steps: [
      killedAtComplete,
      twin({ name: 'b.bin' }),
      twin({ purpose: 'vision' }),
      { args: resume(), expect: { exit: 0, parts: 0, complete: 0, lists: 1, record: 'completed' } },
    ],
  },
  {
    fault: 'The answer to complete is lost, and a newer file of that name has another size: it is not it',
    faults: [completeHeld],
    steps: [
      killedAtComplete,
      twin({ bytes: 1000 }),
      { args: resume(), expect: { exit: 0, parts: 0, complete: 0, lists: 1, record: 'completed' } },
    ],
  },
  {
    fault: 'The answer to complete is lost and a hundred newer files hide it: the next page is asked for',
    faults: [completeHeld],
    steps: [
      killedAtComplete,
      otherFiles(101),
      { args: resume(), expect: { exit: 0, parts: 0, complete: 0, lists: 2, record: 'completed' } },
    ],
  },
  {
    fault:
      'The same file is pushed twice and the second answer to complete is lost: the first file is not taken for it',
    faults: [onComplete({ kind: 'reset', when: 'after-work' }, { nth: 2 })],
    steps: [
      { args: push(), expect: { exit: 0, parts: 5, complete: 1 } },
      { args: push(), expect: { exit: 0, parts: 5, create: 1, complete: 1, lists: 1, files: 2 } },
    ],
  },
];

const noFiles = { kind: 'garble', body: '{"object":"list","data":[],"has_more":false}' } as const;

const already: readonly Row[] = [
  ...[400, 404, 409, 410].map(
    (closedUploadStatus): Row => ({
      fault: `Complete is sent again and answered ${closedUploadStatus}, already completed: the file is looked for once more`,
      server: { closedUploadStatus },
      faults: [lost, onList(noFiles)],
      steps: [{ args: push(), expect: { exit: 0, parts: 5, complete: 2, lists: 2, record: 'completed' } }],
    }),
  ),
  {
    fault: 'The upload is completed already, but its file is nowhere: exit 12',
    faults: [lost, onList(noFiles, { nth: 'every' })],
    steps: [
      {
        args: push(),
        expect: {
          exit: 12,
          parts: 5,
          complete: 2,
          files: 1,
          code: 'completion_unknown',
          says: /file was not found[\s\S]*dashboard/,
        },
      },
    ],
  },
];

const fileBody = (bytes: number | null) =>
  JSON.stringify({
    id: 'file-odd',
    object: 'file',
    bytes,
    created_at: 1,
    filename: 'a.bin',
    purpose: 'user_data',
  });

const oddAnswers: readonly Row[] = [
  {
    fault: 'Complete is answered with the File itself: that is the file',
    faults: [onComplete({ kind: 'garble', body: fileBody(500_000) })],
    steps: [
      {
        args: push(),
        expect: { exit: 0, parts: 5, complete: 1, lists: 0, prints: 'file-odd\n', record: 'completed' },
      },
    ],
  },
  {
    fault: 'The file has no size: that is no fault',
    faults: [onComplete({ kind: 'garble', body: `{"object":"upload","file":${fileBody(null)}}` })],
    steps: [
      { args: push(), expect: { exit: 0, parts: 5, complete: 1, prints: 'file-odd\n', record: 'completed' } },
    ],
  },
  {
    fault: 'The file has another size than the source: exit 9',
    faults: [onComplete({ kind: 'garble', body: `{"object":"upload","file":${fileBody(499_999)}}` })],
    steps: [
      {
        args: push(),
        expect: {
          exit: 9,
          parts: 5,
          complete: 1,
          files: 1,
          code: 'integrity',
          says: /499999 bytes, the source has 500000[\s\S]*push again/,
        },
      },
    ],
  },
  {
    fault: 'The file id would steer the terminal: it is not taken, and the list has the right one',
    faults: [onComplete({ kind: 'garble', body: fileBody(500_000).replace('file-odd', 'file-\\u001b[2J') })],
    steps: [
      { args: push(), expect: { exit: 0, parts: 5, complete: 1, lists: 1, says: 'the server has it' } },
    ],
  },
];

const refused: readonly Row[] = [
  {
    fault: 'The server has another MD5: exit 9, the upload is let go, and pushing again starts over',
    faults: [
      onComplete(
        refusal(400, { message: "The file's MD5 is 00, not 11.", param: 'md5', code: 'invalid_value' }),
      ),
    ],
    steps: [
      {
        args: push(),
        expect: {
          exit: 9,
          parts: 5,
          complete: 1,
          cancels: 1,
          upload: 'cancelled',
          code: 'integrity',
          says: 'Push the file again',
        },
      },
      { args: resume(), expect: { exit: 8, parts: 0, silent: true } },
      { args: push(), expect: { exit: 0, parts: 5, create: 1, complete: 1 } },
    ],
  },
  {
    fault: 'The server counts other bytes than it was told: exit 9',
    faults: [
      onComplete(
        refusal(400, {
          message: 'The listed parts have 400000 bytes; the upload was created for 500000.',
          param: 'part_ids',
        }),
      ),
    ],
    steps: [
      {
        args: push(),
        expect: { exit: 9, parts: 5, complete: 1, code: 'integrity', says: 'Push the file again' },
      },
    ],
  },
  {
    fault: 'The server takes no MD5: exit 6 names --no-md5, and with it no part is sent again',
    faults: [
      onComplete(
        refusal(400, { message: 'Unknown parameter: md5.', param: 'md5', code: 'unknown_parameter' }),
      ),
    ],
    steps: [
      {
        args: push(),
        expect: {
          exit: 6,
          parts: 5,
          complete: 1,
          code: 'request_refused',
          record: 'pending',
          says: '--no-md5',
        },
      },
      { args: push('--no-md5'), expect: { exit: 0, parts: 0, create: 0, complete: 1, record: 'completed' } },
    ],
  },
  {
    fault: 'The content is refused at the end: exit 6 with the server’s words, and nothing is thrown away',
    faults: [onComplete(refusal(400, { message: 'Invalid file format for Batch API. Must be .jsonl' }))],
    steps: [
      {
        args: push(),
        expect: {
          exit: 6,
          parts: 5,
          complete: 1,
          code: 'request_refused',
          record: 'pending',
          says: 'Must be .jsonl',
        },
      },
      { args: resume(), expect: { exit: 0, parts: 0, complete: 1, record: 'completed' } },
    ],
  },
  {
    fault: 'Complete is redirected: exit 6, and the key goes nowhere else',
    faults: [onComplete({ kind: 'status', status: 308, headers: { location: '/v1/elsewhere' } })],
    steps: [
      {
        args: push(),
        expect: {
          exit: 6,
          parts: 5,
          complete: 1,
          says: 'Redirects are not followed',
          also: ({ server }) => expect(server.requests()).toHaveLength(7),
        },
      },
    ],
  },
  {
    fault: 'The upload expires before complete: exit 8',
    faults: [lastHeld],
    steps: [
      {
        args: push(),
        during: beforeTheEnd(expireOnServer),
        expect: {
          exit: 8,
          parts: 5,
          complete: 1,
          code: 'upload_expired',
          record: 'expired',
          says: 'Push the file again',
        },
      },
    ],
  },
  {
    fault: 'The upload is cancelled by somebody else before complete: exit 8',
    faults: [lastHeld],
    steps: [
      {
        args: push(),
        during: beforeTheEnd(cancelElsewhere),
        expect: {
          exit: 8,
          parts: 5,
          complete: 1,
          code: 'upload_cancelled',
          record: 'cancelled',
          says: 'Push the file again',
        },
      },
      { args: resume(), expect: { exit: 8, parts: 0, silent: true } },
    ],
  },
];

export const complete: readonly Row[] = [
  ...lostAfterWork,
  neverRetry,
  ...lagging,
  ...lostBeforeWork,
  tooMany,
  ...later,
  ...alike,
  ...already,
  ...oddAnswers,
  ...refused,
];
