import { KEY } from './simulated-process.ts';
import { bytesOfPart, type SimulatedRequest } from './simulated-server.ts';

/** In each way in which a server, or JSON, may have written it. */
const KEY_FORMS = [KEY, JSON.stringify(KEY).slice(1, -1), encodeURIComponent(KEY)];

/** @throws Error when the key is in a text */
export function refuseKey(text: string): void {
  if (KEY_FORMS.some((form) => text.includes(form))) throw new Error(`the key is in: ${text.slice(0, 300)}`);
}

/** Fewer bytes of chance may be in more than one place. */
const SHORTEST = 8;

/**
 * What is wrong with a request that sends bytes of which a saved record has the part; undefined when
 * nothing is.
 * @param saved the texts of records, by their names
 * @param versions of the source; the place of a part in it says which part it is
 */
export function faultOfPart(
  { path, body }: SimulatedRequest,
  saved: ReadonlyMap<string, string>,
  versions: readonly { readonly content: Buffer }[],
): string | undefined {
  const [, uploadId = ''] = /\/uploads\/([^/]+)\/parts$/.exec(path) ?? [];
  const record = saved.get(uploadId);
  const bytes = bytesOfPart(body);
  if (record === undefined || bytes.length < SHORTEST) return undefined;

  const offset = versions.map(({ content }) => content.indexOf(bytes)).find((place) => place >= 0);
  if (offset === undefined) return 'a part is in no version of the source';

  const parts: readonly { offset: number; length: number; partId: string }[] = JSON.parse(record).parts;
  const again = parts.find(
    (part) => part.offset < offset + bytes.length && part.offset + part.length > offset,
  );
  return again && `${again.partId} is saved, and is sent again`;
}
