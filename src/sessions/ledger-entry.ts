import { createHash } from 'node:crypto';
import { UploadError } from '../model/errors.ts';
import type { FileObject } from '../model/upload.ts';

/** Version of an entry's form. Raised when an older program could not understand it. */
export const LEDGER_VERSION = 1;

/** What makes two uploads the same. Not the name, nor the MIME type or the lifetime: docs/fleet.md says why. */
export interface Content {
  /** Lowercase hex of the whole file. */
  readonly md5: string;
  readonly bytes: number;
  readonly purpose: string;
  readonly baseUrl: string;
  readonly organization: string | null;
  readonly project: string | null;
}

/** What became of it. Never holds the API key. */
export interface LedgerEntry extends Content {
  readonly schemaVersion: number;
  readonly uploadId: string;
  /** As the server described it when it was made. */
  readonly file: FileObject;
}

/** The entry's file name without an ending: whoever has the same content has the same name, on whatever machine. */
export function entryName({ md5, bytes, purpose, baseUrl, organization, project }: Content): string {
  const fields = JSON.stringify([md5, bytes, purpose, baseUrl, organization, project]);
  return createHash('sha256').update(fields).digest('hex');
}

/** Reads the text of an entry that is to be about that content. @throws UploadError `session_newer`, `session_corrupt` */
export function parseEntry(text: string, file: string, content: Content): LedgerEntry {
  const value = parseObject(text, file);
  const { schemaVersion } = value;
  if (typeof schemaVersion === 'number' && schemaVersion > LEDGER_VERSION) throw newerEntry(file);
  const fault = faultOf(value, content);
  if (fault !== undefined) throw corruptEntry(file, fault);
  return value as unknown as LedgerEntry;
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
  if (value.schemaVersion !== LEDGER_VERSION) return 'its field "schemaVersion" is none of ours';
  const other = Object.entries(content).find(([field, wanted]) => value[field] !== wanted)?.[0];
  if (other !== undefined) return `its field "${other}" is not what its name stands for`;
  if (!isText(value.uploadId)) return 'it names no upload';
  const file = value.file as { id?: unknown } | null | undefined;
  return isText(file?.id) ? undefined : 'it names no file';
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function newerEntry(file: string): UploadError {
  const message = `${file} was written by a newer version of openai-upload`;
  return new UploadError('session_newer', {
    message,
    hint: 'Update openai-upload; the file is left alone.',
  });
}

/** What is in the file is not what we write. */
export function corruptEntry(file: string, why: string, cause?: unknown): UploadError {
  const message = `${file} is not a usable entry of the ledger: ${why}`;
  const hint =
    'Nothing was changed. Move the file away; what it stood for is then uploaded again, should it be asked for.';
  return new UploadError('session_corrupt', { message, hint }, { cause });
}
