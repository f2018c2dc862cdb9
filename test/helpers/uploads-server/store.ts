import { join } from 'node:path';
import { apiError } from './api-error.ts';
import type { CreateUploadRequest, FileObject, UploadObject } from './api-objects.ts';
import type { ServerClock } from './clock.ts';
import { newPartId, newUploadId } from './new-id.ts';
import type { ServerProfile } from './server-profile.ts';

export interface StoredPart {
  readonly id: string;
  readonly uploadId: string;
  readonly bytes: number;
  readonly createdAt: number;
  readonly path: string;
}

export interface StoredFile {
  readonly object: FileObject;
  /** Computed by the server from the bytes it holds, whatever the client claimed. */
  readonly md5: string;
  /** A file consists of its parts, in order. Nothing is copied at *complete*. */
  readonly parts: readonly StoredPart[];
}

export interface StoredUpload {
  readonly object: UploadObject;
  readonly fileLifetimeSeconds: number | null;
  readonly parts: ReadonlyMap<string, StoredPart>;
}

export interface Store {
  readonly directory: string;
  readonly files: ReadonlyMap<string, StoredFile>;
  addUpload(request: CreateUploadRequest): UploadObject;
  upload(id: string): StoredUpload | undefined;
  uploads(): readonly StoredUpload[];
  /** @throws the refusal for an unknown, expired, cancelled or completed upload */
  requirePending(id: string): StoredUpload;
  newPartPath(): { readonly id: string; readonly path: string };
  addPart(part: StoredPart): void;
  addFile(uploadId: string, file: StoredFile): UploadObject;
  cancelUpload(id: string): UploadObject;
  expireUpload(id: string): void;
  /** Runs the work on an upload one at a time, because only one of two completes may win. */
  inTurn<Value>(uploadId: string, work: () => Promise<Value>): Promise<Value>;
}

interface StoreOptions {
  readonly directory: string;
  readonly clock: ServerClock;
  readonly profile: ServerProfile;
}

type HeldUpload = StoredUpload & { object: UploadObject; readonly parts: Map<string, StoredPart> };

export function createStore({ directory, clock, profile }: StoreOptions): Store {
  const uploads = new Map<string, HeldUpload>();
  const files = new Map<string, StoredFile>();
  const turns = new Map<string, Promise<unknown>>();

  const find = (id: string): HeldUpload | undefined => {
    const upload = uploads.get(id);
    const isOverdue = upload?.object.status === 'pending' && upload.object.expires_at <= clock.nowSeconds();
    if (upload && isOverdue) change(upload, { status: 'expired' });
    return upload;
  };
  const require = (id: string): HeldUpload => {
    const upload = find(id);
    if (!upload) throw apiError(404, `There is no upload '${id}'.`, { param: 'upload_id' });
    return upload;
  };
  const requirePending = (id: string): HeldUpload => {
    const upload = require(id);
    if (upload.object.status !== 'pending') throw closedUpload(upload.object, profile.closedUploadStatus);
    return upload;
  };

  return {
    directory,
    files,
    upload: find,
    uploads: () => [...uploads.keys()].map(require),
    requirePending,
    addUpload(request) {
      const { filename, purpose, bytes, expires_after } = request;
      const createdAt = clock.nowSeconds();
      const object: UploadObject = {
        id: newUploadId(request, profile),
        object: 'upload',
        bytes,
        created_at: createdAt,
        expires_at: createdAt + profile.uploadLifetimeSeconds,
        filename,
        purpose,
        status: 'pending',
        file: null,
      };
      uploads.set(object.id, {
        object,
        fileLifetimeSeconds: expires_after?.seconds ?? null,
        parts: new Map(),
      });
      return object;
    },
    newPartPath() {
      const id = newPartId(profile);
      return { id, path: join(directory, encodeURIComponent(id)) };
    },
    addPart: (part) => void require(part.uploadId).parts.set(part.id, part),
    addFile(uploadId, file) {
      const upload = change(requirePending(uploadId), { status: 'completed', file: file.object });
      files.set(file.object.id, file);
      return upload;
    },
    cancelUpload: (id) => change(requirePending(id), { status: 'cancelled' }),
    expireUpload: (id) =>
      void change(requirePending(id), { status: 'expired', expires_at: clock.nowSeconds() }),
    inTurn(uploadId, work) {
      const turn = (turns.get(uploadId) ?? Promise.resolve()).then(work);
      turns.set(
        uploadId,
        turn.catch(() => {}),
      );
      return turn;
    },
  };
}

function change(upload: HeldUpload, changes: Partial<UploadObject>): UploadObject {
  upload.object = { ...upload.object, ...changes };
  return upload.object;
}

function closedUpload({ id, status }: UploadObject, answerStatus: number) {
  const state = status === 'expired' ? 'has expired' : `is already ${status}`;
  return apiError(answerStatus, `The upload '${id}' ${state}; nothing more can be done with it.`, {
    param: 'upload_id',
  });
}
