import type {
  Account,
  CheckOptions,
  ListShard,
  PushOptions,
  ResumeOptions,
  SessionsOptions,
  TransferOptions,
} from '../index.ts';
import { connectionFromEnvironment } from '../options/environment.ts';
import type { ProgressMode } from '../ui/progress-view.ts';

/** A profile, and whose sessions it reaches. */
export interface KnownProfile extends Account {
  /** Empty for what holds without one. */
  readonly name: string;
}

/** The flags of a command, as commander hands them over. Absent flags are absent. */
export interface Flags {
  readonly baseUrl?: string;
  readonly organization?: string;
  readonly project?: string;
  readonly stateDir?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: boolean;
  /** Whose values of the user's configuration go before the others. */
  readonly profile?: string;
  readonly auth?: 'bearer' | 'api-key';
  readonly insecureHttp?: boolean;
  readonly stallTimeout?: number;
  readonly waitLock?: number;
  readonly concurrency?: number | 'auto';
  readonly limitRate?: number;
  readonly maxRequests?: Required<TransferOptions>['maxRequests'];
  readonly retries?: number;
  readonly progress?: ProgressMode;
  readonly progressInterval?: number;
  readonly purpose?: string;
  readonly filename?: string;
  readonly mimeType?: string;
  readonly expiresAfter?: number;
  readonly partSize?: number;
  readonly minPartSize?: number;
  readonly split?: boolean;
  readonly splitLines?: number;
  readonly splitSize?: number;
  readonly manifest?: string;
  readonly output?: string;
  readonly md5?: boolean;
  readonly check?: boolean;
  readonly dryRun?: boolean;
  readonly resume?: boolean;
  readonly reuploadChanged?: boolean;
  readonly restart?: boolean;
  readonly all?: boolean;
  readonly ifNotUploaded?: boolean;
  readonly filesFrom?: readonly string[];
  readonly null?: boolean;
  readonly recursive?: boolean;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly hidden?: boolean;
  readonly skipUnsuitable?: boolean;
  readonly shard?: ListShard;
  /** Those among them that nobody has given, but the user's configuration. */
  readonly fromConfig?: Partial<Flags>;
  /** Whom the profiles of the user's configuration reach, as everything else is now. */
  readonly profiles?: readonly KnownProfile[];
}

/** How a command shows itself. */
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

/** A line in a log every ten seconds is enough to see that it lives. */
const DEFAULT_PROGRESS_INTERVAL_MS = 10_000;

type Environment = NodeJS.ProcessEnv;

/**
 * The connection and transfer that flags, then environment, then defaults ask for. `--project
 * "$UNSET"` is as good as none.
 */
export function transferOptions(flags: Flags, env: Environment): TransferOptions {
  return {
    ...connectionFromEnvironment(env),
    ...given({
      baseUrl: flags.baseUrl || undefined,
      organization: flags.organization || undefined,
      project: flags.project || undefined,
      stateDir: flags.stateDir || undefined,
      auth: flags.auth,
      insecureHttp: flags.insecureHttp,
      stallTimeoutMs: flags.stallTimeout,
      waitLockMs: flags.waitLock,
      concurrency: flags.concurrency === 'auto' ? undefined : flags.concurrency,
      limitRate: flags.limitRate,
      maxRequests: flags.maxRequests,
      retries: flags.retries,
    }),
  };
}

export function pushOptions(flags: Flags, env: Environment): PushOptions {
  return {
    ...transferOptions(flags, env),
    purpose: flags.purpose ?? '',
    ...given({
      filename: flags.filename,
      mimeType: flags.mimeType,
      expiresAfterSeconds: flags.expiresAfter === undefined ? undefined : flags.expiresAfter / 1000,
      partBytes: flags.partSize,
      minPartBytes: flags.minPartSize,
      md5: flags.md5,
      check: flags.check,
      resume: flags.resume,
      ifNotUploaded: flags.ifNotUploaded,
    }),
  };
}

export function resumeOptions(flags: Flags, env: Environment): ResumeOptions {
  return {
    ...transferOptions(flags, env),
    ...given({ reuploadChanged: flags.reuploadChanged, restart: flags.restart }),
  };
}

/** For the commands that only look at what is saved, and send no header. */
export function sessionsOptions(flags: Flags, env: Environment): SessionsOptions {
  const { OPENAI_CUSTOM_HEADERS: _, ...others } = env;
  const { stateDir, baseUrl, organization, project } = transferOptions(flags, others);
  return given({ stateDir, baseUrl, organization, project });
}

export function checkOptions(flags: Flags): CheckOptions {
  return { purpose: flags.purpose ?? '', ...given({ filename: flags.filename }) };
}

export function display(flags: Flags, env: Environment, isTerminal: boolean): Display {
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
 * By the locale, as other programs do; Windows has none, and its terminals can. The console of
 * Linux has few letters.
 */
function hasUnicode(env: Environment): boolean {
  if (env.TERM === 'linux' || env.TERM === 'dumb') return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return locale === undefined || locale === '' ? process.platform === 'win32' : /utf-?8/i.test(locale);
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
