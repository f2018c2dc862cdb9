import { describeField, type IssueList } from './issues.ts';
import { isObject, type JsonObject } from './json.ts';
import type { LineRules } from './jsonl-reader.ts';
import { checkMessages } from './messages.ts';

/** For a training file: https://developers.openai.com/api/docs/guides/supervised-fine-tuning */
const MIN_EXAMPLES = 10;

/**
 * The fields that an example of a conversation can have. One for reinforcement fine-tuning also has
 * the fields that its grader needs, and ends with the question.
 */
const CONVERSATION_FIELDS: ReadonlySet<string> = new Set([
  'messages',
  'tools',
  'parallel_tool_calls',
  'functions',
]);

/** Documents differ in the names of the fields, so a line with none of them is only a warning. */
export function createFineTuneRules(issues: IssueList): LineRules {
  return {
    line(example, line) {
      // Every example we know of has one of them: conversations, preferences, and the older
      // completions.
      const { messages, input, prompt, completion } = example;
      const code = 'unknown_fields';

      if (messages !== undefined) checkConversation(example, line, issues);
      else if (input !== undefined) {
        if (!isObject(input))
          issues.warning({ code, line, message: describeField('input', input, 'an object') });
        else if (input.messages !== undefined)
          checkMessages(input.messages, { name: 'input.messages', line, issues });
      } else if (prompt === undefined)
        issues.warning({ code, line, message: 'it has none of messages, input and prompt' });
      else if (completion === undefined)
        issues.warning({ code, line, message: 'it has a prompt, but no completion' });
    },
    end(lines) {
      if (lines >= MIN_EXAMPLES) return;
      const examples = lines === 1 ? 'example' : 'examples';
      const message = `it holds ${lines} ${examples}; fine-tuning needs at least ${MIN_EXAMPLES}`;
      issues.error({ code: 'too_few_lines', message });
    },
  };
}

/**
 * Makes the checks of https://cookbook.openai.com/examples/chat_finetuning_data_prep that are
 * certain.
 */
function checkConversation(example: JsonObject, line: number, issues: IssueList): void {
  const { messages } = example;
  if (!checkMessages(messages, { name: 'messages', line, issues })) return;

  const code = 'bad_messages';
  const odd = messages.findIndex(({ weight }) => weight != null && weight !== 0 && weight !== 1);
  if (odd >= 0) issues.warning({ code, line, message: `messages[${odd}].weight is neither 0 nor 1` });

  const isForGrader = Object.keys(example).some((name) => !CONVERSATION_FIELDS.has(name));
  if (isForGrader || messages.some(({ role }) => role === 'assistant')) return;
  const message = 'none of the messages is from the assistant, so there is nothing to learn';
  issues.warning({ code, line, message });
}
