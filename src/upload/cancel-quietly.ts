import { isUploadError } from '../model/errors.ts';
import type { UploadContext } from './context.ts';

/**
 * Cancels an upload that is of no use any more, once and without a word: if this fails, it expires by itself.
 * @returns whether the server has said that the upload is over
 */
export async function cancelQuietly(
  uploadId: string,
  { deps, stallMs }: UploadContext,
  stop: AbortSignal = new AbortController().signal,
): Promise<boolean> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(stallMs)]);
  try {
    await deps.api.cancelUpload(uploadId, { signal, attempt: 1 });
    return true;
  } catch (error) {
    return isUploadError(error) && ['upload_cancelled', 'upload_expired'].includes(error.code);
  }
}
