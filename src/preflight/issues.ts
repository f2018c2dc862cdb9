import { formatHint, type Hint } from '../model/hint.ts';
import { type CheckResult, type Issue, MAX_REPORTED_ISSUES } from '../model/issue.ts';
import { END, type JsonFault } from './json.ts';

type Told = Pick<CheckResult, 'errors' | 'errorCount' | 'warnings' | 'warningCount'>;

/** An issue as a rule reports it. */
export type NewIssue = Omit<Issue, 'severity' | 'hint' | 'hintParts'> & { readonly hint?: string | Hint };

/** Collects issues. Of a hopeless file it keeps the first ones and only counts the rest. */
export interface IssueList {
  error(issue: NewIssue): void;
  /** Adds an error of a line that is described only if it will be reported. */
  lineError(describe: () => NewIssue): void;
  warning(issue: NewIssue): void;
  /** Adds errors that are only counted. */
  moreErrors(count: number): void;
  told(): Told;
}

export function createIssueList(): IssueList {
  const errors = createShelf();
  const warnings = createShelf();

  return {
    error: (issue) => errors.put(issue.line === undefined, () => issueOf('error', issue)),
    lineError: (describe) => errors.put(false, () => issueOf('error', describe())),
    warning: (issue) => warnings.put(issue.line === undefined, () => issueOf('warning', issue)),
    moreErrors: (count) => errors.more(count),
    told: () => ({
      errors: errors.first(),
      errorCount: errors.count(),
      warnings: warnings.first(),
      warningCount: warnings.count(),
    }),
  };
}

function issueOf(severity: Issue['severity'], { hint, ...issue }: NewIssue): Issue {
  if (hint === undefined) return { severity, ...issue };
  const hintParts = typeof hint === 'string' ? [hint] : hint;
  return { severity, ...issue, hint: formatHint(hintParts), hintParts };
}

function createShelf() {
  /**
   * Kept apart, because issues about the whole file, such as how many lines it has, come last. They
   * must not get lost among the issues of those lines.
   */
  const ofFile: Issue[] = [];
  const ofLines: Issue[] = [];
  let count = 0;

  return {
    put(isOfFile: boolean, describe: () => Issue): void {
      count += 1;
      const shelf = isOfFile ? ofFile : ofLines;
      if (shelf.length < MAX_REPORTED_ISSUES) shelf.push(describe());
    },
    more(further: number): void {
      count += further;
    },
    first: (): readonly Issue[] => [...ofFile, ...ofLines].slice(0, MAX_REPORTED_ISSUES),
    count: () => count,
  };
}

const MAX_QUOTED_CHARACTERS = 60;

/** Names the kind of a JSON value, for a message. */
export function describeKind(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Says what is wrong with the value of a field. `undefined` means that the field is missing. */
export function describeField(name: string, value: unknown, wanted: string): string {
  if (value === undefined) return `${name} is missing`;
  if (typeof value === 'string' && value.trim() === '')
    return `${name} is ${value === '' ? 'empty' : 'blank'}`;
  return `${name} is ${describeValue(value)}, not ${wanted}`;
}

export function describeValue(value: unknown): string {
  return typeof value === 'string' ? quote(value) : describeKind(value);
}

/**
 * Quotes text from the file for a message. It is cut short and escaped as in JSON, and characters
 * that cannot be seen are escaped too.
 */
export function quote(text: string): string {
  const characters = [...text.slice(0, 2 * MAX_QUOTED_CHARACTERS + 1)];
  const isShort = characters.length <= MAX_QUOTED_CHARACTERS;
  const shown = isShort ? text : `${characters.slice(0, MAX_QUOTED_CHARACTERS).join('')}…`;
  return JSON.stringify(shown).replace(invisible('gu'), (character) => {
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}

/**
 * Matches all spaces but the ordinary one, and characters without any shape. It is made when needed,
 * because Node takes almost a millisecond for it.
 */
function invisible(flags: 'u' | 'gu'): RegExp {
  return new RegExp(/(?! )[\p{Z}\p{C}]/u, flags);
}

/** Invisible characters that get into files by accident. */
const INVISIBLE_NAMES: Readonly<Record<number, string>> = {
  160: 'a no-break space',
  8203: 'a zero-width space',
  8232: 'a line separator',
  8233: 'a paragraph separator',
  65279: 'a byte-order mark',
};

export const BEYOND_ASCII = 'a character beyond ASCII';

/** Names the word where a value or a name should begin, such as NaN, and else the character. */
export function describeFound(text: string, { at, expected }: JsonFault): string {
  const word = expected.startsWith('a ') && /^[a-z_]\w*/i.exec(text.slice(at, at + 100))?.[0];
  return word ? quote(word) : describeCharacter(text.codePointAt(at));
}

function describeCharacter(code: number | undefined): string {
  if (code === undefined) return END;
  if (code === 0x22) return 'a double quote';
  if (code === 0x09) return 'a tab';
  if (code < 0x20 || code === 0x7f) return `a control character (0x${code.toString(16).padStart(2, '0')})`;
  if (code < 0x80) return `"${String.fromCharCode(code)}"`;
  if (!invisible('u').test(String.fromCodePoint(code))) return BEYOND_ASCII;

  const name = INVISIBLE_NAMES[code] ?? 'an invisible character';
  return `${name} (U+${code.toString(16).toUpperCase().padStart(4, '0')})`;
}
