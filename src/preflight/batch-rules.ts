import { type Hint, hint, option } from '../model/hint.ts';
import type { IssueCode } from '../model/issue.ts';
import { describeField, quote } from './describe-value.ts';
import type { IssueList, NewIssue } from './issue-list.ts';
import { isObject, type JsonObject, type LineRules } from './jsonl-reader.ts';

/** Requests of one batch. */
const MAX_BATCH_LINES = 50_000;

/** More than anybody writes as an id, and little enough to keep one for each line. */
const MAX_ID_BYTES = 512;

/** Where a batch can go, and whether that can do without a model. */
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

export const SPLIT_HINT = hint`Push it with ${option('split')}.`;

export const NO_REQUEST = { code: 'too_few_lines', message: 'it holds no request' } as const;

/**
 * What the Batch API asks of its lines. The server checks them only when a batch is created, after
 * the upload.
 */
export function createBatchRules(issues: IssueList): LineRules {
  const ids = createUniqueIds(issues);
  const urls = createSameText(
    {
      code: 'several_urls',
      name: 'url',
      advice: hint`A batch goes to one endpoint: push it with ${option('split')}.`,
    },
    issues,
  );
  const models = createSameText(
    {
      code: 'several_models',
      name: 'body.model',
      advice: hint`A batch is for one model: push it with ${option('split')}.`,
    },
    issues,
  );

  return {
    line(request, line) {
      ids.see(request, line);
      checkRequest(request, line, issues);
      urls.see(request.url, line);
      models.see(modelOf(request), line);
    },
    end(lines) {
      if (lines === 0) issues.error(NO_REQUEST);
      if (lines <= MAX_BATCH_LINES) return;

      const message = `it holds ${lines.toLocaleString('en')} requests; a batch has at most 50,000`;
      issues.error({ code: 'too_many_lines', message, hint: SPLIT_HINT });
    },
  };
}

/** What has to hold of a line by itself, but for its id. */
export function checkRequest(request: JsonObject, line: number, issues: IssueList): void {
  checkMethod(request, line, issues);
  checkUrl(request, line, issues);
  if (isObject(request.body)) checkModel(request, line, issues);
  else issues.error({ code: 'bad_body', line, message: describeField('body', request.body, 'an object') });
}

function checkMethod({ method }: JsonObject, line: number, issues: IssueList): void {
  if (method === 'POST') return;
  issues.error({ code: 'bad_method', line, message: describeField('method', method, '"POST"') });
}

function checkUrl({ url }: JsonObject, line: number, issues: IssueList): void {
  const code = 'bad_url';
  if (typeof url !== 'string') {
    issues.error({ code, line, message: describeField('url', url, 'a string') });
    return;
  }
  if (URLS.has(url)) return;

  const found = `url is ${quote(url)}`;
  if (URLS.has(`/v1${url}`)) {
    const message = `${found}: Azure takes it so, OpenAI wants ${quote(`/v1${url}`)}`;
    issues.warning({ code, line, message });
    return;
  }
  const advice = `It has to be one of ${[...URLS.keys()].join(', ')}.`;
  issues.error({ code, line, message: `${found}, where no batch can go`, hint: advice });
}

function checkModel(request: JsonObject, line: number, issues: IssueList): void {
  const model = modelOf(request);
  if (typeof model === 'string') return;

  const need = typeof request.url === 'string' ? URLS.get(request.url) : undefined;
  const issue = { code: 'bad_model', line, message: describeField('body.model', model, 'a string') } as const;
  if (model !== undefined || need === 'needed') issues.error(issue);
  else if (need === 'mostly needed') issues.warning(issue);
}

export function modelOf({ body }: JsonObject): unknown {
  return isObject(body) ? body.model : undefined;
}

/** The custom_id of a line, if it can be compared with others; reports what is wrong with it. */
export function textOfId({ custom_id: id }: JsonObject, line: number, issues: IssueList): string | undefined {
  const code = 'bad_custom_id';
  if (typeof id !== 'string') {
    issues.error({ code, line, message: describeField('custom_id', id, 'a string') });
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
  const message = `custom_id ${quote(id)} is that of line ${first} already`;
  const advice = 'Give each request its own: the results are matched by it.';
  return { code: 'duplicate_custom_id', line, message, hint: advice };
}

/**
 * Every line has to have an id of its own. Beyond the lines of a batch none are remembered: memory
 * stays bounded.
 */
function createUniqueIds(issues: IssueList) {
  const firstLines = new Map<string, number>();
  return {
    see(request: JsonObject, line: number): void {
      const id = textOfId(request, line, issues);
      if (id === undefined) return;

      const first = firstLines.get(id);
      if (first !== undefined) issues.error(duplicateId(id, { line, first }));
      else if (firstLines.size < MAX_BATCH_LINES) firstLines.set(id, line);
    },
  };
}

/** All lines have to have the same text there; the first that differs is reported, once. */
function createSameText(
  { code, name, advice }: { readonly code: IssueCode; readonly name: string; readonly advice: Hint },
  issues: IssueList,
) {
  let first: { readonly line: number; readonly text: string } | undefined;
  let isReported = false;
  return {
    see(text: unknown, line: number): void {
      if (typeof text !== 'string') return;
      first ??= { line, text };
      if (isReported || text === first.text) return;

      isReported = true;
      const before = `line ${first.line} has ${quote(first.text)}`;
      issues.error({ code, line, message: `${name} is ${quote(text)}, but ${before}`, hint: advice });
    },
  };
}
