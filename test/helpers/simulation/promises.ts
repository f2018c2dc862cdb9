import type { SavedValue } from './simulated-disk.ts';
import { KEY } from './simulated-process.ts';
import { bytesOfPart, type SimulatedRequest } from './simulated-server.ts';

/** Every form in which a server, or JSON, may have written the key. */
const KEY_FORMS = [KEY, JSON.stringify(KEY).slice(1, -1), encodeURIComponent(KEY)];

/** @throws Error if a text contains the key */
export function refuseKey(text: string): void {
  if (KEY_FORMS.some((form) => text.includes(form))) throw new Error(`the key is in: ${text.slice(0, 300)}`);
}

/** A record that was cut off. */
export const UNREADABLE = '{"schemaVersion":5,"uploadId":';

interface SavedPart {
  readonly offset: number;
  readonly length: number;
  readonly partId: string;
}

/** The parts of a saved record. There are none in one that cannot be read. */
export function partsOf(record: SavedValue | undefined): readonly SavedPart[] {
  return typeof record === 'object' ? (record.parts as readonly SavedPart[]) : [];
}

/** Fewer random bytes than this may occur in more than one place. */
const SHORTEST = 8;

/**
 * Describes what is wrong with a request that sends bytes of a part already in a saved record;
 * undefined if nothing is.
 * @param recordOf returns the record of an upload
 * @param versions of the source; a part is identified by its place in one of them
 */
export function faultOfPart(
  { path, body }: SimulatedRequest,
  recordOf: (uploadId: string) => SavedValue | undefined,
  versions: readonly { readonly content: Buffer }[],
): string | undefined {
  if (!path.endsWith('/parts')) return undefined;
  const [, uploadId = ''] = /\/uploads\/([^/]+)\/parts$/.exec(path) ?? [];
  const record = recordOf(uploadId);
  if (record === UNREADABLE) return 'a part belongs to a record that nobody can read';
  const bytes = bytesOfPart(body);
  if (record === undefined || bytes.length < SHORTEST) return undefined;

  const version = versions.find(({ content }) => content.includes(bytes));
  if (version === undefined) return 'a part is in no version of the source';
  const offset = version.content.indexOf(bytes);
  // Lines of a batch have much in common.
  if (isElsewhere(bytes, version, versions)) return undefined;

  const again = partsOf(record).find(
    (part) => part.offset < offset + bytes.length && part.offset + part.length > offset,
  );
  return again && `${again.partId} is saved, and is sent again`;
}

function isElsewhere(
  bytes: Buffer,
  { content }: { readonly content: Buffer },
  versions: readonly { readonly content: Buffer }[],
): boolean {
  if (content.indexOf(bytes) !== content.lastIndexOf(bytes)) return true;
  return versions.some((other) => !other.content.equals(content) && other.content.includes(bytes));
}
