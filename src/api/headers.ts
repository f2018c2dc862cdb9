import { randomUUID } from 'node:crypto';
import type { Connection } from './connection.ts';
import type { PartBody } from './multipart.ts';
import type { Redact } from './redact.ts';
import type { Headers } from './retry-after.ts';

/** The user's headers come last and replace ours, in any letter case. */
export function headersOf(
  { connection, userAgent }: { readonly connection: Connection; readonly userAgent: string },
  {
    key,
    part,
    isJson,
  }: { readonly key: string | undefined; readonly part: PartBody | undefined; readonly isJson: boolean },
): Record<string, string> {
  const ours = {
    accept: 'application/json',
    'user-agent': userAgent,
    'x-client-request-id': randomUUID(),
    ...identity(connection, key),
    ...(isJson && { 'content-type': 'application/json' }),
    ...(part && { 'content-type': part.contentType, 'content-length': String(part.length) }),
  };

  const theirs = Object.entries(connection.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...ours, ...Object.fromEntries(theirs) };
}

function identity(
  { auth, organization, project }: Connection,
  key: string | undefined,
): Record<string, string> {
  const keyHeader: Record<string, string> =
    auth === 'api-key' ? { 'api-key': key ?? '' } : { authorization: `Bearer ${key}` };

  return {
    ...(key !== undefined && keyHeader),
    ...(organization !== null && { 'openai-organization': organization }),
    ...(project !== null && { 'openai-project': project }),
  };
}

/** Headers whose names mark them as secret. Their values are never shown. */
const SECRET_HEADER = /^(proxy-)?authorization$|api-?key|secret|cookie|(^|-)auth(-|$)|token$/;

export function shownHeaders(headers: Headers, redact: Redact): Readonly<Record<string, string>> {
  const shown = Object.entries(headers).map(([name, value]) => [
    name,
    SECRET_HEADER.test(name) ? '[secret]' : redact(String(value)),
  ]);
  return Object.fromEntries(shown);
}

/** As for a header. Gateways and signed addresses have secrets in the query, too. */
const SECRET_PARAMETER = /key|secret|token|auth|password|^sig$|signature|^code$/i;

export function shownQuery({ search }: URL, redact: Redact): string {
  const parameters = search.slice(1).split('&');
  const shown = parameters.map((parameter) => {
    const [name = ''] = parameter.split('=');
    return SECRET_PARAMETER.test(name) ? `${name}=[secret]` : redact(parameter);
  });
  return `?${shown.join('&')}`;
}
