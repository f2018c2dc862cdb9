import { escapeControl } from './escape-control.ts';
import { formatDuration } from './format.ts';

/** How a failure is told: what failed and why, what to do, and the command to run next. */
export function errorLines(error: {
  readonly message: string;
  readonly hint: string;
  readonly nextCommand: string | null;
  /** How long the next command has a chance. */
  readonly timeLeftMs: number | undefined;
}): string[] {
  const lines = [`openai-upload: ${escapeControl(error.message)}`];
  if (error.hint !== '') lines.push(`  ${escapeControl(error.hint)}`);
  const within =
    error.timeLeftMs === undefined || error.timeLeftMs <= 0
      ? ''
      : ` within ${formatDuration(error.timeLeftMs)}`;
  if (error.nextCommand !== null) lines.push(`  Run${within}: ${escapeControl(error.nextCommand)}`);
  return lines;
}
