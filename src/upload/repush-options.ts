import { basename } from 'node:path';
import type { RepushOptions } from '../model/repush.ts';
import type { SessionRecord } from '../sessions/record.ts';

/**
 * Returns the options for pushing the file of a session again. The table of types is loaded only
 * here, because most sessions never need it.
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
