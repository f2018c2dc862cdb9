import type { Field, Wanted } from './field-finder.ts';
import type { IssueList } from './issue-list.ts';
import type { LineRules } from './jsonl-reader.ts';

const MIN_LINES = 10;

/** One of them is in every example we know of: conversations, preferences, and the older completions. */
export const FINE_TUNE_FIELDS: Wanted = { names: ['messages', 'input', 'prompt'] };

/** What fine-tuning asks of its lines. The names of the fields differ between documents, so an unknown one is only doubtful. */
export function createFineTuneRules(fields: readonly (Field | undefined)[], issues: IssueList): LineRules {
  return {
    line(line) {
      if (fields.some((field) => field !== undefined)) return;
      const message = 'it has none of messages, input and prompt';
      issues.warning({ code: 'unknown_fields', line, message });
    },
    end(lines) {
      if (lines >= MIN_LINES) return;
      const message = `it holds ${lines} ${lines === 1 ? 'example' : 'examples'}; fine-tuning wants at least ${MIN_LINES}`;
      issues.error({ code: 'too_few_lines', message });
    },
  };
}
