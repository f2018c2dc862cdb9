import { basename } from 'node:path';
import type { RepushOptions } from '../model/repush.ts';
import type { SessionRecord } from '../sessions/record.ts';

/**
 * How to push the file of a session again. Loads the table of types only here, because most sessions
 * need no push.
 */
export async function repushOptions(record: SessionRecord): Promise<RepushOptions> {
  const { mimeTypeOf } = await import('../preflight/mime-type.ts');
  const { source, filename, purpose, mimeType, fileLifetimeSeconds, wantsMd5 } = record;
  return {
    purpose,
    ...(filename !== basename(source.path) && { filename }),
    ...(mimeType !== (await mimeTypeOf(filename)) && { mimeType }),
    ...(fileLifetimeSeconds !== null && { expiresAfterSeconds: fileLifetimeSeconds }),
    ...(!wantsMd5 && { md5: false as const }),
  };
}
