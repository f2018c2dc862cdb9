/** What the body of a response says about a failure. */
export interface ErrorObject {
  readonly message?: string;
  readonly param?: string;
  readonly code?: string;
  readonly type?: string;
  /** The message of a gateway in between, which knows nothing about uploads. */
  readonly gatewayMessage?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** More than any server sends. A longer text would be slow to search. */
const MAX_CHARACTERS = 10_000;
const MAX_DETAILS = 20;

/**
 * Reads the error formats of OpenAI, of Azure (with `details`), of token endpoints (`error` as a
 * text), of gateways (without a surrounding `error`) and of frameworks with a `detail` field, such
 * as FastAPI with its list. Returns an empty object for anything else.
 */
export function errorObject(text: string): ErrorObject {
  const texts = textsIn(fieldsOf(parse(text)));
  return Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, cut(value, MAX_CHARACTERS)]));
}

function textsIn(value: Fields): ErrorObject {
  if (typeof value.error === 'string') return { message: oauthMessage(value.error, value) };
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

/** Token endpoints have a code in `error`, and the reason beside it (RFC 6749, section 5.2). */
function oauthMessage(error: string, { error_description: reason }: Fields): string {
  return typeof reason === 'string' && reason !== '' ? `${error}: ${reason}` : error;
}

function withoutError({ detail, message }: Fields): ErrorObject {
  if (typeof detail === 'string') return { message: detail };
  if (Array.isArray(detail)) return { message: sentencesOf(detail) };
  if (typeof detail === 'object' && detail !== null)
    return textsIn('error' in detail ? fieldsOf(detail) : { error: detail });
  return typeof message === 'string' ? { gatewayMessage: message } : {};
}

/** FastAPI says what is wrong with each field: `{"loc": ["body", "bytes"], "msg": "…"}`. */
function sentencesOf(details: readonly unknown[]): string {
  const sentences = details.slice(0, MAX_DETAILS).map((detail) => {
    if (typeof detail === 'string') return detail;
    const { loc, msg } = fieldsOf(detail);
    // Anything else may be nested too deeply to become a text.
    const steps = Array.isArray(loc) ? loc.filter((step) => /^(string|number)$/.test(typeof step)) : [];
    const place = steps.join('.');
    return typeof msg === 'string' ? `${place === '' ? '' : `${place}: `}${msg}` : '';
  });
  return sentences
    .filter(Boolean)
    .map((sentence) => sentence.replace(/[^.!?]$/, '$&.'))
    .join(' ');
}

/** Azure's message may say nothing useful and leave the reasons to the details. */
function detailsOf({ details }: Fields, message = ''): readonly string[] {
  if (!Array.isArray(details)) return [];
  const said = details.slice(0, MAX_DETAILS).map((detail) => fieldsOf(detail).message);
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

/**
 * Returns the text of a body that is not JSON, such as a proxy's HTML page, or says that it is
 * empty.
 */
export function summary(text: string): string {
  const words = withoutTags(text).replace(/\s+/g, ' ').trim();
  return words === '' ? 'the server gave no reason' : words;
}

/** Looks at each character once, because a page may be built to be slow to parse. */
function withoutTags(html: string): string {
  let isCode = false;
  const texts = html.split('<').map((piece, index) => {
    if (index === 0) return piece;
    if (/^\/?(style|script)\b/i.test(piece)) isCode = !piece.startsWith('/');
    if (isCode) return '';
    const end = piece.indexOf('>');
    return end === -1 ? `<${piece}` : ` ${piece.slice(end + 1)}`;
  });
  return texts.join('');
}

/**
 * Removes file names, because one like `cancelled-orders.jsonl` could pass for the server's reason.
 */
export function withoutFileNames(words: string): string {
  return words.replace(/\S+/g, (word) => {
    const extension = [...word.matchAll(/\.\w{1,8}\b/g)].at(-1);
    return extension?.index ? ` ${word.slice(extension.index + extension[0].length)}` : word;
  });
}

/** Cuts a text after `length` characters, but never in the middle of one. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).replace(/[\ud800-\udbff]$/, '')}…` : text;
}
