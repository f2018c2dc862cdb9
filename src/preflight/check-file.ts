import { UploadError } from '../model/errors.ts';

/**
 * The API takes 8 GB, and does not say whether that means GB or GiB. Between 8,000,000,000 bytes
 * and 8 GiB only the server knows. The larger is the bound here, so nothing is refused that the
 * server might take.
 */
export const MAX_FILE_BYTES = 8 * 1024 ** 3;

/**
 * Refuses a file that no server would take, before anything is sent.
 * @throws UploadError `source_empty`, `source_too_large`
 */
export function checkFile({ path, bytes }: { readonly path: string; readonly bytes: number }): void {
  refuseEmpty({ path, bytes });
  if (bytes > MAX_FILE_BYTES) {
    const message = `${path} has ${bytes.toLocaleString('en')} bytes; an upload holds at most 8 GB`;
    throw new UploadError(
      'source_too_large',
      { message, hint: 'Split the file and upload the pieces.' },
      { path },
    );
  }
}

/** @throws UploadError `source_empty` */
export function refuseEmpty({ path, bytes }: { readonly path: string; readonly bytes: number }): void {
  if (bytes > 0) return;
  const text = { message: `${path} is empty`, hint: 'The API does not accept empty files.' };
  throw new UploadError('source_empty', text, { path });
}
