import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * Makes a directory, by the path that a process in it calls its own: the place for temporary files
 * is a link on macOS, and has a short name on some Windows.
 */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), prefix)));
}

/** On Windows, a process that was killed may hold its directory for a moment. */
export function removeTemporaryFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** A directory that ends with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await makeTemporaryFolder('openai-upload-unit-');
  onTestFinished(() => removeTemporaryFolder(folder));
  return folder;
}

/** The error that an action fails with. Fails itself when the action does not. */
export async function errorOf(action: () => unknown): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail.');
}
