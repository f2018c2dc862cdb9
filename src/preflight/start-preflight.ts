import type { CheckResult } from '../model/issue.ts';
import { BATCH_FIELDS, createBatchRules } from './batch-rules.ts';
import { checkAssistants } from './check-assistants.ts';
import { createFineTuneRules, FINE_TUNE_FIELDS } from './fine-tune-rules.ts';
import { createIssueList, type IssueList } from './issue-list.ts';
import { createJsonScanner } from './json-scanner.ts';
import { createJsonlReader, type JsonlReader } from './jsonl-reader.ts';
import { checkSize } from './size-rule.ts';
import type { ByteReader } from './skip-mark.ts';

/** The file to be checked, and what for. */
export interface Subject {
  /** Absolute path. */
  readonly path: string;
  /** The name the server is told. */
  readonly filename: string;
  readonly bytes: number;
  readonly purpose: string;
}

export interface Preflight {
  /** Has to get all bytes of the file, in order; undefined when none of the rules is about them. */
  readonly reader: ByteReader | undefined;
  /** As soon as there is one. */
  hasErrors(): boolean;
  /** What was found: all of it once the reader has got everything, before that what needs no reading. */
  result(): CheckResult;
}

/** What is this far beyond the 200 MB of a batch need not be read to see that it has to be split. */
const MAX_BATCH_BYTES_READ = 512 * 1024 ** 2;

/** Looks at a file by the rules of its purpose. Of a purpose we do not know we know no rules. */
export function startPreflight(subject: Subject): Preflight {
  const { path, bytes, purpose } = subject;
  const issues = createIssueList();
  const reader = PURPOSES.get(purpose)?.(subject, issues);
  return {
    reader,
    hasErrors: () => issues.told().errorCount > 0,
    result() {
      const lines = reader !== undefined && 'lines' in reader ? (reader as JsonlReader).lines() : undefined;
      return { path, bytes, purpose, ...(lines !== undefined && { lines }), ...issues.told() };
    },
  };
}

type Look = (subject: Subject, issues: IssueList) => ByteReader | undefined;

const PURPOSES: ReadonlyMap<string, Look> = new Map<string, Look>([
  ['batch', checkBatch],
  ['fine-tune', checkFineTune],
  ['assistants', checkAssistants],
  ['user_data', checkUserData],
]);

function checkBatch({ filename, bytes }: Subject, issues: IssueList): ByteReader | undefined {
  checkEnding(filename, issues);
  checkSize(bytes, { megabytes: 200, of: 'a batch', hint: 'Push it with --split.' }, issues);
  if (bytes > MAX_BATCH_BYTES_READ) return undefined;
  const scanner = createJsonScanner(BATCH_FIELDS);
  return createJsonlReader(scanner, createBatchRules(scanner.fields, issues), issues);
}

function checkFineTune({ filename }: Subject, issues: IssueList): ByteReader {
  checkEnding(filename, issues);
  const scanner = createJsonScanner(FINE_TUNE_FIELDS);
  return createJsonlReader(scanner, createFineTuneRules(scanner.fields, issues), issues);
}

/** What is larger can be stored, but no model takes it as an input. */
function checkUserData({ bytes }: Subject, issues: IssueList): undefined {
  if (bytes <= 50_000_000) return;
  const message = `it has ${bytes.toLocaleString('en')} bytes; as the input of a model a file has at most 50 MB`;
  issues.warning({ code: 'too_large', message });
}

function checkEnding(filename: string, issues: IssueList): void {
  if (filename.endsWith('.jsonl')) return;
  const issue = { code: 'wrong_extension', hint: 'Name it otherwise with --filename.' } as const;
  if (filename.toLowerCase().endsWith('.jsonl'))
    issues.warning({ ...issue, message: 'its name should end in .jsonl, in small letters' });
  else issues.error({ ...issue, message: 'its name does not end in .jsonl' });
}
