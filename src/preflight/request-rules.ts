import { warnOfEndpoint, warnOfModel } from './calendar.ts';
import { describeField, describeValue, type IssueList, type NewIssue, quote } from './issues.ts';
import { isObject, type JsonObject } from './json.ts';
import { checkMessages } from './messages.ts';

/** Where and when a file will be used. */
export interface Terms {
  /** Azure takes more requests and other URLs, and its models are names of deployments. */
  readonly isAzure: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** The URLs that a batch can go to, and whether requests there need a model. */
const URLS: ReadonlyMap<string, 'needed' | 'mostly needed' | 'not needed'> = new Map([
  ['/v1/responses', 'mostly needed'],
  ['/v1/chat/completions', 'needed'],
  ['/v1/embeddings', 'needed'],
  ['/v1/completions', 'needed'],
  ['/v1/moderations', 'not needed'],
  ['/v1/images/generations', 'not needed'],
  ['/v1/images/edits', 'not needed'],
  ['/v1/videos', 'not needed'],
]);

/**
 * The most inputs of one embeddings request. The reference of the endpoint says of `input` that
 * "any array must be 2048 dimensions or less":
 * https://developers.openai.com/api/reference/resources/embeddings
 */
const MAX_REQUEST_INPUTS = 2048;

/** More than any real id has, and little enough to keep one for each line. */
const MAX_ID_BYTES = 512;

const OWN_ID = 'Give each request its own id: the results are matched by it.';

/** The most models and endpoints to remember. There are fewer; with more a file is broken anyway. */
const MAX_SEEN = 1000;

/** Checks everything about a request that does not depend on other lines, except its id. */
export function createRequestCheck(
  issues: IssueList,
  terms: Terms,
): (request: JsonObject, line: number) => void {
  /** The models and endpoints that were looked up. Each is looked up once. */
  const seen = new Set<string>();
  const isNew = (text: unknown): text is string => {
    if (terms.isAzure || typeof text !== 'string' || seen.has(text) || seen.size > MAX_SEEN) return false;
    seen.add(text);
    return true;
  };

  return (request, line) => {
    const { method, url, body } = request;
    if (method !== 'POST')
      issues.error({ code: 'bad_method', line, message: describeField('method', method, '"POST"') });

    checkUrl(url, { line, issues, terms });
    if (isNew(url)) warnOfEndpoint(url, { line, issues, nowMs: terms.nowMs });

    if (!isObject(body)) {
      issues.error({ code: 'bad_body', line, message: describeField('body', body, 'an object') });
      return;
    }

    checkBody(body, endpointOf(url), { line, issues });
    if (isNew(body.model)) warnOfModel(body.model, { line, issues, nowMs: terms.nowMs });
  };
}

interface Place {
  readonly line: number;
  readonly issues: IssueList;
}

function checkUrl(url: unknown, { line, issues, terms }: Place & { readonly terms: Terms }): void {
  const code = 'bad_url';
  if (typeof url !== 'string') {
    issues.error({ code, line, message: describeField('url', url, 'a string') });
    return;
  }
  if (URLS.has(url)) return;

  const found = `url is ${quote(url)}`;
  if (URLS.has(`/v1${url}`)) {
    if (terms.isAzure) return;
    const message = `${found}: Azure accepts it, but OpenAI wants ${quote(`/v1${url}`)}`;
    issues.warning({ code, line, message });
    return;
  }

  const advice = `It must be one of ${[...URLS.keys()].join(', ')}.`;
  issues.error({ code, line, message: `${found}, which no batch can use`, hint: advice });
}

/** The URL as OpenAI writes it. Azure leaves out the version. */
function endpointOf(url: unknown): string | undefined {
  if (typeof url !== 'string') return undefined;
  return URLS.has(url) ? url : `/v1${url}`;
}

function checkBody(body: JsonObject, endpoint: string | undefined, { line, issues }: Place): void {
  const { model, stream, messages, input } = body;
  checkModel(model, endpoint, { line, issues });

  if (stream != null && stream !== false) {
    const message = `body.stream is ${describeValue(stream)}, but a batch cannot stream`;
    issues.error({ code: 'streaming', line, message, hint: 'Leave it out.' });
  }

  const isForChat = endpoint === '/v1/chat/completions';
  if (isForChat && messages !== undefined) checkMessages(messages, { name: 'body.messages', line, issues });
  const [wanted, other] = isForChat ? ['messages', 'input'] : ['input', 'messages'];
  const hasEither = isForChat || endpoint === '/v1/responses';
  if (hasEither && body[wanted] === undefined && body[other] !== undefined) {
    const message = `body has ${other}, but ${endpoint} wants ${wanted}`;
    issues.warning({ code: 'bad_messages', line, message });
  }
  if (endpoint === '/v1/embeddings') checkInputs(input, { line, issues });
}

function checkModel(model: unknown, endpoint: string | undefined, { line, issues }: Place): void {
  if (typeof model === 'string' && model.trim() !== '') return;

  const need = endpoint === undefined ? undefined : URLS.get(endpoint);
  const issue = { code: 'bad_model', line, message: describeField('body.model', model, 'a string') } as const;
  if (model !== undefined || need === 'needed') issues.error(issue);
  else if (need === 'mostly needed') issues.warning(issue);
}

function checkInputs(input: unknown, { line, issues }: Place): void {
  const fault = faultInInput(input);
  if (fault !== undefined) issues.error({ code: 'bad_input', line, message: fault });
  if (!Array.isArray(input) || input.length <= MAX_REQUEST_INPUTS) return;

  const count = input.length.toLocaleString('en');
  const what = typeof input[0] === 'number' ? 'tokens' : 'inputs';
  const message = `body.input has ${count} ${what}; one request has at most 2,048`;
  issues.error({ code: 'too_many_inputs', line, message, hint: 'Divide it among several requests.' });
}

/** An input is a text or its tokens. Of an array, each element must be of the same kind. */
function faultInInput(input: unknown): string | undefined {
  if (!Array.isArray(input))
    return isText(input) ? undefined : describeField('body.input', input, 'a string or an array');
  if (input.length === 0) return 'body.input is empty';

  const [fits, wanted] = INPUTS.find(([isOfKind]) => isOfKind(input[0])) ?? INPUTS[0];
  const at = input.findIndex((each) => !fits(each));
  return at < 0 ? undefined : describeField(`body.input[${at}]`, input[at], wanted);
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isTokens = (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every(Number.isInteger);

/** What an array of inputs can hold. A list of tokens alone is one input. */
const INPUTS = [
  [isText, 'a string'],
  [Number.isInteger, 'a token'],
  [isTokens, 'a list of tokens'],
] as const;

/** How many texts a request embeds: the elements of an array, or one for an array of tokens. */
export function inputsOf({ url, body }: JsonObject): number {
  if (endpointOf(url) !== '/v1/embeddings' || !isObject(body)) return 0;
  const { input } = body;
  return Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1;
}

export function modelOf({ body }: JsonObject): unknown {
  return isObject(body) ? body.model : undefined;
}

/**
 * Returns the custom_id of a line if it can be compared with others. Reports what is wrong with it.
 */
export function textOfId({ custom_id: id }: JsonObject, line: number, issues: IssueList): string | undefined {
  const code = 'bad_custom_id';
  if (typeof id !== 'string' || id.trim() === '') {
    issues.error({ code, line, message: describeField('custom_id', id, 'a string'), hint: OWN_ID });
    return undefined;
  }
  if (Buffer.byteLength(id) <= MAX_ID_BYTES) return id;

  const message = `custom_id has over ${MAX_ID_BYTES} bytes, so it was not compared with the others`;
  issues.warning({ code, line, message });
  return undefined;
}

export function duplicateId(
  id: string,
  { line, first }: { readonly line: number; readonly first: number },
): NewIssue {
  const message = `custom_id ${quote(id)} is already used in line ${first}`;
  return { code: 'duplicate_custom_id', line, message, hint: OWN_ID };
}
