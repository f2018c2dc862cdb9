import { UploadError } from '../model/errors.ts';
import { type CheckResult, type Issue, MAX_REPORTED_ISSUES } from '../model/issue.ts';
import { anySignal } from '../model/signals.ts';
import type { UploadResult } from '../model/upload.ts';
import type { Data, FileOptions, ResumeFileOptions, TransferOptions } from '../options/options.ts';
import { checkPushOptions } from '../options/validate.ts';
import { askModels } from './ask-models.ts';
import { toCallerError } from './caller-error.ts';
import { type Dependencies, openDependencies } from './dependencies.ts';
import { push } from './push.ts';
import { type ItemOutcome, type ManyUploads, pathKey, uploadMany } from './push-many.ts';
import { resume } from './resume.ts';
import { pushData } from './stream-input.ts';

/** A file or data to push, with its own options. */
export interface PushItem {
  readonly source: string | Data;
  readonly options: FileOptions;
  /** A fault that `filesIn` has already found. The item fails with it. */
  readonly error?: UploadError | undefined;
  /** The item is left out on purpose, and the journal of a job does not record it as failed. */
  readonly isUnsuitable?: boolean | undefined;
}

/** A saved upload to continue, with its own options. */
export interface ResumeItem {
  readonly uploadId: string;
  readonly options?: ResumeFileOptions;
}

/**
 * Runs several uploads at a time, which share connections, retries, the rate limit and parts in
 * flight.
 */
export interface Uploader {
  /** Works like `push`. @throws UploadError */
  push(source: string | Data, options: FileOptions): Promise<UploadResult>;
  /** Works like `resume`. @throws UploadError */
  resume(uploadId: string, options?: ResumeFileOptions): Promise<UploadResult>;
  /**
   * Pushes all items, as many at a time as keep the connections busy, and yields their outcomes in
   * the order of the items. It reads the items as it goes, so there may be any number of them. A
   * failure is an outcome. After one that concerns all items (`usage`, `authentication`, `quota`,
   * `interrupted`), or where the server cannot be reached for the first three, the others are not
   * tried. When you stop iterating, uploads in flight stop and stay resumable.
   * @param onEnd called with each outcome as soon as it is known, in any order
   */
  pushAll<Item extends PushItem>(
    items: Iterable<Item> | AsyncIterable<Item>,
    onEnd?: (outcome: ItemOutcome<Item>) => void,
  ): AsyncGenerator<ItemOutcome<Item>>;
  /** Works like `pushAll`, for saved uploads. */
  resumeAll<Item extends ResumeItem>(
    items: Iterable<Item> | AsyncIterable<Item>,
    onEnd?: (outcome: ItemOutcome<Item>) => void,
  ): AsyncGenerator<ItemOutcome<Item>>;
  /**
   * Adds to the result of `check` what the server says about the models of a batch: that it does
   * not know them, or that it shuts them down. Adds a warning when the server gives no list. The
   * server is asked once for all files.
   */
  askModels(result: CheckResult): Promise<CheckResult>;
  /**
   * Resolves when one more upload would help to keep the connections busy. Starting more gains
   * nothing.
   */
  whenReady(): Promise<void>;
  /** Closes the connections. Call it when all uploads have ended. */
  close(): Promise<void>;
}

/** @throws UploadError `api_key_missing`, `usage` */
export async function createUploader(options: TransferOptions): Promise<Uploader> {
  const shared = await openDependencies(options);
  let isClosed = false;

  const depsOf = ({ onEvent, signal }: ResumeFileOptions): Dependencies => {
    if (isClosed) throw new UploadError('usage', { message: 'the uploader is closed' });
    // Each upload has its own signal, because a signal warns when many listen to it.
    const own = anySignal([signal ?? shared.signal]);
    return shared.with({ onEvent: onEvent ?? shared.onEvent, signal: own });
  };
  const pushOne: Uploader['push'] = async (source, own) => {
    const all = { ...options, ...own };
    checkPushOptions(all);
    const deps = depsOf(own);
    return typeof source === 'string' ? await push(source, all, deps) : await pushData(source, all, deps);
  };
  const resumeOne: Uploader['resume'] = async (uploadId, own = {}) =>
    await resume(uploadId, { ...options, ...own }, depsOf(own));
  const whenReady = () => shared.limits.pool.whenReady();
  const uploadAll = <Item extends { readonly options?: ResumeFileOptions }>(
    work: Pick<ManyUploads<Item>, 'items' | 'keyOf' | 'upload' | 'onEnd'>,
  ) =>
    uploadMany({
      ...work,
      ownOptions: ({ options: own }) => ({ onEvent: shared.onEvent, ...own }),
      whenReady,
      signal: shared.signal,
    });

  return {
    push: pushOne,
    resume: resumeOne,
    async askModels(result) {
      const found = await askModels(result, depsOf({}), modelsNotAsked).catch((error: unknown) => {
        throw toCallerError(error, shared.signal, { path: result.path });
      });
      return {
        ...result,
        warnings: [...result.warnings, ...found].slice(0, MAX_REPORTED_ISSUES),
        warningCount: result.warningCount + found.length,
      };
    },
    whenReady,
    pushAll: (items, onEnd) =>
      uploadAll({
        items,
        onEnd,
        keyOf: ({ source }) => pathKey(source),
        async upload({ source, options: given, error }, own) {
          if (error !== undefined) throw error;
          return await pushOne(source, { ...given, ...own });
        },
      }),
    resumeAll: (items, onEnd) =>
      uploadAll({
        items,
        onEnd,
        keyOf: ({ uploadId }) => uploadId,
        upload: (item, own) => resumeOne(item.uploadId, { ...item.options, ...own }),
      }),
    async close() {
      isClosed = true;
      await shared.close();
    },
  };
}

function modelsNotAsked({ message }: UploadError): readonly Issue[] {
  return [{ severity: 'warning', code: 'models_not_asked', message }];
}
