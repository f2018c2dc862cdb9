import { escapeControl } from './escape-control.ts';

/** How a failure is told: what failed and why, what to do, and the command to run next. */
export function errorLines(error: {
  readonly message: string;
  readonly hint: string;
  readonly nextCommand: string | null;
}): string[] {
  const lines = [`openai-upload: ${escapeControl(error.message)}`];
  if (error.hint !== '') lines.push(`  ${escapeControl(error.hint)}`);
  if (error.nextCommand !== null) lines.push(`  Run: ${escapeControl(error.nextCommand)}`);
  return lines;
}
