import type { ProgressMode } from '../ui/progress-view.ts';
import type { Flags } from './settings.ts';

/** How a command presents its output. */
export interface Display {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
  readonly progress: ProgressMode;
  readonly progressIntervalMs: number;
  /** Whether a terminal of this kind can be drawn on. */
  readonly canMoveCursor: boolean;
  readonly isCi: boolean;
  readonly hasUnicode: boolean;
}

/** A line every ten seconds is enough to show in a log that the upload is alive. */
const DEFAULT_PROGRESS_INTERVAL_MS = 10_000;

export function display(flags: Flags, env: NodeJS.ProcessEnv, isTerminal: boolean): Display {
  const isForPrograms = flags.progress === 'json';
  const wantsColor = flags.color && !env.NO_COLOR && env.TERM !== 'dumb' && !isForPrograms;

  return {
    json: flags.json ?? false,
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
    color: wantsColor && (env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : isTerminal),
    progress: flags.quiet ? 'none' : (flags.progress ?? 'auto'),
    progressIntervalMs: flags.progressInterval ?? DEFAULT_PROGRESS_INTERVAL_MS,
    canMoveCursor: env.TERM !== 'dumb',
    isCi: Boolean(env.CI) && env.CI !== 'false' && env.CI !== '0',
    hasUnicode: hasUnicode(env),
  };
}

/**
 * Decides by the locale, like other programs. Windows has no locale variables, but its terminals
 * can show Unicode. The Linux console has few letters.
 */
function hasUnicode(env: NodeJS.ProcessEnv): boolean {
  if (env.TERM === 'linux' || env.TERM === 'dumb') return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return locale === undefined || locale === '' ? process.platform === 'win32' : /utf-?8/i.test(locale);
}
