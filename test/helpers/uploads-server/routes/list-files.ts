import type { Answer } from '../answer.ts';
import { apiError } from '../api-error.ts';
import type { FileObject } from '../api-objects.ts';
import type { Exchange } from '../exchange.ts';
import type { ServerContext } from '../server-context.ts';

const maxLimit = 10_000;

export async function listFiles(context: ServerContext, { query }: Exchange): Promise<Answer> {
  const purpose = query.get('purpose');
  const limit = limitOf(query.get('limit') ?? String(maxLimit));
  // The map keeps the files in the order of their creation, even within one second.
  const oldestFirst = [...context.store.files.values()].map(({ object }) => object);
  const wantsNewest = isDescending(query.get('order') ?? 'desc') && context.profile.ordersFiles;
  const ordered = wantsNewest ? oldestFirst.reverse() : oldestFirst;
  const wanted = ordered.filter((file) => purpose === null || file.purpose === purpose);
  const rest = filesAfter(wanted, query.get('after'));
  const data = rest.slice(0, limit);
  return {
    kind: 'json',
    status: 200,
    json: {
      object: 'list',
      data,
      first_id: data.at(0)?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: rest.length > data.length,
    },
  };
}

function filesAfter(files: readonly FileObject[], after: string | null): readonly FileObject[] {
  if (after === null) return files;
  const index = files.findIndex(({ id }) => id === after);
  if (index === -1) throw wrong('after', `No file '${after}' is in this list.`);
  return files.slice(index + 1);
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= maxLimit) return limit;
  throw wrong('limit', `'limit' must be a whole number from 1 to ${maxLimit}.`);
}

function isDescending(order: string): boolean {
  if (order !== 'asc' && order !== 'desc') throw wrong('order', "'order' must be asc or desc.");
  return order === 'desc';
}

function wrong(param: string, message: string) {
  return apiError(400, message, { param, code: 'invalid_value' });
}
