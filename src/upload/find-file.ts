import { isUploadError, UploadError } from '../model/errors.ts';
import type { FileObject } from '../model/upload.ts';
import { contentOf } from '../sessions/ledger-entry.ts';
import type { SessionRecord } from '../sessions/record.ts';
import { subjectOfAlike } from '../sessions/subjects.ts';
import type { CallOptions, Dependencies } from './dependencies.ts';
import { isExpired } from './read-session.ts';

/** Pages of 100 files to read before giving up on a list that does not end. */
const MAX_PAGES = 1000;

/**
 * What the server has said about an upload. `open`: *complete* can be sent again, and its response
 * tells. `over`: only the list of files can tell, which may show a file late.
 */
export type UploadFate = 'open' | 'over';

/**
 * Finds the file of a *complete* whose response was lost. The server does not link an upload to its
 * file, so the purpose, name, size and time of creation must match. Files of other sessions are
 * left out, by their records and the ledger.
 * @returns undefined when there is no file. Also when another session may have made the file, and
 * the response to another *complete* would tell.
 * @throws UploadError of the requests, and of reading the ledger; `completion_unknown` when several
 * files match
 */
export async function findFile(
  record: SessionRecord,
  deps: Dependencies,
  { fate, ...options }: CallOptions & { readonly fate: UploadFate },
): Promise<FileObject | undefined> {
  const findOf = async (owners: readonly [SessionRecord, ...SessionRecord[]]) => {
    const found = await listFilesOf(owners, deps, options);
    return found.size > 0 ? await chooseOwn(record, found, { deps, fate }) : undefined;
  };

  let file = await findOf([record]);
  if (file === undefined && fate === 'over') {
    // Another session may have taken this one's file, and left its own.
    const takers = takersOf(record, await recordsOf(deps));
    if (takers.length > 0) file = await findOf([record, ...takers]);
  }
  if (file) deps.onEvent({ type: 'found', fileId: file.id });

  return file;
}

/**
 * Any session may own one of the files, so all of them are read. With very many, this takes a
 * while.
 */
async function chooseOwn(
  record: SessionRecord,
  found: Map<string, FileObject>,
  { deps, fate }: { readonly deps: Dependencies; readonly fate: UploadFate },
): Promise<FileObject | undefined> {
  const content = contentOf(record);
  const known = content && deps.sessions.ledger.read(content);
  const own = known?.uploadId === record.uploadId && found.get(known.file.id);
  if (own) return own;
  if (known) found.delete(known.file.id);

  const records = await recordsOf(deps);
  for (const other of records) found.delete(other.file?.id ?? '');
  const files = [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  if (files.length === 0) return undefined;

  // The *complete* of another session may have made one of the files, too.
  const waiting = records.filter((other) => other.status === 'completing' && isAlike(other, record));
  const rivals = waiting.filter((other) => fitsAny(other, files));
  // One that waits may have to take what a completed one has left.
  const isLeft = () => takersOf(record, records).some((taker) => fitsAny(taker, files));
  const isShared = rivals.length > 0 || (waiting.length > 0 && isLeft());
  if (isShared && fate === 'open' && !isExpired(record, deps)) return undefined;
  if (files.length === 1 && rivals.length === 0) return files[0];

  // Files of the same bytes are interchangeable, so each session takes a different one.
  const areAlike = rivals.length > 0 && rivals.every((other) => hasSameBytes(other, record));
  if (!areAlike || files.length > rivals.length + 1) throw severalFit(record.uploadId, files, rivals);
  const rank = rivals.filter(({ uploadId }) => uploadId < record.uploadId).length;
  return files[Math.min(rank, files.length - 1)];
}

/**
 * Returns the sessions with the same bytes that may have taken this one's file for their own, and
 * those that may have taken theirs.
 */
function takersOf(record: SessionRecord, records: readonly SessionRecord[]): readonly SessionRecord[] {
  const owners = [record];
  let others = records.filter((other) => isAlike(other, record) && hasSameBytes(other, record));
  for (const owner of owners) {
    owners.push(...others.filter(({ file }) => file !== null && isOf(owner, file)));
    others = others.filter((other) => !owners.includes(other));
  }

  return owners.slice(1);
}

function isAlike(other: SessionRecord, record: SessionRecord): boolean {
  return other.uploadId !== record.uploadId && subjectOfAlike(other) === subjectOfAlike(record);
}

function hasSameBytes({ md5, sha256 }: SessionRecord, record: SessionRecord): boolean {
  return md5 !== null && md5 === record.md5 && sha256 === record.sha256;
}

async function recordsOf({ sessions }: Dependencies): Promise<readonly SessionRecord[]> {
  return (await sessions.list()).sessions.map(({ record }) => record);
}

/** Allows for a *complete* that began in time and ended a little late. */
const LATE_SECONDS = 60;

function fitsAny(record: SessionRecord, files: readonly FileObject[]): boolean {
  return files.some((file) => isOf(record, file));
}

/**
 * Some servers leave out the size or the time. In that case, only the other fields are compared. An
 * expired upload makes no file.
 */
function isOf(record: SessionRecord, file: FileObject): boolean {
  const { filename, createdAt } = record;
  const expiresAt = record.isLifetimeUnknown ? Number.POSITIVE_INFINITY : record.expiresAt;
  const ownBytes = record.source.bytes;
  const bytes = file.bytes ?? ownBytes;
  const madeAt = file.created_at ?? createdAt;
  const isInTime = madeAt >= createdAt && madeAt <= expiresAt + LATE_SECONDS;
  return file.filename === filename && bytes === ownBytes && isInTime;
}

/** Lists the files that any of the sessions may have made. Servers that know `order` send the newest first. */
async function listFilesOf(
  owners: readonly [SessionRecord, ...SessionRecord[]],
  deps: Dependencies,
  options: CallOptions,
): Promise<Map<string, FileObject>> {
  const since = Math.min(...owners.map(({ createdAt }) => createdAt));
  const found = new Map<string, FileObject>();
  let after: string | undefined;

  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = { purpose: owners[0].purpose, ...(after !== undefined && { after }) };
    const { files, hasMore } = await deps.api.listFiles(query, options).catch(refused);
    for (const file of files) if (owners.some((owner) => isOf(owner, file))) found.set(file.id, file);

    after = files.at(-1)?.id;
    if (!hasMore || after === undefined || goesBefore(since, files)) break;
  }
  return found;
}

/** Whether the following pages contain only older files. */
function goesBefore(createdAt: number, files: readonly FileObject[]): boolean {
  const [first, last] = [files.at(0)?.created_at, files.at(-1)?.created_at];
  return last != null && last < createdAt && (first ?? last) >= last;
}

function severalFit(
  uploadId: string,
  files: readonly FileObject[],
  rivals: readonly SessionRecord[],
): UploadError {
  const ids = files.map(({ id }) => id).join(', ');
  const matching = files.length === 1 ? '1 file matches' : `${files.length} files match`;
  const others = rivals.map((rival) => rival.uploadId).join(', ');
  const shared = others === '' ? '' : `, or ${others}`;
  const first = others === '' ? 'C' : `Resume ${others} first, or c`;
  const message = `no response to complete names its file, and ${matching} this upload${shared}: ${ids}`;
  return new UploadError(
    'completion_unknown',
    { message, hint: `${first}heck them in the dashboard.` },
    { uploadId },
  );
}

/**
 * Makes a refused list final, because a server without the list will never have it. Other failures
 * may pass.
 */
function refused(error: unknown): never {
  if (!isUploadError(error) || error.code !== 'request_refused') throw error;
  const message = `no response to complete names its file, and the list of files was refused: ${error.message}`;
  const text = { message, hint: 'Look for the file in the dashboard.' };
  throw new UploadError('completion_unknown', text, { cause: error });
}

/** Whether the server has no list, or refuses to show it. */
export function isListRefused(error: unknown): boolean {
  return isUploadError(error) && error.code === 'completion_unknown' && error.facts.cause !== undefined;
}
