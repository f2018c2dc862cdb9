import { isUploadError, systemCode, UploadError, withFacts } from '../model/errors.ts';
import { WRONG_KIND } from '../model/file-access.ts';
import { type Fields, isEntry, isText } from './journal-entry.ts';
import { linesIn, START } from './journal-lines.ts';

/** The first line of a journal: what is wanted, and the account that the files belong to. */
export interface JournalHead {
  readonly v: 1;
  /** `split` is for the pieces of one file. */
  readonly status: 'job' | 'split';
  /** Random id, also saved in the sessions of the job. */
  readonly manifest: string;
  readonly base_url: string;
  readonly organization: string | null;
  readonly project: string | null;
  readonly [field: string]: unknown;
}

interface Rules {
  readonly isHead: (head: Fields) => boolean;
  /** Checks an entry beyond what all entries must have. */
  readonly isRight?: (entry: Fields) => boolean;
  /** For a journal in the state directory: another user's is not the one. */
  readonly isSaved?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a journal line by line. An incomplete last line, or zeros in its place, is skipped.
 * @returns the first line; undefined if there is none
 * @throws UploadError `manifest_unusable`; the signal's reason
 */
export async function readJournal<Head extends JournalHead>(
  path: string,
  { isHead, isRight = () => true, isSaved = false, signal }: Rules,
  onEntry: (entry: Fields, offset: number) => void,
): Promise<Head | undefined> {
  let [head, number]: [Fields | undefined, number] = [undefined, 0];
  const toError = (cause: unknown) => unreadable(path, cause);

  for await (const { text, offset, isWhole } of linesIn(path, { isSaved, signal, toError })) {
    const isOurs = text.startsWith(START) || (!isWhole && START.startsWith(text));
    if (!isOurs && (number === 0 || !isWhole)) throw unusable(path, 'is not one of ours');
    if (!isWhole) break;

    number += 1;
    const value = parseLine(path, text, number);
    // Shards that start a manifest at the same time may each write a first line.
    if (number > 1 && (isHead(value) || isFailure(value))) continue;
    if (number > 1 && !(isEntry(value) && isRight(value)))
      throw unusable(path, `has an invalid entry in line ${number}`);
    if (number > 1) onEntry(value, offset);
    else if (isHead(value)) head = value;
    else throw unusable(path, 'is not one of ours');
  }

  return head as Head | undefined;
}

function parseLine(path: string, line: string, number: number): Fields {
  try {
    const value: unknown = JSON.parse(line);
    if (line.startsWith(START) && typeof value === 'object' && value !== null)
      return withPiece(value as Fields);
  } catch {
    // Falls through to the error below.
  }
  throw unusable(path, number === 1 ? 'is not one of ours' : `has an invalid entry in line ${number}`);
}

/** Manifests of version 0.1.0 call a piece `shard`. */
function withPiece({ shard, ...fields }: Fields): Fields {
  return shard === undefined ? fields : { piece: shard, ...fields };
}

/** Whether a line reports a failed file. It is for users and scripts; the next run ignores it. */
function isFailure({ status, path, error }: Fields): boolean {
  return status === 'failed' && isText(path) && typeof error === 'object';
}

/** Names the file in the error, because it exists even if the journal could not be written. */
export function thereAllTheSame(error: unknown, fileId: string, uploadId: string): unknown {
  if (!isUploadError(error)) return error;
  const message = `the file is there, ${fileId}, but ${error.message}`;
  return withFacts(error.with({ message }), { uploadId });
}

function unreadable(path: string, cause: unknown): UploadError {
  if (isUploadError(cause)) return cause;
  if (systemCode(cause) === WRONG_KIND) return unusable(path, `cannot be used: ${(cause as Error).message}`);
  return unusable(path, `cannot be read (${systemCode(cause) ?? String(cause)})`, { cause });
}

export function unwritable(path: string, cause: unknown): UploadError {
  if (isUploadError(cause)) return cause;
  if (systemCode(cause) === WRONG_KIND) return unusable(path, `cannot be used: ${(cause as Error).message}`);
  const hint = 'Make sure that it can be written and that the disk has space, then push the file again.';
  return unusable(path, `cannot be written (${systemCode(cause) ?? String(cause)})`, { cause, hint });
}

/** Returns what throws the error for a lock of a manifest, which lies beside it. */
export function unlockable(path: string): (error: unknown) => never {
  return (error) => {
    if (!isUploadError(error) || error.code !== 'session_unwritable') throw error;
    const { cause } = error.facts;
    const hint = 'A lock is made beside it. Make sure that its folder can be written, or name another.';
    throw unusable(path, `cannot be locked (${systemCode(cause) ?? String(cause)})`, { cause, hint });
  };
}

/** For a journal that is in use. */
export function disturbed(path: string): UploadError {
  return unusable(path, 'was removed, replaced or cut while it was in use', {
    hint: 'What it no longer names will be sent again: put it back, or name another, before you push again.',
  });
}

/** `hint` is for errors where the content of the manifest is not at fault. */
function unusable(
  path: string,
  why: string,
  about: { readonly cause?: unknown; readonly hint?: string } = {},
): UploadError {
  const { cause, hint = 'It was not changed. Name another manifest, or move that file away.' } = about;
  const facts = cause === undefined ? {} : { cause };
  return new UploadError('manifest_unusable', { message: `the manifest ${path} ${why}`, hint }, facts);
}
