import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Creates a directory with mode 0700, with its missing parents. One that exists keeps its mode.
 * @throws system errors
 */
export function makeDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}

/**
 * Writes a file with mode 0600 that is never seen half written: a temporary one beside it, synced,
 * then renamed.
 * @throws system errors
 */
export function writeSynced(path: string, text: string): void {
  const draft = `${path}.${randomUUID()}`;

  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
