/** How one kind of server differs from the others. Plain data, so that every test can run over all of them. */
export interface ServerProfile {
  readonly basePath: string;
  /** Has to be in the address of every request. */
  readonly query: Readonly<Record<string, string>>;
  /** 'authorization' (with Bearer), or one that carries the bare key; then an Authorization is refused. */
  readonly keyHeader: string;
  readonly errorShape: 'openai' | 'azure';
  readonly idShape: 'openai' | 'azure' | 'derived';
  readonly uploadLifetimeSeconds: number;
  readonly maxUploadBytes: number;
  /** Of every part but the last; a smaller one is found out at *complete*. */
  readonly minPartBytes: number;
  readonly takesMd5: boolean;
  /** What the answer to *complete* is. */
  readonly completesWith: 'upload' | 'file';
  /** How it refuses the bytes of a part that was sent twice, if it counts them twice. */
  readonly surplus: Surplus | null;
  /** Whether it holds parts to what the document leaves open: their length, their type and their name. */
  readonly isStrict: boolean;
  /** What it says of the times of an upload, a part and a file. `past`: those of the document's example. */
  readonly times: 'right' | 'none' | 'past';
  /** How much the clock of a gateway before it, which sets `Date`, is ahead of its own. */
  readonly gatewayAheadMs: number;
  /** Longer bodies are refused with 413 by a proxy before it. */
  readonly maxBodyBytes: number;
  /** More bytes, or parts, of an upload are refused with 413. */
  readonly maxHeldBytes: number;
  readonly maxParts: number;
  /** Whether parts have to be listed as they have arrived. */
  readonly wantsPartsInOrder: boolean;
  /** Whether a part without a filename is no file to it, or a fault in the call. */
  readonly dropsNamelessParts: boolean;
  /** Whether its list of files knows `order`; otherwise the oldest come first. */
  readonly ordersFiles: boolean;
  readonly closedUploadStatus: number;
  /** Above this many parts at once it answers 503 with Retry-After. */
  readonly maxBodies: number;
  /** What the client has to be told to get along with it: by every command that asks it, by those that send, by a push. */
  readonly flags: Readonly<Record<'server' | 'transfer' | 'push', readonly string[]>>;
}

/** `{declared}` and `{held}` in the words are numbers of bytes. */
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

/** What our own client is held to. */
const strict: ServerProfile = { ...openai, isStrict: true };

const counting = (at: Surplus['at'], status: number, words: string): ServerProfile => ({
  ...strict,
  surplus: { at, status, words },
});

/** Azure, and what clones do otherwise, put together so that each habit is in one of them. */
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
