import { extname } from 'node:path';

/** The types that file search accepts, as the API names them, by the extension of the filename. */
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

/** The types as the API names them. Common tables lack some of these and get `.ts` wrong. */
const API_TYPES: Readonly<Record<string, string>> = { ...FILE_SEARCH_TYPES, '.jsonl': 'text/jsonl' };

/** Returns the MIME type for a filename; `application/octet-stream` when none is known. */
export async function mimeTypeOf(filename: string): Promise<string> {
  const extension = extname(filename).toLowerCase();
  const known = API_TYPES[extension];
  if (known !== undefined) return known;

  // The table of a thousand types takes longer to load than to search, so it is loaded only here.
  const { default: mime } = await import('mime');
  return mime.getType(filename) ?? 'application/octet-stream';
}
