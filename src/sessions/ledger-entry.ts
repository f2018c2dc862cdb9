import { hash } from 'node:crypto';
import { UploadError } from '../model/errors.ts';
import { isId, isUploadId } from '../model/server-values.ts';
import type { FileObject } from '../model/upload.ts';
import type { SessionRecord } from './record.ts';

/** Version of the entry's format. Raised when older programs could not understand a new format. */
export const LEDGER_VERSION = 1;

/** What makes two uploads the same. Not name, MIME type or lifetime; see docs/fleet.md. */
export interface Content {
  /** MD5 of the whole file, in lowercase hex. */
  readonly md5: string;
  /** Like `md5`. Null in entries of versions that did not store it. */
  readonly sha256: string | null;
  readonly bytes: number;
  readonly purpose: string;
  readonly baseUrl: string;
  readonly organization: string | null;
  readonly project: string | null;
}

/** The file that was created from a content. Never holds the API key. */
export interface LedgerEntry extends Content {
  readonly schemaVersion: number;
  readonly uploadId: string;
  /** As the server described it when it was created. */
  readonly file: FileObject;
}

/** Returns the content of a session's file, or undefined if its digests are unknown. */
export function contentOf(record: SessionRecord): Content | undefined {
  const { md5, sha256 = null, source, purpose, baseUrl, organization, project } = record;
  return md5 === null
    ? undefined
    : { md5, sha256, bytes: source.bytes, purpose, baseUrl, organization, project };
}

/** The entry's file name without its extension: the same for the same content on every machine. */
export function entryName(content: Content): string {
  const { md5, sha256, bytes, purpose, baseUrl, organization, project } = content;
  const fields = [md5, bytes, purpose, baseUrl, organization, project, ...(sha256 === null ? [] : [sha256])];
  return hash('sha256', JSON.stringify(fields));
}

/**
 * Parses the text of an entry, which must be about the given content.
 * @throws UploadError `session_newer`, `session_corrupt`
 */
export function parseEntry(text: string, file: string, content: Content): LedgerEntry {
  const value = parseObject(text, file);
  const { schemaVersion } = value;
  if (typeof schemaVersion === 'number' && schemaVersion > LEDGER_VERSION) throw newerEntry(file);

  const fault = faultOf(value, content);
  if (fault !== undefined) throw corruptEntry(file, fault);

  return { sha256: null, ...value } as unknown as LedgerEntry;
}

function parseObject(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corruptEntry(file, 'it is not valid JSON', cause);
  }

  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw corruptEntry(file, 'it is not a JSON object');
}

function faultOf(value: Record<string, unknown>, content: Content): string | undefined {
  if (value.schemaVersion !== LEDGER_VERSION) return 'its "schemaVersion" is unknown';

  const other = Object.entries(content).find(([field, wanted]) => (value[field] ?? null) !== wanted)?.[0];
  if (other !== undefined) return `its field "${other}" does not fit its name`;
  if (!isUploadId(value.uploadId)) return 'it names no upload';

  const file = value.file as { id?: unknown } | null | undefined;
  return isId(file?.id) ? undefined : 'it names no file';
}

function newerEntry(file: string): UploadError {
  const message = `${file} was written by a newer version of openai-upload`;
  return new UploadError('session_newer', {
    message,
    hint: 'Update openai-upload; the file is left alone.',
  });
}

/** Returns the error for a file whose content was not written by this program. */
export function corruptEntry(file: string, why: string, cause?: unknown): UploadError {
  const message = `${file} is not a usable entry of the ledger: ${why}`;
  const hint =
    'Nothing was changed. Move the file away; the content it is about is then uploaded again when you push it.';
  return new UploadError('session_corrupt', { message, hint }, { cause });
}
