/** What the body of a response says about a failure. */
export interface ErrorObject {
  readonly message?: string;
  readonly param?: string;
  readonly code?: string;
  readonly type?: string;
  /** The words of a gateway in between, which knows nothing about uploads. */
  readonly gatewayMessage?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the shapes of OpenAI, of Azure (with `details`), of gateways (without `error` around it)
 * and of frameworks that call it `detail`. Empty for anything else.
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

/** Azure's message may say nothing useful, with the reasons in the details. */
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

/** The text of a proxy's HTML page or of an empty body, in a few words. */
export function summary(text: string): string {
  const words = text
    .replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (words === '') return 'the server gave no reason';
  return words.length > 200 ? `${words.slice(0, 200)}…` : words;
}

/** A file can have any name, for example `cancelled-orders.jsonl`. */
export function withoutFileNames(words: string): string {
  return words.replace(/\S+\.\w{1,8}\b/g, ' ');
}
