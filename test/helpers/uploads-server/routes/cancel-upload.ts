import { rm } from 'node:fs/promises';
import type { Answer } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import { readNothing } from '../read-json.ts';
import type { ServerContext } from '../server-context.ts';

export async function cancelUpload(context: ServerContext, exchange: Exchange): Promise<Answer> {
  const { store } = context;
  store.requirePending(exchange.id);
  await readNothing(context, exchange);
  return store.inTurn(exchange.id, async () => {
    const { parts } = store.requirePending(exchange.id);
    const upload = store.cancelUpload(exchange.id);
    for (const { path } of parts.values()) await rm(path, { force: true });
    return { kind: 'json', status: 200, json: upload };
  });
}
