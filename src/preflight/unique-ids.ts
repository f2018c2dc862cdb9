import type { Issue } from '../model/issue.ts';
import { describeField } from './describe-field.ts';
import type { Field } from './field-finder.ts';
import type { IssueList } from './issue-list.ts';
import { quote } from './quote.ts';
import { MAX_TEXT_BYTES } from './text-keeper.ts';

/** Every line has to have a custom_id of its own. Of more than `most` lines none are remembered: memory stays bounded. */
export function createUniqueIds(most: number, issues: IssueList) {
  const firstLines = new Map<string, number>();
  return {
    see(line: number, id: Field | undefined): void {
      const text = textOfId(line, id, issues);
      if (text === undefined) return;
      const first = firstLines.get(text);
      if (first !== undefined) issues.error(duplicateId(text, { line, first }));
      else if (firstLines.size < most) firstLines.set(text, line);
    },
  };
}

/** The custom_id of a line, if it can be compared with others; tells what is wrong with it. */
export function textOfId(line: number, id: Field | undefined, issues: IssueList): string | undefined {
  const code = 'bad_custom_id';
  if (id?.kind !== 'string') {
    issues.error({ code, line, message: describeField('custom_id', id, 'a string') });
    return undefined;
  }
  if (!id.isCut) return id.text;
  const message = `custom_id has over ${MAX_TEXT_BYTES} bytes, so it was not compared with the others`;
  issues.warning({ code, line, message });
  return undefined;
}

export function duplicateId(
  id: string,
  { line, first }: { readonly line: number; readonly first: number },
): Omit<Issue, 'severity'> {
  const message = `custom_id ${quote(id)} is that of line ${first} already`;
  const hint = 'Each request needs one of its own: its answer is known by it.';
  return { code: 'duplicate_custom_id', line, message, hint };
}
