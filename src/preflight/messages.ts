import { describeField, describeKind, type IssueList, quote } from './issues.ts';
import { isObject } from './json.ts';

/** The roles of the Chat Completions API: https://developers.openai.com/api/reference/resources/chat */
const ROLES: ReadonlySet<string> = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);

/** The fields of a message of which one is needed. */
const SAYS = ['content', 'tool_calls', 'function_call', 'refusal', 'audio'];

const ROLES_HINT = `The roles are ${[...ROLES].join(', ')}.`;

/**
 * Checks the messages of a conversation, and reports the first thing that is wrong with them.
 * @returns whether nothing is wrong
 */
export function checkMessages(
  messages: unknown,
  { name, line, issues }: { readonly name: string; readonly line: number; readonly issues: IssueList },
): messages is readonly Readonly<Record<string, unknown>>[] {
  const code = 'bad_messages';
  if (!Array.isArray(messages) || messages.length === 0) {
    const isEmpty = Array.isArray(messages);
    const message = isEmpty ? `${name} is empty` : describeField(name, messages, 'an array');
    issues.error({ code, line, message });
    return false;
  }

  for (const [index, each] of messages.entries()) {
    const place = `${name}[${index}]`;
    if (!isObject(each)) {
      issues.error({ code, line, message: `${place} is ${describeKind(each)}, not an object` });
      return false;
    }

    const { role } = each;
    if (typeof role !== 'string') {
      issues.error({ code, line, message: describeField(`${place}.role`, role, 'a string') });
      return false;
    }

    // A warning only, because there may be new roles some day.
    if (!ROLES.has(role)) {
      const message = `${place}.role is ${quote(role)}, which is not a role that OpenAI knows`;
      issues.warning({ code, line, message, hint: ROLES_HINT });
      return false;
    }

    if (SAYS.every((field) => each[field] == null)) {
      issues.warning({ code, line, message: `${place} has no content and calls no tool` });
      return false;
    }
  }
  return true;
}
