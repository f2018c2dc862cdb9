/** How one kind of server differs from the others. Plain data, so that every test can run over all of them. */
export interface ServerProfile {
  readonly basePath: string;
  /** Has to be in the address of every request. */
  readonly query: Readonly<Record<string, string>>;
  /** 'authorization' (with Bearer), or one that carries the bare key; then an Authorization is refused. */
  readonly keyHeader: string;
  readonly errorShape: 'openai' | 'azure';
  readonly idShape: 'openai' | 'azure';
  readonly uploadLifetimeSeconds: number;
  readonly maxUploadBytes: number;
  /** Of every part but the last; a smaller one is found out at *complete*. */
  readonly minPartBytes: number;
  readonly takesMd5: boolean;
  /** What the answer to *complete* is. */
  readonly completesWith: 'upload' | 'file';
  /** Whether the bytes of a part that was sent twice count twice. */
  readonly countsEveryPart: boolean;
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

const GIB = 1024 ** 3;

const NO_FLAGS = { server: [], transfer: [], push: [] };

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
  countsEveryPart: false,
  wantsPartsInOrder: false,
  dropsNamelessParts: false,
  ordersFiles: true,
  closedUploadStatus: 400,
  maxBodies: Number.POSITIVE_INFINITY,
  flags: NO_FLAGS,
};

/** Azure, and what clones do otherwise, put together so that each habit is in one of them. */
export const SERVER_PROFILES = {
  openai,
  azure: {
    ...openai,
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
    ...openai,
    uploadLifetimeSeconds: 86_400,
    minPartBytes: 5 * 1024 ** 2,
    completesWith: 'file',
    closedUploadStatus: 409,
    flags: { ...NO_FLAGS, push: ['--part-size', '5MiB'] },
  },
  counting: {
    ...openai,
    completesWith: 'file',
    countsEveryPart: true,
    dropsNamelessParts: true,
    ordersFiles: false,
    closedUploadStatus: 410,
  },
  ordered: {
    ...openai,
    takesMd5: false,
    wantsPartsInOrder: true,
    closedUploadStatus: 404,
    flags: { ...NO_FLAGS, transfer: ['--concurrency', '1'], push: ['--no-md5'] },
  },
  busy: { ...openai, maxBodies: 4 },
} as const satisfies Readonly<Record<string, ServerProfile>>;

export type ProfileName = keyof typeof SERVER_PROFILES;

export const PROFILE_NAMES = Object.keys(SERVER_PROFILES) as readonly ProfileName[];
