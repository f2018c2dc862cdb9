import { opendir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import picomatch from 'picomatch';
import { checkFailure } from '../model/check-failure.ts';
import { isUploadError, systemCode, UploadError } from '../model/errors.ts';
import { startPreflight } from '../preflight/start-preflight.ts';
import { toCallerError } from '../upload/caller-error.ts';
import { inspectSource } from '../upload/upload-spec.ts';

/** Which files below a folder to take. */
export interface FolderOptions {
  /** Globs, at least one of which must match. Default: all files. */
  readonly include?: readonly string[];
  /**
   * Globs, none of which may match. A folder that matches one is left out with everything in it.
   */
  readonly exclude?: readonly string[];
  /** Also take names that begin with a dot. Default false. */
  readonly hidden?: boolean;
  /** Once it is aborted, the next folder is an item with an error `interrupted`. */
  readonly signal?: AbortSignal;
}

/** A file below a folder. With an `error`, a folder whose files are not known. */
export interface FoundFile {
  /** The folder as it was given, joined with the path below it. */
  readonly path: string;
  readonly error?: UploadError;
}

/**
 * Finds the regular files below a folder, in the order of their paths. Links to files are followed.
 * Links to folders are not, because they could form a loop. A folder that cannot be read is an item
 * with an `error`. Memory holds only the names in the folders on the way to the current file.
 */
export async function* filesIn(folder: string, options: FolderOptions = {}): AsyncGenerator<FoundFile> {
  yield* walk({ folder, below: '', signal: options.signal }, selectBy(options));
}

interface Place {
  readonly folder: string;
  /** Ends with a slash, unless it is empty. */
  readonly below: string;
  readonly signal: AbortSignal | undefined;
}

async function* walk(place: Place, select: Select): AsyncGenerator<FoundFile> {
  const path = join(place.folder, place.below.replace(/\/$/, ''));
  const found = await namesIn(path, place, select).catch((cause: unknown) => unreadable(path, cause));
  if (isUploadError(found)) return yield { path, error: found };

  for (const name of found.names) {
    const below = `${place.below}${name}`;
    if (name.endsWith('/')) yield* walk({ ...place, below }, select);
    else if (!found.links.has(name) || (await mayBeFile(join(path, name))))
      yield { path: join(place.folder, below) };
  }
}

/** The selected names in one folder, sorted. Those of folders end with a slash, as in paths. */
async function namesIn(path: string, { below, signal }: Place, select: Select) {
  const names: string[] = [];
  const links = new Set<string>();

  for await (const entry of await opendir(path, { bufferSize: 1024 })) {
    if (signal?.aborted) throw toCallerError(signal.reason, signal, { path });
    const { name } = entry;
    const isFolder = entry.isDirectory();
    if (!(isFolder || entry.isFile() || entry.isSymbolicLink())) continue;
    if (!select({ name, path: `${below}${name}`, isFolder })) continue;
    if (entry.isSymbolicLink()) links.add(name);
    names.push(isFolder ? `${name}/` : name);
  }

  return { names: names.sort(), links };
}

/**
 * Whether a link leads to a file. A broken link counts as one, because pushing it says what is
 * wrong.
 */
async function mayBeFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => true,
  );
}

type Select = (entry: {
  readonly name: string;
  readonly path: string;
  readonly isFolder: boolean;
}) => boolean;

/** A folder that is excluded is not read. `include` does not apply to folders. */
function selectBy({ include = [], exclude = [], hidden = false }: FolderOptions): Select {
  const isIncluded = matchAny(include);
  const isExcluded = matchAny(exclude);

  return ({ name, path, isFolder }) => {
    if (!hidden && name.startsWith('.')) return false;
    if (isExcluded(name, path)) return false;
    return isFolder || include.length === 0 || isIncluded(name, path);
  };
}

/**
 * A glob without a slash is matched against the name. A slash at its start stands for the folder
 * itself.
 */
function matchAny(globs: readonly string[]): (name: string, path: string) => boolean {
  const matchers = globs.map((glob) => {
    const isMatch = picomatch(glob.replace(/^\//, ''), { dot: true });
    const isOfPath = glob.includes('/');
    return (name: string, path: string) => isMatch(isOfPath ? path : name);
  });
  return (name, path) => matchers.some((isMatch) => isMatch(name, path));
}

function unreadable(path: string, cause: unknown): UploadError {
  if (isUploadError(cause)) return cause;
  const message = `the folder ${path} cannot be read (${systemCode(cause) ?? String(cause)})`;
  return new UploadError('source_unreadable', { message, hint: 'Check its permissions.' }, { path, cause });
}

/** The rules for names and sizes do not depend on these. */
const ANY_TERMS = { isAzure: false, nowMs: 0 };

/**
 * Says why a file would be refused for its name or its size, whatever its content. A file that will
 * be cut may have any size.
 * @throws what `inspectFile` throws
 */
export async function refusalOf(
  path: string,
  { purpose, isCut = false }: { readonly purpose: string; readonly isCut?: boolean },
): Promise<UploadError | undefined> {
  try {
    const source = await inspectSource(path);
    const subject = { ...source, filename: basename(path), bytes: isCut ? 1 : source.bytes, purpose };
    return checkFailure(startPreflight(subject, ANY_TERMS).result());
  } catch (error) {
    if (!isUploadError(error)) throw error;
    const isRefusal = error.code === 'source_empty' || (error.code === 'source_too_large' && !isCut);
    return isRefusal ? error : undefined;
  }
}
