import { nowMs } from '../run/now-ms.ts';
import { type Answer, refusal } from './answer.ts';
import { measurePart } from './part-meter.ts';
import type { RequestHead, RequestWork } from './read-requests.ts';
import type { SinkState } from './sink-state.ts';

const TOO_MANY = refusal(429, 'too many parts at once');

/** Takes a part and keeps nothing of it but its size, which becomes part of its id. */
export function receivePart(
  state: SinkState,
  { head, uploadId }: { readonly head: RequestHead; readonly uploadId: string },
  send: (answer: Answer) => void,
): RequestWork {
  const { settings, counts } = state;
  counts.partRequests += 1;
  const number = counts.partRequests;
  if (!state.uploads.has(uploadId)) return answerAtOnce(refusal(404, 'no such upload'), send);
  if (settings.partsAtOnce !== null && state.partsInFlight.size >= settings.partsAtOnce) {
    counts.refused += 1;
    return answerAtOnce(TOO_MANY, send);
  }
  const inFlight = state.partsInFlight;
  const token = {};
  inFlight.add(token);
  counts.lastPartAtMs = nowMs();
  const meter = measurePart(head.bodyBytes, head.header('content-type') ?? '');
  return {
    piece(bytes) {
      counts.bodyBytes += bytes.length;
      meter.piece(bytes);
    },
    end() {
      if (number === settings.heldPart) return;
      const fileBytes = meter.fileBytes();
      const id = `part_${number}_${fileBytes}`;
      const created_at = Math.floor(Date.now() / 1000);
      const answer = () => {
        inFlight.delete(token);
        counts.fileBytes += fileBytes;
        counts.partsAnswered += 1;
        send({ status: 200, body: { id, object: 'upload.part', created_at, upload_id: uploadId } });
      };
      // A timer waits a millisecond at least.
      if (settings.answerDelayMs === 0) answer();
      else setTimeout(answer, settings.answerDelayMs);
    },
    abandon() {
      inFlight.delete(token);
    },
  };
}

/** As gateways do: they say no without having read the body, which may still come, or not. */
function answerAtOnce(answer: Answer, send: (answer: Answer) => void): RequestWork {
  send(answer);
  return { piece: () => undefined, end: () => undefined };
}
