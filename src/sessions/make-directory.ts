import { mkdirSync } from 'node:fs';

/** Mode 0700, missing parents included. A directory that is there already keeps the mode its owner gave it. @throws system errors */
export function makeDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}
