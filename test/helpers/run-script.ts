import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface ScriptResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a module's text in a process of its own; it may import TypeScript by its URL. For what could end a process. */
export async function runScript(script: string): Promise<ScriptResult> {
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exit;
  return { code, stdout, stderr };
}

/** The URL of a module in `src`, as text in a script. */
export function sourceModule(path: string): string {
  return JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
}
