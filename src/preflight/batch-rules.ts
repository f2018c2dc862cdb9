import { describeField } from './describe-field.ts';
import type { Field, Wanted } from './field-finder.ts';
import type { IssueList } from './issue-list.ts';
import type { LineRules } from './jsonl-reader.ts';
import { quote } from './quote.ts';
import { createSameText } from './same-text.ts';
import { createUniqueIds } from './unique-ids.ts';

/** Requests of one batch. */
const MAX_BATCH_LINES = 50_000;

export const BATCH_FIELDS: Wanted = {
  names: ['custom_id', 'method', 'url', 'body'],
  inside: 'body',
  innerNames: ['model'],
};

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

/**
 * What the Batch API asks of its lines. The server looks at them only when a batch is created, after the upload.
 * `fields` are those of `BATCH_FIELDS`, of the line that `line` is called for.
 */
export function createBatchRules(fields: readonly (Field | undefined)[], issues: IssueList): LineRules {
  const ids = createUniqueIds(MAX_BATCH_LINES, issues);
  const urls = createSameText(
    { code: 'several_urls', name: 'url', hint: 'A batch goes to one endpoint: push it with --split.' },
    issues,
  );
  const models = createSameText(
    { code: 'several_models', name: 'body.model', hint: 'A batch is for one model: push it with --split.' },
    issues,
  );
  return {
    line(line) {
      const [id, , url, , model] = fields;
      ids.see(line, id);
      checkRequest(line, fields, issues);
      if (url?.kind === 'string') urls.see(line, url.text);
      if (model?.kind === 'string') models.see(line, model.text);
    },
    end(lines) {
      if (lines === 0) issues.error(NO_REQUEST);
      if (lines <= MAX_BATCH_LINES) return;
      const message = `it holds ${lines.toLocaleString('en')} requests; a batch has at most 50,000`;
      issues.error({ code: 'too_many_lines', message, hint: 'Push it with --split.' });
    },
  };
}

export const NO_REQUEST = { code: 'too_few_lines', message: 'it holds no request' } as const;

/** What has to hold of a line by itself, but for its id. */
export function checkRequest(line: number, fields: readonly (Field | undefined)[], issues: IssueList): void {
  const [, method, url, body, model] = fields;
  checkMethod(line, method, issues);
  checkUrl(line, url, issues);
  if (body?.kind === 'object') checkModel(line, { url, model }, issues);
  else issues.error({ code: 'bad_body', line, message: describeField('body', body, 'an object') });
}

function checkMethod(line: number, method: Field | undefined, issues: IssueList): void {
  if (method?.kind === 'string' && method.text === 'POST') return;
  issues.error({ code: 'bad_method', line, message: describeField('method', method, '"POST"') });
}

function checkUrl(line: number, url: Field | undefined, issues: IssueList): void {
  const code = 'bad_url';
  if (url?.kind !== 'string') {
    issues.error({ code, line, message: describeField('url', url, 'a string') });
    return;
  }
  if (URLS.has(url.text)) return;
  const is = `url is ${quote(url.text)}`;
  if (URLS.has(`/v1${url.text}`)) {
    issues.warning({
      code,
      line,
      message: `${is}: Azure takes it so, OpenAI wants ${quote(`/v1${url.text}`)}`,
    });
    return;
  }
  const hint = `It has to be one of ${[...URLS.keys()].join(', ')}.`;
  issues.error({ code, line, message: `${is}, where no batch can go`, hint });
}

function checkModel(
  line: number,
  { url, model }: { readonly url: Field | undefined; readonly model: Field | undefined },
  issues: IssueList,
): void {
  if (model?.kind === 'string') return;
  const need = url?.kind === 'string' ? URLS.get(url.text) : undefined;
  const issue = { code: 'bad_model', line, message: describeField('body.model', model, 'a string') } as const;
  if (model !== undefined || need === 'needed') issues.error(issue);
  else if (need === 'mostly needed') issues.warning(issue);
}
