import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lacks } from '../lacks.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Without what its user has set up for it. */
export const CLEAN: Readonly<Record<Shell, readonly string[]>> = {
  bash: ['--norc', '--noprofile'],
  zsh: ['-f'],
  fish: ['--no-config'],
};

export function hasShell(shell: Shell): boolean {
  return hasProgram(shell);
}

/** Whether a program beside the POSIX shell and its tools is here. */
export function hasProgram(name: string): boolean {
  return !lacks('shell') && spawnSync(name, ['--version']).status === 0;
}

/** What the real shell offers at the end of each line, sorted. `script` is the file of the completion. */
export async function offersOf(
  shell: Shell,
  script: string,
  lines: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<Readonly<Record<string, readonly string[]>>> {
  const driver = fileURLToPath(new URL(`${shell}-completions.${shell}`, import.meta.url));
  const { stdout } = await promisify(execFile)(shell, [...CLEAN[shell], driver, script, ...lines], options);
  const blocks = stdout.split(/^\n/m).map((block) => block.split('\n').filter(Boolean));
  return Object.fromEntries(lines.map((line, index) => [line, (blocks[index] ?? []).map(bare).sort()]));
}

/** fish offers `--flag=value` as one word, and a folder with its slash. */
function bare(word: string): string {
  return word.replace(/^--[a-z-]+=/, '').replace(/\/$/, '');
}
