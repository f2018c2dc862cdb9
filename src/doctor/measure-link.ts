import { randomBytes } from 'node:crypto';
import type { CreatedUpload } from '../api/parse-responses.ts';
import type { Check } from '../model/health.ts';
import { callApi, cancelQuietly, type UploadContext } from '../upload/context.ts';

/** Small enough that even a slow link gets some parts acknowledged within the time limits. */
const MIN_PART_BYTES = 1_000_000;
const MAX_PARTS = 64;
/** As many as a push begins with, and keeps on an ordinary link. */
const CONNECTIONS = 4;
/** The largest file that the API takes. */
const MAX_FILE_BYTES = 8_000_000_000;
/** For servers that do not say how long an upload lives. At OpenAI it lives an hour. */
const DEFAULT_LIFETIME_MS = 3_600_000;

/**
 * Sends throwaway bytes into an upload that is then cancelled. Works out how large a file could be
 * sent within the lifetime of an upload at that speed.
 * @throws UploadError when a request fails
 */
export async function measureLink(
  totalBytes: number,
  context: UploadContext,
): Promise<Pick<Check, 'message' | 'speed'>> {
  const { api, clock } = context.deps;
  const described = { filename: 'openai-upload-doctor.bin', purpose: 'user_data', bytes: totalBytes };
  const file = { ...described, mimeType: 'application/octet-stream', fileLifetimeSeconds: null };
  const upload = await callApi(context, { what: 'create', action: 'creating the upload' }, (options) =>
    api.createUpload(file, options),
  );

  try {
    const since = clock.monotonic();
    await sendAll(upload.id, totalBytes, context);
    const bytesPerSecond = totalBytes / Math.max(0.001, (clock.monotonic() - since) / 1000);
    const lifetimeMs = lifetimeOf(upload);
    const fits = Math.floor((bytesPerSecond * (lifetimeMs ?? DEFAULT_LIFETIME_MS)) / 1000);

    return { message: '', speed: { bytesPerSecond, fitsBytes: Math.min(MAX_FILE_BYTES, fits), lifetimeMs } };
  } finally {
    await cancelQuietly(upload.id, context);
  }
}

/** Servers may leave out the times, or send impossible ones. */
function lifetimeOf({ createdAt, expiresAt }: CreatedUpload): number | null {
  if (createdAt === null || expiresAt === null || expiresAt <= createdAt) return null;
  return (expiresAt - createdAt) * 1000;
}

async function sendAll(uploadId: string, totalBytes: number, context: UploadContext): Promise<void> {
  const partBytes = Math.max(MIN_PART_BYTES, Math.ceil(totalBytes / MAX_PARTS));
  const parts = Math.ceil(totalBytes / partBytes);
  // Random, so nothing on the way can compress it.
  const chunk = randomBytes(64 * 1024);
  let next = 0;

  const sendInTurn = async () => {
    while (next < parts) {
      next += 1;
      const number = next;
      const length = Math.min(partBytes, totalBytes - (number - 1) * partBytes);
      const call = { what: `part ${number}`, action: `sending part ${number}` };
      await callApi(context, call, (options) =>
        context.deps.api.addPart({ uploadId, number, length, bytes: repeat(chunk, length) }, options),
      );
    }
  };

  const stop = (error: unknown) => {
    next = parts;
    throw error;
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, () => sendInTurn().catch(stop)));
}

async function* repeat(chunk: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let left = length; left > 0; left -= chunk.length)
    yield chunk.subarray(0, Math.min(left, chunk.length));
}
