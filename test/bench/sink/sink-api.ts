import { randomUUID } from 'node:crypto';
import { type Answer, refusal } from './answer.ts';
import type { RequestHead, RequestWork } from './read-requests.ts';
import { receivePart } from './receive-part.ts';
import type { SinkState } from './sink-state.ts';

type Send = (answer: Answer) => void;

/**
 * As much of the Uploads API as a client needs to be content. It holds that the bytes of the parts that *complete* lists
 * are as many as were announced, so a run that succeeds has sent its file.
 */
export function serveSinkApi(state: SinkState, head: RequestHead, send: Send): RequestWork {
  const [path = ''] = head.path.split('?');
  const uploadId = /^\/v1\/uploads\/([^/]+)\//.exec(path)?.[1] ?? '';
  if (path.endsWith('/parts')) return receivePart(state, { head, uploadId }, send);
  const delayed: Send = (answer) => void setTimeout(send, state.settings.answerDelayMs, answer);
  if (path === '/_admin/reset') {
    return readJson((body) => {
      state.reset(body);
      send({ status: 200, body: {} });
    });
  }
  if (path === '/_admin/stats') return readJson(() => send({ status: 200, body: state.stats() }));
  if (path === '/v1/uploads') return readJson((body) => delayed(createUpload(state, body)));
  if (path === '/v1/files') {
    return readJson(() => delayed({ status: 200, body: { object: 'list', data: [], has_more: false } }));
  }
  if (path.endsWith('/complete')) return readJson((body) => delayed(completeUpload(state, uploadId, body)));
  if (path.endsWith('/cancel'))
    return readJson(() => delayed({ status: 200, body: uploadObject(state, uploadId, 'cancelled') }));
  return readJson(() => send(refusal(404, 'unknown path')));
}

type Json = Readonly<Record<string, unknown>>;

function readJson(act: (body: Json) => void): RequestWork {
  const pieces: Buffer[] = [];
  return {
    // The piece is the socket's own buffer.
    piece: (bytes) => void pieces.push(Buffer.from(bytes)),
    end: () => act(JSON.parse(Buffer.concat(pieces).toString('utf8') || '{}')),
  };
}

function createUpload(state: SinkState, { bytes, filename }: Json): Answer {
  const id = `upload_${randomUUID()}`;
  state.uploads.set(id, { bytes: Number(bytes), filename: String(filename) });
  return { status: 200, body: uploadObject(state, id, 'pending') };
}

/** A part's id ends in its number of bytes, see `receivePart`. */
function completeUpload(state: SinkState, id: string, { part_ids }: Json): Answer {
  const sizes = (part_ids as string[]).map((partId) => Number(partId.split('_').pop()));
  const sum = sizes.reduce((a, b) => a + b, 0);
  const { bytes } = state.uploads.get(id) ?? {};
  if (sum !== bytes) return refusal(400, `the parts have ${sum} bytes, the upload ${bytes}`);
  state.counts.completed += 1;
  return { status: 200, body: uploadObject(state, id, 'completed') };
}

function uploadObject(state: SinkState, id: string, status: string): Json {
  const { bytes = 0, filename = '' } = state.uploads.get(id) ?? {};
  const created_at = Math.floor(Date.now() / 1000);
  const times = { created_at, expires_at: created_at + 3600 };
  const common = { bytes, filename, purpose: 'vision', ...times };
  const file =
    status === 'completed' ? { id: id.replace('upload_', 'file-'), object: 'file', ...common } : null;
  return { id, object: 'upload', status, ...common, file };
}
