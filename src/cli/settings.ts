import type {
  Account,
  CheckOptions,
  ListShard,
  PushOptions,
  ResumeOptions,
  SessionsOptions,
  TransferOptions,
} from '../index.ts';
import { connectionFromEnvironment, given } from '../options/environment.ts';
import type { ProgressMode } from '../ui/progress-view.ts';

/** The path of standard input. A file with this name is written `./-`. */
export const STANDARD_INPUT = '-';

/** A profile, and the account whose sessions it reaches. */
export interface KnownProfile extends Account {
  /** Empty for the settings without a profile. */
  readonly name: string;
}

/**
 * The flags of a command, in the form that commander returns. Flags that were not given are absent.
 */
export interface Flags {
  readonly baseUrl?: string;
  readonly organization?: string;
  readonly project?: string;
  readonly stateDir?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: boolean;
  /** The profile whose values win over the rest of the user's configuration. */
  readonly profile?: string;
  readonly auth?: 'bearer' | 'api-key';
  readonly keyCommand?: string;
  readonly mtlsClientCertFile?: string;
  readonly mtlsClientKeyFile?: string;
  /** Short for the two flags above. */
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
  /** The flags that nobody gave, and whose values come from the user's configuration. */
  readonly fromConfig?: Partial<Flags>;
  /** The part of the configuration, in words, that set each of those. */
  readonly configuredBy?: { readonly [K in keyof Flags]?: string };
  /** The accounts that the user's profiles reach with all other settings unchanged. */
  readonly profiles?: readonly KnownProfile[];
}

type Environment = NodeJS.ProcessEnv;

/**
 * Returns the options for the connection and the transfer. Flags win over the environment, which
 * wins over the defaults. An empty flag counts as not given: `--project "$UNSET"`.
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

/** A key in the environment, or a file with one, wins over --key-command. */
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

/** Returns the options for commands that only look at what is saved, and send no header. */
export function sessionsOptions(flags: Flags, env: Environment): SessionsOptions {
  const { OPENAI_CUSTOM_HEADERS: _, ...others } = env;
  const { stateDir, baseUrl, organization, project } = transferOptions(flags, others);
  return given({ stateDir, baseUrl, organization, project });
}

export function checkOptions(flags: Flags, env: Environment): CheckOptions {
  const baseUrl = flags.baseUrl || env.OPENAI_BASE_URL || undefined;
  return { purpose: flags.purpose ?? '', ...given({ filename: flags.filename, baseUrl }) };
}
