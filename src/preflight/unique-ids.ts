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
      const code = 'bad_custom_id';
      if (id?.kind !== 'string') {
        issues.error({ code, line, message: describeField('custom_id', id, 'a string') });
        return;
      }
      if (id.isCut) {
        const message = `custom_id has over ${MAX_TEXT_BYTES} bytes, so it was not compared with the others`;
        issues.warning({ code, line, message });
        return;
      }
      const first = firstLines.get(id.text);
      if (first !== undefined) {
        const message = `custom_id ${quote(id.text)} is that of line ${first} already`;
        const hint = 'Each request needs one of its own: its answer is known by it.';
        issues.error({ code: 'duplicate_custom_id', line, message, hint });
      } else if (firstLines.size < most) firstLines.set(id.text, line);
    },
  };
}
