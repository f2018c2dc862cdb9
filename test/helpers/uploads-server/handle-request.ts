import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './answer.ts';
import { apiError, isApiError } from './api-error.ts';
import { applyFaultAfterWork, applyFaultBeforeWork } from './apply-fault.ts';
import { azureError } from './azure-error.ts';
import { isKeyRight, keyRefusal, withoutKey } from './check-key.ts';
import type { Exchange } from './exchange.ts';
import { newId } from './new-id.ts';
import { type FoundRoute, findRoute } from './routes/find-route.ts';
import { sendAnswer } from './send-answer.ts';
import type { ServerContext } from './server-context.ts';

/** Handles one request from its first line to its end. Never rejects. */
export async function handleRequest(
  context: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.sendDate = false;
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const found = findRoute(context.profile.basePath, path);
  const exchange = openExchange(context, request, response, found);
  try {
    const answer = await answerTo(context, exchange, found);
    if (context.latencyMs > 0) await sleep(context.latencyMs, undefined, { signal: exchange.signal });
    await sendAnswer(context, exchange, answer);
  } catch (error) {
    const refusal = isApiError(error) ? error : apiError(500, `The test server failed: ${String(error)}`);
    // After the headers, only a broken connection can show a failure.
    if (response.headersSent) response.destroy();
    else await sendAnswer(context, exchange, inShape(refusal.answer, context));
  }
}

async function answerTo(
  context: ServerContext,
  exchange: Exchange,
  found: FoundRoute | undefined,
): Promise<Answer> {
  const { request, entry } = exchange;
  if (!entry.keyMatched) throw keyRefusal(request.headers, context);
  if (!hasQuery(exchange, context)) throw apiError(404, 'Resource not found');
  if (!found)
    throw apiError(404, `Nothing answers ${request.method} ${entry.path}.`, { code: 'unknown_url' });
  if (entry.call === null) {
    throw apiError(405, `${found.route.method} only, not ${request.method}.`, {
      headers: { allow: found.route.method },
    });
  }
  if (isOverLimit(exchange, context))
    throw apiError(429, 'Too many requests.', { code: 'rate_limit_exceeded' });
  const replacement = await applyFaultBeforeWork(context, exchange);
  if (replacement) return replacement;
  if (entry.call === 'part' && context.log.partsInFlight() > context.maxPartsInFlight) {
    throw apiError(429, `More than ${context.maxPartsInFlight} parts at once.`, {
      code: 'rate_limit_exceeded',
      headers: { 'retry-after': '1' },
    });
  }
  if (entry.call === 'part' && context.log.partsInFlight() > context.profile.maxBodies) {
    throw apiError(503, 'Too many uploads at once.', { headers: { 'retry-after': '1' } });
  }
  return applyFaultAfterWork(context, exchange, await found.route.work(context, exchange));
}

function isOverLimit({ response }: Exchange, { requestLimit }: ServerContext): boolean {
  const verdict = requestLimit?.();
  for (const [name, value] of Object.entries(verdict?.headers ?? {})) response.setHeader(name, value);
  return verdict?.isRefused ?? false;
}

function hasQuery({ query }: Exchange, { profile }: ServerContext): boolean {
  return Object.entries(profile.query).every(([name, value]) => query.get(name) === value);
}

function inShape(answer: Answer, { profile }: ServerContext): Answer {
  if (answer.kind !== 'json' || profile.errorShape === 'openai') return answer;
  return { ...answer, json: azureError(answer.status, answer.json) };
}

function openExchange(
  context: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
  found: FoundRoute | undefined,
): Exchange {
  const method = request.method ?? '';
  const path = request.url ?? '/';
  const id = found?.id ?? '';
  const entry = context.log.open({
    call: found && found.route.method === method ? found.route.call : null,
    method,
    path,
    uploadId: found && path.startsWith(`${context.profile.basePath}/uploads/`) ? id : null,
    requestId: newId('req'),
    keyMatched: isKeyRight(request.headers, context),
    headers: withoutKey(request.headers, context),
  });
  const gone = new AbortController();
  response.once('close', () => {
    context.log.end(entry);
    if (!response.writableFinished) gone.abort(new Error('The connection was closed.'));
  });
  return {
    request,
    response,
    query: new URLSearchParams(path.split('?')[1] ?? ''),
    id,
    entry,
    planned:
      entry.call === null || entry.nth === null ? undefined : context.plan.faultFor(entry.call, entry.nth),
    signal: gone.signal,
  };
}
