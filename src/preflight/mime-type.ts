import { extname } from 'node:path';
import { FILE_SEARCH_TYPES } from './file-search-types.ts';

/** The API's own words; stock tables miss some of these and get `.ts` wrong. */
const API_TYPES: Readonly<Record<string, string>> = { ...FILE_SEARCH_TYPES, '.jsonl': 'text/jsonl' };

/** The MIME type for a file name; `application/octet-stream` when nothing is known. */
export async function mimeTypeOf(filename: string): Promise<string> {
  const extension = extname(filename).toLowerCase();
  const known = API_TYPES[extension];
  if (known !== undefined) return known;
  // A table of a thousand types takes longer to load than to be looked up in.
  const { default: mime } = await import('mime');
  return mime.getType(filename) ?? 'application/octet-stream';
}
