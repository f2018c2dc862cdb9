import { createHash } from 'node:crypto';
import { type ApiError, apiError, isApiError } from '../uploads-server/api-error.ts';
import type { FileObject, UploadObject } from '../uploads-server/api-objects.ts';
import { parseCompleteUpload, parseCreateUpload } from '../uploads-server/request-schemas.ts';
import { surplusError } from '../uploads-server/routes/add-part.ts';
import { SERVER_PROFILES, type ServerProfile, type Surplus } from '../uploads-server/server-profile.ts';

interface SimulatedUpload extends UploadObject {
  /** Keyed by part id. The bytes are in base64 so a state can be saved as JSON. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Everything the server knows, as plain data that can be saved and restored. */
export interface ServerState {
  readonly uploads: Readonly<Record<string, SimulatedUpload>>;
  readonly files: readonly (FileObject & { readonly md5: string })[];
  /** How many ids have been assigned so far. */
  readonly ids: number;
}

export interface SimulatedRequest {
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  readonly body: Buffer;
}

export interface SimulatedAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** The local server's rules without a network, as a function of state and request. */
export interface SimulatedServer {
  state: ServerState;
  /** How old a file must be before the list shows it. */
  listLagSeconds: number;
  readonly profile: ServerProfile;
  /** `nowMs` is the server's own time, in milliseconds since 1970. Never throws. */
  answer(request: SimulatedRequest, nowMs: number): SimulatedAnswer;
}

const EMPTY_STATE: ServerState = { uploads: {}, files: [], ids: 0 };

/** Returns the bytes of a part from its multipart body. */
export function bytesOfPart(body: Buffer): Buffer {
  const begin = body.indexOf('\r\n\r\n') + 4;
  return body.subarray(begin, body.lastIndexOf('\r\n--'));
}

export function createSimulatedServer(
  initial: ServerState = EMPTY_STATE,
  profile: ServerProfile = SERVER_PROFILES.openai,
): SimulatedServer {
  const server: SimulatedServer = {
    state: initial,
    listLagSeconds: 0,
    profile,
    answer(request, nowMs) {
      try {
        return { status: 200, json: work(server, request, Math.floor(nowMs / 1000)) };
      } catch (error) {
        if (!isApiError(error)) throw error;
        return refusal(error);
      }
    },
  };

  return server;
}

function refusal({ answer }: ApiError): SimulatedAnswer {
  return { status: answer.status, json: answer.kind === 'json' ? answer.json : {} };
}

function work(server: SimulatedServer, { method, path, body }: SimulatedRequest, now: number): unknown {
  const [pathname = '', query] = path.split('?');
  const [, , kind, id = '', call] = pathname.split('/').map(decodeURIComponent);
  const key = `${method} ${kind}${id === '' ? '' : '/id'}${call === undefined ? '' : `/${call}`}`;

  switch (key) {
    case 'POST uploads':
      return create(server, body, now);
    case 'POST uploads/id/parts':
      return addPart(server, pendingUpload(server, id, now), body, now);
    case 'POST uploads/id/complete':
      return complete(server, pendingUpload(server, id, now), body, now);
    case 'POST uploads/id/cancel':
      return shown(save(server, { ...pendingUpload(server, id, now), status: 'cancelled' }));
    case 'GET files':
      return listFiles(server, new URLSearchParams(query), now);
    case 'GET files/id':
      return server.state.files.find((file) => file.id === id) ?? fail(404, `There is no file '${id}'.`);
    default:
      return fail(404, `Nothing answers ${key}.`);
  }
}

function fail(status: number, message: string): never {
  throw apiError(status, message);
}

function newId(server: SimulatedServer, prefix: string): string {
  const ids = server.state.ids + 1;
  server.state = { ...server.state, ids };
  return `${prefix}${String(ids).padStart(6, '0')}`;
}

function save(server: SimulatedServer, upload: SimulatedUpload): SimulatedUpload {
  const { state } = server;
  server.state = { ...state, uploads: { ...state.uploads, [upload.id]: upload } };
  return upload;
}

function shown({ parts: _, ...upload }: SimulatedUpload): UploadObject {
  return upload;
}

function pendingUpload(server: SimulatedServer, id: string, now: number): SimulatedUpload {
  const upload = server.state.uploads[id] ?? fail(404, `There is no upload '${id}'.`);
  if (upload.status === 'pending' && upload.expires_at > now) return upload;
  const what = upload.status === 'pending' ? 'has expired' : `is already ${upload.status}`;
  return fail(
    server.profile.closedUploadStatus,
    `The upload '${id}' ${what}; nothing more can be done with it.`,
  );
}

function create(server: SimulatedServer, body: Buffer, now: number): UploadObject {
  const { filename, purpose, bytes } = parseCreateUpload(JSON.parse(body.toString()), server.profile);
  const upload: SimulatedUpload = {
    id: newId(server, 'upload_'),
    object: 'upload',
    bytes,
    created_at: now,
    expires_at: now + server.profile.uploadLifetimeSeconds,
    filename,
    purpose,
    status: 'pending',
    file: null,
    parts: {},
  };

  return shown(save(server, upload));
}

function addPart(server: SimulatedServer, upload: SimulatedUpload, body: Buffer, now: number) {
  const id = newId(server, 'part_');
  const parts = { ...upload.parts, [id]: bytesOfPart(body).toString('base64') };
  refuseSurplus(server, { ...upload, parts }, 'part');
  save(server, { ...upload, parts });
  return { id, object: 'upload.part', created_at: now, upload_id: upload.id };
}

function refuseSurplus(
  { profile: { surplus } }: SimulatedServer,
  upload: SimulatedUpload,
  at: Surplus['at'],
) {
  if (surplus?.at !== at) return;

  const lengths = Object.values(upload.parts).map((part) => Buffer.byteLength(part, 'base64'));
  const held = lengths.reduce((sum, length) => sum + length, 0);
  if (held > upload.bytes) throw surplusError(surplus, { declared: upload.bytes, held });
}

function complete(server: SimulatedServer, upload: SimulatedUpload, body: Buffer, now: number): UploadObject {
  refuseSurplus(server, upload, 'complete');
  const { part_ids, md5: promised } = parseCompleteUpload(JSON.parse(body.toString()), server.profile);
  const parts = part_ids.map(
    (id) => upload.parts[id] ?? fail(400, `The upload has no part '${id}' in its part_ids.`),
  );
  if (new Set(part_ids).size < part_ids.length) fail(400, 'A part is listed twice.');

  const content = Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
  if (content.length !== upload.bytes)
    fail(400, `The listed parts have ${content.length} bytes; the upload was created for ${upload.bytes}.`);

  const md5 = createHash('md5').update(content).digest('hex');
  if (promised !== undefined && promised !== md5) fail(400, `The file's MD5 is ${md5}, not ${promised}.`);

  const { bytes, filename, purpose } = upload;
  const described = {
    object: 'file',
    bytes,
    created_at: now,
    filename,
    purpose,
    status: 'processed',
  } as const;
  const file: FileObject = { id: newId(server, 'file-'), ...described };
  server.state = { ...server.state, files: [...server.state.files, { ...file, md5 }] };

  return shown(save(server, { ...upload, status: 'completed', file }));
}

function listFiles({ state, listLagSeconds }: SimulatedServer, query: URLSearchParams, now: number) {
  const listed = state.files.filter(({ created_at: madeAt = 0 }) => madeAt <= now - listLagSeconds);
  const wanted = listed.filter(({ purpose }) => purpose === query.get('purpose')).reverse();
  const after = wanted.findIndex(({ id }) => id === query.get('after'));
  return { object: 'list', data: wanted.slice(after + 1), has_more: false };
}
