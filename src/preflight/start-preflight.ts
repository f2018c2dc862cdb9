import { extname } from 'node:path';
import { type Hint, hint, option } from '../model/hint.ts';
import type { CheckResult } from '../model/issue.ts';
import { createBatchRules, SPLIT_HINT } from './batch-rules.ts';
import { warnOfPurpose } from './calendar.ts';
import { type ByteReader, MARK_ISSUE } from './encoding.ts';
import { createFineTuneRules } from './fine-tune-rules.ts';
import { createIssueList, type IssueList } from './issues.ts';
import { createJsonlReader } from './jsonl-reader.ts';
import { FILE_SEARCH_TYPES } from './mime-type.ts';
import type { Terms } from './request-rules.ts';
import { createTextReader } from './text-reader.ts';

/** The file to check, and its purpose. */
export interface Subject {
  /** Absolute path. */
  readonly path: string;
  /** Its filename on the server. */
  readonly filename: string;
  readonly bytes: number;
  readonly purpose: string;
}

export interface Preflight {
  /** Must be given all bytes of the file, in order. Undefined when no rule is about the content. */
  readonly reader: ByteReader | undefined;
  /** True as soon as one error was found. */
  hasErrors(): boolean;
  /**
   * The findings so far: all of them once the reader has ended, before that at least those that
   * need no reading.
   */
  result(): CheckResult;
}

/**
 * A batch larger than this is so far beyond the limit of 200 MB that it must be split anyway, so it
 * is not read.
 */
const MAX_BATCH_BYTES_READ = 512 * 1024 ** 2;

/** Checks a file against the rules for its purpose. There are no rules for an unknown purpose. */
export function startPreflight(subject: Subject, terms: Terms): Preflight {
  const { path, bytes, purpose } = subject;
  const issues = createIssueList();
  const reader = PURPOSES.get(purpose)?.(subject, issues, terms);
  if (!terms.isAzure) warnOfPurpose(purpose, { issues, nowMs: terms.nowMs });

  return {
    reader,
    hasErrors: () => issues.told().errorCount > 0,
    result() {
      const [lines, models] = [reader?.lines?.(), reader?.models?.()];
      return {
        path,
        bytes,
        purpose,
        ...(lines !== undefined && { lines }),
        ...(models !== undefined && { models }),
        ...issues.told(),
      };
    },
  };
}

/** A reader that can also tell which lines and models it has seen. */
interface PurposeReader extends ByteReader {
  lines?(): number | undefined;
  models?(): readonly string[];
}

type CheckPurpose = (subject: Subject, issues: IssueList, terms: Terms) => PurposeReader | undefined;

const PURPOSES: ReadonlyMap<string, CheckPurpose> = new Map<string, CheckPurpose>([
  ['batch', checkBatch],
  ['fine-tune', checkFineTune],
  ['assistants', checkAssistants],
  ['user_data', checkUserData],
]);

/**
 * Azure treats a byte-order mark as an error in a batch, and asks for one in a file for
 * fine-tuning:
 * https://learn.microsoft.com/azure/ai-services/openai/how-to/batch and …/how-to/fine-tuning
 */
function checkBatch(
  { filename, bytes }: Subject,
  issues: IssueList,
  terms: Terms,
): PurposeReader | undefined {
  checkEnding(filename, issues);
  checkSize(bytes, { megabytes: 200, of: 'a batch', hint: SPLIT_HINT }, issues);
  if (bytes > MAX_BATCH_BYTES_READ) return undefined;

  const rules = createBatchRules(issues, terms);
  const onMark = () => issues[terms.isAzure ? 'error' : 'warning'](MARK_ISSUE);
  return { ...createJsonlReader(rules, issues, onMark), models: rules.models };
}

function checkFineTune({ filename }: Subject, issues: IssueList, terms: Terms): PurposeReader {
  checkEnding(filename, issues);
  const onMark = terms.isAzure ? undefined : () => issues.warning(MARK_ISSUE);
  return createJsonlReader(createFineTuneRules(issues), issues, onMark);
}

function checkEnding(filename: string, issues: IssueList): void {
  if (filename.endsWith('.jsonl')) return;
  const issue = {
    code: 'wrong_extension',
    hint: hint`Give it another name with ${option('filename')}.`,
  } as const;
  if (filename.toLowerCase().endsWith('.jsonl'))
    issues.warning({ ...issue, message: 'its name should end in .jsonl, in small letters' });
  else issues.error({ ...issue, message: 'its name does not end in .jsonl' });
}

/** Formats that are not text, so nothing in them is checked. */
const BINARY = ['.doc', '.docx', '.pdf', '.pptx'];

/** The code interpreter takes these too, but file search does not read them. */
const OTHER_TYPES = '.csv .gif .jpeg .jpg .pkl .png .tar .webp .xlsx .xml .zip'.split(' ');

function checkAssistants({ filename, bytes }: Subject, issues: IssueList): ByteReader | undefined {
  checkSize(bytes, { megabytes: 512, of: 'a file for assistants' }, issues);
  const extension = extname(filename).toLowerCase();
  if (extension in FILE_SEARCH_TYPES)
    return BINARY.includes(extension) ? undefined : createTextReader(issues);

  const code = 'wrong_extension';
  const readable = `It can read ${Object.keys(FILE_SEARCH_TYPES).join(' ')}.`;
  const name = extension === '' ? 'a name without an ending' : `a name that ends in ${extension}`;
  if (OTHER_TYPES.includes(extension))
    issues.warning({ code, message: `file search does not read a file with ${name}`, hint: readable });
  else
    issues.error({
      code,
      message: `neither file search nor the code interpreter takes ${name}`,
      hint: readable,
    });
  return undefined;
}

/** A larger file can be stored, but no model takes it as input. */
function checkUserData({ bytes }: Subject, issues: IssueList): undefined {
  if (bytes <= 50_000_000) return;
  const message = `it has ${bytes.toLocaleString('en')} bytes; a file that is input of a model can have at most 50 MB`;
  issues.warning({ code: 'too_large', message });
}

/**
 * The API's limits are in MB, and no document says whether that means MB or MiB. A file over the
 * larger of the two is an error. A file between them is a warning.
 */
function checkSize(
  bytes: number,
  limit: { readonly megabytes: number; readonly of: string; readonly hint?: Hint },
  issues: IssueList,
): void {
  const { megabytes, of, hint: advice } = limit;
  if (bytes <= megabytes * 1e6) return;

  const code = 'too_large';
  const message = `it has ${bytes.toLocaleString('en')} bytes; ${of} has at most ${megabytes} MB`;
  if (bytes > megabytes * 1024 ** 2) issues.error({ code, message, ...(advice && { hint: advice }) });
  else issues.warning({ code, message: `${message}, and OpenAI does not say whether these are MB or MiB` });
}
