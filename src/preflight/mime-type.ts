import { extname } from 'node:path';

/** What file search accepts, in the API's own words, by the ending of the name. */
export const FILE_SEARCH_TYPES: Readonly<Record<string, string>> = {
  '.c': 'text/x-c',
  '.cpp': 'text/x-c++',
  '.cs': 'text/x-csharp',
  '.css': 'text/css',
  '.doc': 'application/msword',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.go': 'text/x-golang',
  '.html': 'text/html',
  '.java': 'text/x-java',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.pdf': 'application/pdf',
  '.php': 'text/x-php',
  '.pptx': 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  '.py': 'text/x-python',
  '.rb': 'text/x-ruby',
  '.sh': 'application/x-sh',
  '.tex': 'text/x-tex',
  '.ts': 'application/typescript',
  '.txt': 'text/plain',
};

/** The API's own words; stock tables miss some of these and get `.ts` wrong. */
const API_TYPES: Readonly<Record<string, string>> = { ...FILE_SEARCH_TYPES, '.jsonl': 'text/jsonl' };

/** The MIME type for a file name; `application/octet-stream` when nothing is known. */
export async function mimeTypeOf(filename: string): Promise<string> {
  const extension = extname(filename).toLowerCase();
  const known = API_TYPES[extension];
  if (known !== undefined) return known;

  // Loading a table of a thousand types takes longer than looking one up in it.
  const { default: mime } = await import('mime');
  return mime.getType(filename) ?? 'application/octet-stream';
}
