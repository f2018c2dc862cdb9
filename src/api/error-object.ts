/** What an answer's body says of what went wrong. */
export interface ErrorObject {
  readonly message?: string;
  readonly param?: string;
  readonly code?: string;
  readonly type?: string;
  /** Words of something in between, that knows nothing of uploads. */
  readonly gatewayMessage?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Of OpenAI's shape, of Azure's, which has `details`, of the gateways' that have no `error` around it, and of the frameworks' that
 * call it `detail`. Empty when it is none of these.
 */
export function errorObject(text: string): ErrorObject {
  const value = fieldsOf(parse(text));
  if (typeof value.error === 'string') return { message: value.error };
  if (value.error === undefined) return withoutError(value);
  const error = fieldsOf(value.error);
  const known = ['message', 'code', 'type', 'param'].filter((name) => typeof error[name] === 'string');
  const texts: ErrorObject = Object.fromEntries(known.map((name) => [name, error[name]]));
  const message = [texts.message, ...detailsOf(error, texts.message)].filter(Boolean);
  const param = texts.param ?? error.target;
  return {
    ...texts,
    ...(typeof param === 'string' && { param }),
    ...(message.length > 0 && { message: message.join(' ') }),
  };
}

function withoutError({ detail, message }: Fields): ErrorObject {
  if (typeof detail === 'string') return { message: detail };
  return typeof message === 'string' ? { gatewayMessage: message } : {};
}

/** Azure's message may be as good as none, with the reasons below it. */
function detailsOf({ details }: Fields, message = ''): readonly string[] {
  if (!Array.isArray(details)) return [];
  const said = details.map((detail) => fieldsOf(detail).message);
  return said.filter((words): words is string => typeof words === 'string' && !message.includes(words));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
