import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { systemCode, UploadError } from '../model/errors.ts';
import type { UploadResult } from '../model/upload.ts';
import type { CutShard, SplitBounds } from './cut-shard.ts';
import {
  type ManifestEntry,
  type ManifestHead,
  type ManifestText,
  readManifest,
  unusable,
} from './read-manifest.ts';

type OutlinedShard = Omit<CutShard, 'places'>;

/** What a manifest has to be about. */
export interface ManifestSubject {
  readonly source: { readonly path: string; readonly bytes: number; readonly modifiedNs: string };
  readonly filename: string;
  readonly bounds: SplitBounds;
  readonly shards: readonly OutlinedShard[];
  readonly connection: {
    readonly baseUrl: string;
    readonly organization: string | null;
    readonly project: string | null;
  };
}

/** The list of what is done of one file. Every line is on the disk, synced, before it counts. */
export interface Manifest {
  readonly id: string;
  /** What came of a shard in an earlier run; undefined when nothing has. */
  done(shard: OutlinedShard): UploadResult | undefined;
  /** @throws UploadError `manifest_unusable` */
  add(shard: OutlinedShard, result: UploadResult): Promise<void>;
  close(): Promise<void>;
}

/** Those of its shards that are done, to look at. @throws UploadError `manifest_mismatch`, `manifest_unusable` */
export async function lookAtManifest(
  path: string,
  subject: ManifestSubject,
): Promise<Pick<Manifest, 'done'>> {
  const text = await readManifest(path);
  if (text !== undefined) refuseOther(path, text, subject);
  return { done: finder(text?.entries ?? [], subject) };
}

/**
 * Opens the manifest of a file, or begins one. A last line that was not written to its end is cut off.
 * @throws UploadError `manifest_mismatch` when it is of another file, of other bytes, bounds or another account; `manifest_unusable`
 */
export async function openManifest(path: string, subject: ManifestSubject): Promise<Manifest> {
  const text = await readManifest(path);
  if (text !== undefined) refuseOther(path, text, subject);
  const head = text?.head ?? headOf(subject);
  const file = await open(path, 'a').catch((cause) => {
    throw unwritable(path, cause);
  });
  let bytes = text?.wholeBytes ?? 0;
  const append = async (line: object) => {
    const added = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      await file.appendFile(added);
      await file.datasync();
      bytes += added.length;
    } catch (cause) {
      // Half a line would spoil the next.
      await file.truncate(bytes).catch(() => undefined);
      throw unwritable(path, cause);
    }
  };
  // One after the other: shards end when they like.
  let latest: Promise<void> = file
    .truncate(bytes)
    .then(() => (text === undefined ? append(head) : undefined));
  await latest.catch(async (cause) => {
    await file.close();
    throw cause instanceof UploadError ? cause : unwritable(path, cause);
  });
  return {
    id: head.manifest,
    done: finder(text?.entries ?? [], subject),
    add(shard, result) {
      const adding = latest.then(() => append(entryOf(shard, result)));
      latest = adding.catch(() => undefined);
      return adding;
    },
    close: () => latest.then(() => file.close()),
  };
}

function headOf({ source, filename, bounds, connection }: ManifestSubject): ManifestHead {
  return {
    v: 1,
    status: 'split',
    manifest: randomUUID(),
    path: source.path,
    bytes: source.bytes,
    modified_ns: source.modifiedNs,
    filename,
    split_lines: bounds.lines,
    split_bytes: bounds.bytes,
    base_url: connection.baseUrl,
    organization: connection.organization,
    project: connection.project,
  };
}

function entryOf({ number, checksum, ...shard }: OutlinedShard, result: UploadResult): ManifestEntry {
  return {
    v: 1,
    status: 'completed',
    upload_id: result.uploadId,
    file_id: result.fileId,
    filename: result.filename,
    path: result.path,
    bytes: result.bytes,
    purpose: result.purpose,
    md5: result.md5,
    checksum,
    parts: result.parts,
    shard: {
      number,
      first_line: shard.firstLine,
      last_line: shard.lastLine,
      lines: shard.lines,
      url: shard.url,
      model: shard.model,
    },
    file: result.file,
  };
}

function finder(entries: readonly ManifestEntry[], { source }: ManifestSubject): Manifest['done'] {
  const byNumber = new Map(entries.map((entry) => [entry.shard.number, entry]));
  return ({ number }) => {
    const entry = byNumber.get(number);
    if (entry === undefined) return undefined;
    const { filename, bytes, purpose, md5, parts, file } = entry;
    return {
      uploadId: entry.upload_id,
      fileId: entry.file_id,
      filename,
      path: source.path,
      bytes,
      purpose,
      md5,
      parts,
      partsResumed: parts,
      bytesSent: 0,
      retries: 0,
      seconds: 0,
      limitedBy: null,
      file,
    };
  };
}

/** A file that was moved, copied or only touched is the same as long as the shards that are done are. */
function refuseOther(path: string, { head, entries }: ManifestText, subject: ManifestSubject): void {
  const { source, filename, bounds, connection, shards } = subject;
  const isSameServer =
    head.base_url === connection.baseUrl &&
    (head.organization ?? null) === connection.organization &&
    (head.project ?? null) === connection.project;
  if (!isSameServer) throw mismatch(path, 'its files belong to another base URL, organization or project');
  if (head.split_lines !== bounds.lines || head.split_bytes !== bounds.bytes) {
    const were = `at most ${head.split_lines} lines and ${head.split_bytes} bytes`;
    throw mismatch(path, `it was begun with other bounds, ${were} in each file`);
  }
  if (head.filename !== filename) throw mismatch(path, `it is about ${head.filename}, not ${filename}`);
  const other = entries.find((entry) => !isOf(entry, shards[entry.shard.number - 1]));
  if (other) throw mismatch(path, `${other.filename} is not what ${source.path} holds now`);
  const isSameFile = head.bytes === source.bytes && head.modified_ns === source.modifiedNs;
  if (!isSameFile && entries.length === 0)
    throw mismatch(path, `it is about ${head.path} as it was, not about ${source.path} as it is`);
}

function isOf({ shard, bytes, checksum }: ManifestEntry, now: OutlinedShard | undefined): boolean {
  return (
    now?.firstLine === shard.first_line &&
    now.lastLine === shard.last_line &&
    now.lines === shard.lines &&
    now.bytes === bytes &&
    now.checksum === checksum
  );
}

function mismatch(path: string, why: string): UploadError {
  const message = `the manifest ${path} belongs to something else: ${why}`;
  const hint = 'Name another manifest to upload all of this one.';
  return new UploadError('manifest_mismatch', { message, hint });
}

function unwritable(path: string, cause: unknown): UploadError {
  return unusable(path, `cannot be written (${systemCode(cause) ?? String(cause)})`, cause);
}
