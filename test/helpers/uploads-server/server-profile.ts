/**
 * How one kind of server differs from the others. It is plain data, so every test can run against
 * all kinds.
 */
export interface ServerProfile {
  readonly basePath: string;
  /** Required in the address of every request. */
  readonly query: Readonly<Record<string, string>>;
  /**
   * 'authorization' (with Bearer), or a header that carries the bare key. With the latter, an
   * Authorization is refused.
   */
  readonly keyHeader: string;
  readonly errorShape: 'openai' | 'azure';
  readonly idShape: 'openai' | 'azure' | 'derived';
  readonly uploadLifetimeSeconds: number;
  readonly maxUploadBytes: number;
  /** The minimum for every part but the last. A smaller one is found out at *complete*. */
  readonly minPartBytes: number;
  readonly takesMd5: boolean;
  /** What *complete* responds with. */
  readonly completesWith: 'upload' | 'file';
  /** How it refuses the bytes of a part that was sent twice, if it counts them twice. */
  readonly surplus: Surplus | null;
  /** Whether it checks what the document leaves open about parts: their length, type and name. */
  readonly isStrict: boolean;
  /**
   * What it says about the times of an upload, a part and a file. `past` means those of the
   * document's example.
   */
  readonly times: 'right' | 'none' | 'past';
  /** How far the clock of a gateway in front, which sets `Date`, is ahead of the server's own. */
  readonly gatewayAheadMs: number;
  /** A proxy in front refuses longer bodies with 413. */
  readonly maxBodyBytes: number;
  /** More bytes, or more parts, in one upload are refused with 413. */
  readonly maxHeldBytes: number;
  readonly maxParts: number;
  /** Whether parts must be listed in the order in which they arrived. */
  readonly wantsPartsInOrder: boolean;
  /**
   * Whether it ignores a part without a filename, and then refuses the call because `data` is
   * missing.
   */
  readonly dropsNamelessParts: boolean;
  /** Whether its list of files supports `order`. Otherwise the oldest come first. */
  readonly ordersFiles: boolean;
  readonly closedUploadStatus: number;
  /** With more parts than this at once, it responds 503 with Retry-After. */
  readonly maxBodies: number;
  /**
   * The flags that the client needs to get along with it: in every command that talks to it, in
   * those that send parts, and in a push.
   */
  readonly flags: Readonly<Record<'server' | 'transfer' | 'push', readonly string[]>>;
}

/** In the words, `{declared}` and `{held}` stand for numbers of bytes. */
export interface Surplus {
  readonly at: 'part' | 'complete';
  readonly status: number;
  readonly words: string;
}

const GIB = 1024 ** 3;

const NO_FLAGS = { server: [], transfer: [], push: [] };

/** What the document says, and nothing more. */
const openai: ServerProfile = {
  basePath: '/v1',
  query: {},
  keyHeader: 'authorization',
  errorShape: 'openai',
  idShape: 'openai',
  uploadLifetimeSeconds: 3600,
  maxUploadBytes: 8 * GIB,
  minPartBytes: 1,
  takesMd5: true,
  completesWith: 'upload',
  surplus: null,
  isStrict: false,
  times: 'right',
  gatewayAheadMs: 0,
  maxBodyBytes: Number.POSITIVE_INFINITY,
  maxHeldBytes: Number.POSITIVE_INFINITY,
  maxParts: Number.POSITIVE_INFINITY,
  wantsPartsInOrder: false,
  dropsNamelessParts: false,
  ordersFiles: true,
  closedUploadStatus: 400,
  maxBodies: Number.POSITIVE_INFINITY,
  flags: NO_FLAGS,
};

/** The rules that our own client is held to. */
const strict: ServerProfile = { ...openai, isStrict: true };

const counting = (at: Surplus['at'], status: number, words: string): ServerProfile => ({
  ...strict,
  surplus: { at, status, words },
});

/** Azure, and the habits of clones, combined so that each habit is in one profile. */
export const SERVER_PROFILES = {
  openai,
  azure: {
    ...strict,
    basePath: '/openai',
    query: { 'api-version': '2024-10-21' },
    keyHeader: 'api-key',
    errorShape: 'azure',
    idShape: 'azure',
    uploadLifetimeSeconds: 7200,
    maxUploadBytes: 9 * GIB,
    flags: { ...NO_FLAGS, server: ['--auth', 'api-key'] },
  },
  s3: {
    ...strict,
    uploadLifetimeSeconds: 86_400,
    minPartBytes: 5 * 1024 ** 2,
    completesWith: 'file',
    closedUploadStatus: 409,
    flags: { ...NO_FLAGS, push: ['--part-size', '5MiB'] },
  },
  counting: {
    ...counting('part', 400, 'uploaded part bytes exceed the Upload bytes value'),
    completesWith: 'file',
    dropsNamelessParts: true,
    ordersFiles: false,
    closedUploadStatus: 410,
  },
  'counting-413': counting('part', 413, 'parts exceed the declared size of {declared} bytes'),
  'counting-retained': counting(
    'part',
    400,
    'the Upload declares {declared} bytes but accepting this part would retain {held}',
  ),
  'counting-409': counting('part', 409, 'the upload already holds all {declared} declared bytes'),
  'counting-complete': counting(
    'complete',
    400,
    'Bytes uploaded ({held}) does not match expected bytes ({declared})',
  ),
  ordered: {
    ...strict,
    takesMd5: false,
    wantsPartsInOrder: true,
    closedUploadStatus: 404,
    flags: { ...NO_FLAGS, transfer: ['--concurrency', '1'], push: ['--no-md5'] },
  },
  busy: { ...strict, maxBodies: 4 },
  strict,
  'no-times': { ...strict, times: 'none' },
  'past-times': { ...strict, times: 'past' },
  gateway: { ...strict, gatewayAheadMs: 7_200_000 },
  'small-bodies': { ...strict, maxBodyBytes: 1024 ** 2 },
  'small-total': { ...strict, maxHeldBytes: 5_000_000 },
  'few-parts': { ...strict, maxParts: 16 },
  'repeated-ids': { ...strict, idShape: 'derived' },
} as const satisfies Readonly<Record<string, ServerProfile>>;

export type ProfileName = keyof typeof SERVER_PROFILES;

export const PROFILE_NAMES = Object.keys(SERVER_PROFILES) as readonly ProfileName[];
