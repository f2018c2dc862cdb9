import { type CancelResult, concernsAll, type UploadEvent } from '../../index.ts';
import { escapeControl, escapeJson } from '../../ui/escape.ts';
import { errorLines, exchangeLines, issueLines, noticeLine, requestLine } from '../../ui/notice-lines.ts';
import { checkedLine, piecePlanLine, planLine } from '../../ui/outcome-lines.ts';
import type { Output } from '../../ui/output.ts';
import { type Paint, paint } from '../../ui/paint.ts';
import type { ProgressView, UploadListener } from '../../ui/progress-view.ts';
import type { Display } from '../display.ts';
import { exitCodeOf, type StopSignal } from '../exit-codes.ts';
import type { Failure, Outcome, Shown } from '../outcome.ts';
import { withFlags } from '../parse-values.ts';
import type { Flags } from '../settings.ts';
import { headlineOf, hintFor, listedOf, nameOf, needsNewPush, nextCommand } from './failure-text.ts';
import { outcomeJson } from './outcome-json.ts';

/** Reports to people and scripts: results go to stdout, everything else to stderr. */
export interface Reporter extends UploadListener {
  /** Shows people a line beside the progress. */
  note(text: string): void;
  /** Shows people a failure at once, and only once. `index` is that of the argument that failed. */
  onFailure(failure: Failure, index?: number): void;
  /** @returns the exit code this outcome stands for */
  outcome(outcome: Outcome, stoppedBy: StopSignal | undefined): number;
  /** Writes what is left and stops the progress. */
  close(): void;
}

/**
 * At most this many failures are listed at the end. The journal of the job and `--json` have all.
 */
const MAX_LISTED = 20;
const NONE_FAILED = { count: 0, first: [] };

export async function createReporter(options: {
  readonly stdout: Output;
  readonly view: ProgressView;
  readonly display: Display;
  readonly flags: Flags;
}): Promise<Reporter> {
  const { stdout, view, display, flags } = options;
  const colors = await paint(display.color);

  let isMany = false;
  let failed: { readonly count: number; readonly first: readonly string[] } = NONE_FAILED;

  const listFailures = () => {
    const { count, first } = failed;
    failed = NONE_FAILED;
    if (count === 0) return [];
    const omitted = count - first.length;
    const more = omitted > 0 ? [`  and ${omitted.toLocaleString('en')} more`] : [];
    return ['failed:', ...first.map((line) => `  ${escapeControl(line)}`), ...more];
  };

  /** Lines for stdout that are written together, because a call for each of thousands takes long. */
  let unwritten: string[] = [];
  const flush = () => {
    if (unwritten.length === 0) return;
    const text = unwritten.join('');
    unwritten = [];
    view.aside(() => stdout.write(text));
  };
  const put = (line: string) => {
    if (unwritten.length === 0) setImmediate(flush);
    unwritten.push(`${line}\n`);
  };

  const show = ({ objects = [], lines = [], notes: given = [], hints = [], isSummary }: Shown) => {
    const notes = isSummary ? [...listFailures(), ...given] : given;
    const texts = display.json
      ? objects.map((object) => (typeof object === 'string' ? object : escapeJson(object)))
      : lines;
    for (const text of texts) put(text);
    flush();
    if (!display.quiet) for (const note of notes) view.line(note);
    for (const hint of hints) view.line(hint);
  };

  const told = new WeakSet<Failure>();

  const onFailure = (known: Failure, index?: number) => {
    if (known.wasSkipped || told.has(known)) return;

    told.add(known);
    if (index !== undefined) view.ended(index, 'failed');
    const { facts, code } = known.error;
    // A failure that ends the run is shown at its end anyway.
    if (!concernsAll(code)) {
      const first = failed.count < MAX_LISTED ? [...failed.first, listedOf(known, flags)] : failed.first;
      failed = { count: failed.count + 1, first };
    }

    // The last line of a job counts what was stopped with it. A single file has no such line.
    if (isMany && code === 'interrupted' && known.jobCommand !== undefined) return;

    // The command that continues the whole job is shown once, at the end.
    const next = known.jobCommand === undefined ? nextCommand(known, flags) : null;
    const text = { message: headlineOf(known, flags), hint: hintFor(known, flags), nextCommand: next };
    const timeLeftMs = needsNewPush(known.error) ? undefined : facts.timeLeftMs;
    const [headline, ...rest] = errorLines({ ...text, timeLeftMs });
    const { issues = [], issueCount = 0 } = facts;
    // The headline names a single issue.
    const list = issueCount > 1 ? issueLines(issues.map(withFlags), issueCount) : [];
    const lines = [colors.bad(headline ?? ''), ...list, ...rest, ...(known.choices ?? [])];
    for (const line of lines) view.line(line);
  };

  return {
    expect(uploads) {
      isMany = uploads?.length !== 1;
      view.expect(uploads);
    },
    ended: view.ended,
    found: view.found,
    foundAll: view.foundAll,
    onFailure,
    note(text) {
      if (!display.quiet) view.line(text);
    },
    onEvent(event, index = 0) {
      view.onEvent(event.type === 'warning' ? { ...event, issue: withFlags(event.issue) } : event, index);
      // With many files, the totals count the retries.
      const isCounted = event.type === 'retry' && isMany && !display.verbose;
      // With --if-not-uploaded, a repeated upload is intended: the earlier file is gone.
      const isMeant = event.type === 'repeated' && flags.ifNotUploaded === true;
      const isLeftOut = display.quiet || display.progress === 'json' || isCounted || isMeant;
      const lines = isLeftOut ? [] : eventLines(event, display, colors);
      // A warning names its own file.
      for (const line of lines) view.line(line, event.type === 'warning' ? undefined : index);
    },
    outcome(outcome, stoppedBy) {
      // The view knows that an upload is over. Others may go on, perhaps without an event for a
      // while.
      const isUnremarkable = outcome.status === 'checked' && isMany;
      const isOfUpload =
        isUnremarkable ||
        outcome.status === 'completed' ||
        outcome.status === 'skipped' ||
        (outcome.status === 'failed' && told.has(outcome));
      if (!isOfUpload) view.stop();
      if (outcome.status === 'shown') {
        show(outcome);
        return outcome.error ? exitCodeOf(outcome.error.code, stoppedBy) : 0;
      }

      const exitCode = outcome.status === 'failed' ? exitCodeOf(outcome.error.code, stoppedBy) : 0;

      if (display.json) put(escapeJson(outcomeJson(outcome, resumeCommand(outcome, flags), stoppedBy)));
      else if (outcome.status === 'completed') put(escapeControl(outcome.result.fileId));
      if (outcome.status !== 'completed') flush();

      if (outcome.status === 'failed') onFailure(outcome);
      const line = display.quiet || isUnremarkable ? undefined : outcomeLine(outcome, flags);
      if (line !== undefined) view.line(line);

      return exitCode;
    },
    close() {
      flush();
      view.stop();
    },
  };
}

/** Returns the lines to show beside the progress. The view itself shows the progress. */
function eventLines(event: UploadEvent, display: Display, colors: Paint): readonly string[] {
  if (event.type === 'request' && display.verbose)
    return [...exchangeLines(event), requestLine(event)].map((line) => colors.faint(line));
  const notice = noticeLine(event);
  return notice === undefined ? [] : [colors.warn(notice)];
}

function resumeCommand(outcome: Outcome, flags: Flags): string | null {
  if (outcome.status !== 'failed') return null;
  const isCancel = 'command' in outcome.subject && outcome.subject.command === 'cancel';
  if (isCancel) return null;
  if (outcome.jobCommand !== undefined) return outcome.jobCommand;
  return outcome.wasSkipped ? null : nextCommand(outcome, flags);
}

/** Returns the line for people. The view itself reports uploads. */
function outcomeLine(outcome: Outcome, flags: Flags): string | undefined {
  if (outcome.status === 'cancelled') return cancelLine(outcome.result);
  if (outcome.status === 'checked')
    return checkedLine(outcome.result, nameOf(outcome.result.path, flags) ?? undefined);
  if (outcome.status === 'skipped') return skippedLine(outcome);
  if (outcome.status !== 'planned') return undefined;
  return outcome.piece ? piecePlanLine(outcome.result, outcome.piece) : planLine(outcome.result);
}

function skippedLine({ path, error }: Extract<Outcome, { status: 'skipped' }>): string {
  return escapeControl(`skipped ${path}: ${error.message}`);
}

function cancelLine({ uploadId, status, wasOpen }: CancelResult): string {
  return `${escapeControl(uploadId)}: ${wasOpen ? status : `${status} already`}`;
}
