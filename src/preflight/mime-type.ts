import { extname } from 'node:path';
import mime from 'mime';
import { FILE_SEARCH_TYPES } from './file-search-types.ts';

/** The API's own words; stock tables miss some of these and get `.ts` wrong. */
const API_TYPES: Readonly<Record<string, string>> = { ...FILE_SEARCH_TYPES, '.jsonl': 'text/jsonl' };

/** The MIME type for a file name; `application/octet-stream` when nothing is known. */
export function mimeTypeOf(filename: string): string {
  const extension = extname(filename).toLowerCase();
  return API_TYPES[extension] ?? mime.getType(filename) ?? 'application/octet-stream';
}
