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
  readonly keyCommand?: string;
  readonly mtlsClientCertFile?: string;
  readonly mtlsClientKeyFile?: string;
  /** Short for those two. */
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly insecureHttp?: boolean;
  readonly stallTimeout?: number;
  readonly waitLock?: number;
  readonly concurrency?: number | 'auto';
  readonly limitRate?: number;
  readonly maxRequests?: Required<TransferOptions>['maxRequests'];
  readonly retries?: number;
  readonly wait?: boolean;
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
  readonly keep?: number;
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
  readonly online?: boolean;
  readonly shard?: ListShard;
  readonly upload?: number;
  /** Those among them that nobody has given, but the user's configuration. */
  readonly fromConfig?: Partial<Flags>;
  /** What of the configuration has given each of those, in words. */
  readonly configuredBy?: { readonly [K in keyof Flags]?: string };
  /** Whom the profiles of the user's configuration reach, as everything else is now. */
  readonly profiles?: readonly KnownProfile[];
}

type Environment = NodeJS.ProcessEnv;

/**
 * The connection and transfer that flags, then environment, then defaults ask for. `--project
 * "$UNSET"` is as good as none.
 */
export function transferOptions(flags: Flags, env: Environment): TransferOptions {
  const environment = connectionFromEnvironment(env);
  const { apiKey: _, keySource: __, ...connection } = environment;

  return {
    ...connection,
    ...given({
      ...keyOf(flags, environment),
      mtlsClientCertFile: flags.mtlsClientCertFile || flags.clientCert || undefined,
      mtlsClientKeyFile: flags.mtlsClientKeyFile || flags.clientKey || undefined,
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
      wait: flags.wait,
    }),
  };
}

/** A flag comes after a key, or a file with one, that the environment names. */
function keyOf(
  { keyCommand, configuredBy }: Flags,
  { apiKey, keySource }: Pick<TransferOptions, 'apiKey' | 'keySource'>,
): Pick<TransferOptions, 'apiKey' | 'keySource'> {
  const place = configuredBy?.keyCommand;
  const isOver = place === undefined && (apiKey !== undefined || keySource?.type === 'file');
  if (keyCommand === undefined || isOver) return given({ apiKey, keySource });
  const setBy = place === undefined ? '--key-command' : `keyCommand in ${place}`;
  return { keySource: { type: 'command', command: keyCommand, setBy } };
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

export function checkOptions(flags: Flags, env: Environment): CheckOptions {
  const baseUrl = flags.baseUrl || env.OPENAI_BASE_URL || undefined;
  return { purpose: flags.purpose ?? '', ...given({ filename: flags.filename, baseUrl }) };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
