import { type Hint, hint, option } from '../model/hint.ts';
import type { IssueCode } from '../model/issue.ts';
import { type IssueList, quote } from './issues.ts';
import type { JsonObject } from './json.ts';
import type { LineRules } from './jsonl-reader.ts';
import { createRequestCheck, duplicateId, inputsOf, modelOf, type Terms, textOfId } from './request-rules.ts';

/** The most requests of a batch: https://developers.openai.com/api/reference/resources/batches */
const MAX_BATCH_LINES = 50_000;

/** The same at Azure: https://learn.microsoft.com/azure/ai-services/openai/quotas-limits */
const MAX_AZURE_LINES = 100_000;

/**
 * The most inputs of a batch for `/v1/embeddings`, over all its requests:
 * https://developers.openai.com/api/reference/resources/batches. Azure documents no such limit.
 */
export const MAX_BATCH_INPUTS = 50_000;

/** The most models of a file that are remembered. A valid batch has one. */
const MAX_MODELS = 100;

export const SPLIT_HINT = hint`Push it with ${option('split')}.`;

export const NO_REQUEST = { code: 'too_few_lines', message: 'it holds no request' } as const;

/** The rules for a batch. They also collect its models. */
export interface BatchRules extends LineRules {
  models(): readonly string[];
}

/**
 * Checks what the Batch API asks of the lines. The server checks it only when a batch is created,
 * after the upload.
 */
export function createBatchRules(issues: IssueList, terms: Terms): BatchRules {
  const maxLines = terms.isAzure ? MAX_AZURE_LINES : MAX_BATCH_LINES;
  const ids = createUniqueIds(issues, maxLines);
  const checkRequest = createRequestCheck(issues, terms);
  const names = new Set<string>();
  let inputs = 0;

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
      checkRequest(request, line);
      urls.see(request.url, line);
      const model = modelOf(request);
      models.see(model, line);
      if (typeof model === 'string' && names.size < MAX_MODELS) names.add(model);
      inputs += inputsOf(request);
    },
    end(lines) {
      if (lines === 0) issues.error(NO_REQUEST);

      if (lines > maxLines) {
        const message = `it holds ${lines.toLocaleString('en')} requests; a batch has at most ${maxLines.toLocaleString('en')}`;
        issues.error({ code: 'too_many_lines', message, hint: SPLIT_HINT });
      }

      if (inputs > MAX_BATCH_INPUTS && !terms.isAzure) {
        const message = `it holds ${inputs.toLocaleString('en')} embedding inputs; a batch has at most 50,000 over all its requests`;
        issues.error({ code: 'too_many_inputs', message, hint: SPLIT_HINT });
      }
    },
    models: () => [...names],
  };
}

/**
 * Every line must have an id of its own. At most as many ids are remembered as a batch may have
 * lines, so memory stays bounded.
 */
function createUniqueIds(issues: IssueList, maxIds: number) {
  const firstLines = new Map<string, number>();
  return {
    see(request: JsonObject, line: number): void {
      const id = textOfId(request, line, issues);
      if (id === undefined) return;

      const first = firstLines.get(id);
      if (first !== undefined) issues.error(duplicateId(id, { line, first }));
      else if (firstLines.size < maxIds) firstLines.set(id, line);
    },
  };
}

/**
 * Reports the first line whose text differs from the first text. Lines without one do not count.
 */
function createSameText(
  { code, name, advice }: { readonly code: IssueCode; readonly name: string; readonly advice: Hint },
  issues: IssueList,
) {
  let first: { readonly line: number; readonly text: string } | undefined;
  let isReported = false;
  return {
    see(text: unknown, line: number): void {
      if (typeof text !== 'string' || text.trim() === '') return;
      first ??= { line, text };
      if (isReported || text === first.text) return;

      isReported = true;
      const before = `line ${first.line} has ${quote(first.text)}`;
      issues.error({ code, line, message: `${name} is ${quote(text)}, but ${before}`, hint: advice });
    },
  };
}
