import { setTimeout as sleep } from 'node:timers/promises';
import { untilAborted } from './abortable.ts';
import type { Answer } from './answer.ts';
import { errorBody } from './api-error.ts';
import { azureError } from './azure-error.ts';
import { breakConnection } from './break-connection.ts';
import { type Exchange, noteFault } from './exchange.ts';
import type { GarbleEffect, StatusEffect } from './fault.ts';
import { readBody } from './read-body.ts';
import type { ServerContext } from './server-context.ts';

/**
 * Returns the response that the planned fault sends instead of doing the work. Null when the work
 * is to be done.
 */
export async function applyFaultBeforeWork(
  context: ServerContext,
  exchange: Exchange,
): Promise<Answer | null> {
  const fault = exchange.planned?.fault;
  if (fault?.kind === 'status' && fault.when !== 'after-work') {
    if (fault.when !== 'before-body') await discardBody(context, exchange);
    noteFault(exchange);
    return answerOf(fault, context);
  }
  if (fault?.kind === 'reset' && fault.when === 'start') return reset(exchange);
  if (fault?.kind === 'hang' && fault.when === 'answer' && fault.work === false) {
    await discardBody(context, exchange);
    return hang(context, exchange);
  }
  return null;
}

/**
 * Returns the response to send in place of the one that the work earned. The responses of failed
 * work never come here.
 */
export async function applyFaultAfterWork(
  context: ServerContext,
  exchange: Exchange,
  answer: Answer,
): Promise<Answer> {
  const fault = exchange.planned?.fault;
  switch (fault?.kind) {
    case 'status':
      noteFault(exchange);
      return answerOf(fault, context);
    case 'reset':
      return fault.when === 'after-work' ? reset(exchange) : answer;
    case 'hang':
      return fault.when === 'answer' ? hang(context, exchange) : answer;
    case 'delay':
      noteFault(exchange);
      await sleep(fault.delayMs, undefined, { signal: exchange.signal });
      return answer;
    case 'hold':
      noteFault(exchange);
      context.log.changed();
      await context.holds.pass(fault.label, exchange.signal);
      return answer;
    case 'garble':
      noteFault(exchange);
      return garble(fault, answer);
    default:
      return answer;
  }
}

async function discardBody(context: ServerContext, exchange: Exchange): Promise<void> {
  for await (const _ of readBody(context, exchange));
}

function reset(exchange: Exchange): Promise<never> {
  noteFault(exchange);
  breakConnection(exchange.request.socket);
  return untilAborted(exchange.signal);
}

function hang(context: ServerContext, exchange: Exchange): Promise<never> {
  noteFault(exchange);
  context.log.changed();
  return untilAborted(exchange.signal);
}

/** A planned body is sent unchanged. */
function answerOf({ status, headers = {}, body }: StatusEffect, { profile }: ServerContext): Answer {
  if (typeof body === 'string') return { kind: 'text', status, headers, text: body };
  const usual = errorBody(status, `A planned fault: status ${status}.`);
  const json = body ?? (profile.errorShape === 'azure' ? azureError(status, usual) : usual);
  return { kind: 'json', status, headers, json };
}

function garble(
  { body, contentType = 'application/json', truncate = false }: GarbleEffect,
  answer: Answer,
): Answer {
  const whole = answer.kind === 'json' ? JSON.stringify(answer.json) : '{"object":"file"}';
  const text = body ?? whole.slice(0, Math.floor(whole.length / 2));
  const headers = { 'content-type': contentType };
  return { kind: 'text', status: 200, headers, text, ...(truncate ? { missingBytes: 100 } : {}) };
}
