import type { UploadResult } from '../model/upload.ts';
import { openData } from '../options/data.ts';
import type { Data, PushOptions } from '../options/options.ts';
import { checkData } from '../options/validate.ts';
import { MAX_FILE_BYTES } from '../preflight/check-file.ts';
import type { Spool } from '../sessions/spool.ts';
import { readStream } from '../source/read-stream.ts';
import { describeKeptSpool, STREAM_PATH, toCallerError } from './caller-error.ts';
import type { UploadContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { createSession } from './open-session.ts';
import { pushContent } from './push.ts';
import { tidySpools } from './tidy-spools.ts';
import { resolveSpec, type UploadSpec } from './upload-spec.ts';

/**
 * Uploads data from memory or a stream. The data is first written to a private file, because a
 * resume has nothing else to read. It is always a new upload, because nothing shows whether the
 * same data was pushed before. The file is kept as long as the upload can be resumed. A stream
 * cannot be read twice, so its file is also kept when no upload can be created.
 * @throws UploadError. Once there is an upload, `resume` continues without the data. Before that,
 * push `facts.spoolPath`.
 */
export async function pushData(data: Data, options: PushOptions, deps: Dependencies): Promise<UploadResult> {
  const filename = checkData(data, options);
  const { stream, bytes: expectedBytes, isInMemory } = openData(data, options.bytes);

  // The files of killed runs may take up the space that this one needs.
  await tidySpools(deps, (spools) => spools.sweep());

  try {
    const spool = await deps.sessions.spools.create();
    try {
      await spoolStream(stream, spool, { filename, expectedBytes, deps });
      return await pushSpool(spool, { ...options, filename, isKept: !isInMemory }, deps);
    } finally {
      await tidySpools(deps, () => spool.release());
    }
  } catch (error) {
    throw toCallerError(error, deps.signal, { path: STREAM_PATH });
  }
}

/** Joins the pool only now, because other uploads could use it while the data was read. */
async function pushSpool(
  spool: Spool,
  { isKept, ...options }: PushOptions & { readonly isKept: boolean },
  deps: Dependencies,
): Promise<UploadResult> {
  const describe = () => resolveSpec(spool.path, options, spool.name);

  const open = async (spec: UploadSpec, context: UploadContext) => {
    if (isKept) deps.sessions.spools.keep(spool.name);
    const session = await createSession(spec, context).catch((error: unknown) => {
      throw isKept ? describeKeptSpool(toCallerError(error, deps.signal, { spoolPath: spool.path })) : error;
    });
    return { session, isNew: true };
  };

  return await pushContent({ path: STREAM_PATH, describe, open }, { ...options, resume: false }, deps);
}

/**
 * Writes a stream to a spool, chunk by chunk, as fast as the disk accepts them. The API needs the
 * size first, and parts may have to be sent again.
 * @throws UploadError as `readStream`, `session_unwritable`; the signal's reason
 */
export async function spoolStream(
  stream: AsyncIterable<Uint8Array>,
  spool: Spool,
  options: {
    readonly filename: string;
    readonly maxBytes?: number;
    readonly expectedBytes?: number | undefined;
    readonly deps: Pick<Dependencies, 'onEvent' | 'signal'>;
  },
): Promise<void> {
  const { filename, maxBytes = MAX_FILE_BYTES, expectedBytes, deps } = options;
  let bytes = 0;
  deps.onEvent({ type: 'spooling', filename, bytes });

  for await (const chunk of readStream(stream, {
    filename,
    maxBytes,
    expectedBytes,
    signal: deps.signal,
  })) {
    await spool.write(chunk);
    bytes += chunk.byteLength;
    deps.onEvent({ type: 'spooling', filename, bytes });
  }

  await spool.finish();
  deps.signal.throwIfAborted();
}
