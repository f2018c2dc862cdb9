import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IN_SHELL } from './run-cli.ts';

/** Makes `openai-upload` a command, as `npm link` does. @returns the PATH that has it */
export async function putOnPath(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const script = `#!/bin/sh\nexec ${IN_SHELL} "$@"\n`;
  await writeFile(join(bin, 'openai-upload'), script, { mode: 0o755 });
  return `${bin}:${process.env.PATH}`;
}
