import type { Answer } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import { readParts } from '../read-parts.ts';
import type { ServerContext } from '../server-context.ts';
import { requireFile } from './get-file.ts';

export async function fileContent({ store }: ServerContext, { id }: Exchange): Promise<Answer> {
  const { object, parts } = requireFile(store.files, id);
  return {
    kind: 'stream',
    status: 200,
    headers: { 'content-type': 'application/octet-stream' },
    bytes: object.bytes,
    chunks: () => readParts(parts),
  };
}
