import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';
import { IN_SHELL } from '../run-cli.ts';
import { CLEAN, type Shell } from './offers.ts';

/**
 * Types lines into an interactive shell on a terminal, as its user would, after the set-up that docs/configuration.md tells.
 * @returns the words that the command got for each line
 */
export async function pressTab(
  shell: Shell,
  lines: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<readonly (readonly string[])[]> {
  const words = join(cwd, 'words');
  // Stands in for the program where its words are what matters; the completion is the real one's.
  const command = `#!/bin/sh
case $1 in
  completion | __complete) exec ${IN_SHELL} "$@" ;;
esac
printf '%s\\0' "$@" >> '${words}'
printf '\\n' >> '${words}'
echo LINE-$(wc -l < '${words}' | tr -d ' ')-IS-DONE
`;
  await writeFile(join(cwd, 'bin', 'openai-upload'), command, { mode: 0o755 });
  const terminal = spawn(shell, [...CLEAN[shell], '-i'], { cwd, env });
  onTestFinished(() => terminal.kill());
  const ended = new Promise<void>((resolve) => {
    terminal.onExit(() => resolve());
  });
  let output = '';
  let look = () => undefined as unknown;
  terminal.onData((text) => {
    output += text;
    look();
  });
  const until = (text: string) =>
    new Promise<void>((resolve, reject) => {
      look = () => output.includes(text) && resolve();
      look();
      void ended.then(() => reject(new Error(`"${text}" never came:\n${output}`)));
    });
  const setUp = shell === 'zsh' ? 'autoload -Uz compinit && compinit -D -u; ' : '';
  terminal.write(`${setUp}eval "$(openai-upload completion ${shell})"; echo IS''-READY\n`);
  await until('IS-READY');
  for (const [index, line] of lines.entries()) {
    terminal.write(`${line}\n`);
    await until(`LINE-${index + 1}-IS-DONE`);
  }
  terminal.write('exit\n');
  // It saves its history where its home is.
  await ended;
  const text = await readFile(words, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .split('\0')
        .slice(0, -1)
        .map((word) => word.replace(/\/$/, '')),
    );
}
