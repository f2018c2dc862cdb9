import type { UploadResult } from '../model/upload.ts';
import type { Data, PushOptions } from '../options/options.ts';
import { checkData } from '../options/validate.ts';
import type { Spool } from '../sessions/spool.ts';
import { createContext, type UploadContext } from './context.ts';
import { pushUnlessUploaded } from './deduplicate.ts';
import type { Dependencies } from './dependencies.ts';
import { createSession } from './open-session.ts';
import { checkSpec } from './preflight-gate.ts';
import { resumeSession } from './resume.ts';
import { describeKeptSpool, STREAM_PATH } from './shown-path.ts';
import { spoolStream } from './spool-stream.ts';
import { tidySpools } from './tidy-spools.ts';
import { toCallerError } from './to-caller-error.ts';
import { resolveSpec, type UploadSpec } from './upload-spec.ts';

/**
 * Uploads what is in memory, or what a stream gives: writes it into a private file, then pushes that, for a resume has nothing
 * else to go on with. It is always a new upload, because nobody can tell whether other data is the same. The file stays as
 * long as the upload can be resumed. A stream cannot be had twice, so it also stays when there is no upload to be had for it.
 * @throws UploadError; once there is an upload, `resume` goes on without the data; before, a push of `facts.spoolPath`
 */
export async function pushData(data: Data, options: PushOptions, deps: Dependencies): Promise<UploadResult> {
  const filename = checkData(data, options);
  const isBlob = data instanceof Blob;
  const stream = isBlob ? data.stream() : data;
  const expectedBytes = options.bytes ?? (isBlob ? data.size : undefined);
  // What a killed run has left may be just the space that this one needs.
  await tidySpools(deps, (spools) => spools.sweep());
  try {
    const spool = await deps.sessions.spools.create();
    try {
      await spoolStream(stream, spool, { filename, expectedBytes, deps });
      return await pushSpool(spool, { ...options, filename, isKept: !isBlob }, deps);
    } finally {
      await tidySpools(deps, () => spool.release());
    }
  } catch (error) {
    throw toCallerError(error, deps.signal, { path: STREAM_PATH });
  }
}

/** Only now does it take its place in the pool: while it was read, others could use it. */
async function pushSpool(
  spool: Spool,
  { isKept, ...options }: PushOptions & { readonly isKept: boolean },
  deps: Dependencies,
): Promise<UploadResult> {
  const context = createContext(options, deps);
  try {
    const spec = await resolveSpec(spool.path, options, spool.name);
    const pushIt = async (known: UploadSpec, ownContext: UploadContext) => {
      const checked = options.check === false ? known : await checkSpec(known, deps);
      if (isKept) await spool.keep();
      const session = await createSession(checked, ownContext).catch((error: unknown) => {
        throw isKept
          ? describeKeptSpool(toCallerError(error, deps.signal, { spoolPath: spool.path }))
          : error;
      });
      return await resumeSession(session, {}, ownContext);
    };
    return await (options.ifNotUploaded ? pushUnlessUploaded(spec, context, pushIt) : pushIt(spec, context));
  } finally {
    context.slot.release();
  }
}
