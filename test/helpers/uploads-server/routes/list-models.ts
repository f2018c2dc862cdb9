import type { Answer } from '../answer.ts';
import { apiError } from '../api-error.ts';
import type { ServerContext } from '../server-context.ts';

/** A server without models has no such path. */
export async function listModels({ models }: ServerContext): Promise<Answer> {
  if (models === null) throw apiError(404, 'Nothing answers GET /models.', { code: 'unknown_url' });
  const data = Object.entries(models).map(([id, date]) => ({ id, object: 'model', shutdown_date: date }));
  return { kind: 'json', status: 200, json: { object: 'list', data } };
}
