import { extname } from 'node:path';
import { FILE_SEARCH_TYPES } from './file-search-types.ts';
import type { IssueList } from './issue-list.ts';
import { checkSize } from './size-rule.ts';
import type { ByteReader } from './skip-mark.ts';
import type { Subject } from './start-preflight.ts';
import { createTextReader } from './text-reader.ts';

/** These are no text, whatever is in them. */
const BINARY = ['.doc', '.docx', '.pdf', '.pptx'];

/** The server takes these as well, for the code interpreter; file search does not read them. */
const OTHER_TYPES = '.csv .gif .jpeg .jpg .pkl .png .tar .webp .xlsx .xml .zip'.split(' ');

/** @returns what has to read the file */
export function checkAssistants({ filename, bytes }: Subject, issues: IssueList): ByteReader | undefined {
  checkSize(bytes, { megabytes: 512, of: 'a file for assistants' }, issues);
  const extension = extname(filename).toLowerCase();
  if (extension in FILE_SEARCH_TYPES)
    return BINARY.includes(extension) ? undefined : createTextReader(issues);
  const code = 'wrong_extension';
  const hint = `It can read ${Object.keys(FILE_SEARCH_TYPES).join(' ')}.`;
  const name = extension === '' ? 'a name without an ending' : `a name that ends in ${extension}`;
  if (OTHER_TYPES.includes(extension)) {
    issues.warning({ code, message: `file search does not read a file with ${name}`, hint });
  } else issues.error({ code, message: `neither file search nor the code interpreter takes ${name}`, hint });
  return undefined;
}
