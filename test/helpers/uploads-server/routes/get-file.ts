import type { Answer } from '../answer.ts';
import { apiError } from '../api-error.ts';
import type { Exchange } from '../exchange.ts';
import type { ServerContext } from '../server-context.ts';
import type { StoredFile } from '../store.ts';

export async function getFile({ store }: ServerContext, { id }: Exchange): Promise<Answer> {
  return { kind: 'json', status: 200, json: requireFile(store.files, id).object };
}

export function requireFile(files: ReadonlyMap<string, StoredFile>, id: string): StoredFile {
  const file = files.get(id);
  if (file) return file;
  throw apiError(404, `There is no file '${id}'.`, { param: 'id' });
}
