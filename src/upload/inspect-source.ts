import { checkFile } from '../preflight/check-file.ts';
import { inspectFile, type SourceFile } from '../source/inspect-file.ts';

/** Looks at a file that is to be uploaded. @throws as `inspectFile`, and UploadError `source_empty`, `source_too_large` */
export async function inspectSource(path: string): Promise<SourceFile> {
  const source = await inspectFile(path);
  checkFile(source);
  return source;
}
