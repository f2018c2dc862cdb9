import type { UploadEvent } from '../../index.ts';
import { escapeControl, escapeJson } from '../../ui/escape.ts';
import { errorLines, exchangeLines, issueLines, noticeLine, requestLine } from '../../ui/notice-lines.ts';
import { checkedLine, piecePlanLine, planLine } from '../../ui/outcome-lines.ts';
import { type Paint, paint } from '../../ui/paint.ts';
import type { ExpectedUpload, ProgressView } from '../../ui/progress-view.ts';
import type { Display } from '../display.ts';
import { exitCodeOf, type StopSignal } from '../exit-codes.ts';
import type { Failure, Outcome, Shown } from '../outcome.ts';
import { withFlags } from '../parse-values.ts';
import type { Flags } from '../settings.ts';
import { headlineOf, nameOf } from './headline.ts';
import { hintFor, nextCommand } from './next-command.ts';
import { outcomeJson } from './outcome-json.ts';
import { shownCheck } from './shown-check.ts';

/** Reports what happens to people and scripts: results on stdout, everything else on stderr. */
export interface Reporter {
  expect(uploads: readonly ExpectedUpload[] | undefined): void;
  found(index: number, upload: ExpectedUpload): void;
  onEvent(event: UploadEvent, index?: number): void;
  /** A line beside the progress, for people. */
  note(text: string): void;
  /** Shows a failure to people, at once and only once. `index`: of the argument that has failed. */
  failure(failure: Failure, index?: number): void;
  /** @returns the exit code this outcome stands for */
  outcome(outcome: Outcome, stoppedBy: StopSignal | undefined): number;
}

export async function createReporter(options: {
  readonly stdout: NodeJS.WritableStream;
  readonly view: ProgressView;
  readonly display: Display;
  readonly flags: Flags;
}): Promise<Reporter> {
  const { stdout, view, display, flags } = options;
  const colors = await paint(display.color);

  const show = ({ objects, lines, notes, hints = [] }: Shown) => {
    for (const line of display.json ? objects.map(escapeJson) : lines) stdout.write(`${line}\n`);
    if (!display.quiet) for (const note of notes) view.line(note);
    for (const hint of hints) view.line(hint);
    return 0;
  };

  const told = new WeakSet<Failure>();

  const failure = (failed: Failure, index?: number) => {
    if (index !== undefined) view.failed(index);
    if (failed.wasSkipped || told.has(failed)) return;

    told.add(failed);
    const { facts } = failed.error;
    // The command for all of the job is told once, at its end.
    const next = failed.jobCommand === undefined ? nextCommand(failed, flags) : null;
    const text = { message: headlineOf(failed, flags), hint: hintFor(failed, flags), nextCommand: next };
    const [headline, ...rest] = errorLines({ ...text, timeLeftMs: facts.timeLeftMs });
    const { issues = [], issueCount = 0 } = facts;
    // The headline names the only one.
    const list = issueCount > 1 ? issueLines(issues.map(withFlags), issueCount) : [];
    const lines = [colors.bad(headline ?? ''), ...list, ...rest, ...(failed.choices ?? [])];
    for (const line of lines) view.line(line);
  };

  return {
    expect: (uploads) => view.expect(uploads),
    found: (index, upload) => view.found(index, upload),
    failure,
    note(text) {
      if (!display.quiet) view.line(text);
    },
    onEvent(event, index = 0) {
      view.onEvent(event.type === 'warning' ? { ...event, issue: withFlags(event.issue) } : event, index);
      const isSilent = display.quiet || display.progress === 'json';
      const lines = isSilent ? [] : eventLines(event, display, colors);
      // A warning names its file itself.
      for (const line of lines) view.line(line, event.type === 'warning' ? undefined : index);
    },
    outcome(outcome, stoppedBy) {
      // Of an upload the view knows that it is over, and others may go on, perhaps for a while
      // without an event.
      const isOfUpload =
        outcome.status === 'completed' ||
        outcome.status === 'skipped' ||
        (outcome.status === 'failed' && told.has(outcome));
      if (!isOfUpload) view.stop();
      if (outcome.status === 'shown') return show(outcome.shown);
      if (outcome.status === 'diagnosed') {
        show(shownCheck(outcome.check));
        return outcome.check.error ? exitCodeOf(outcome.check.error.code, stoppedBy) : 0;
      }

      const exitCode = outcome.status === 'failed' ? exitCodeOf(outcome.error.code, stoppedBy) : 0;

      view.aside(() => {
        if (display.json) {
          stdout.write(`${escapeJson(outcomeJson(outcome, resumeCommand(outcome, flags), stoppedBy))}\n`);
        } else if (outcome.status === 'completed') {
          stdout.write(`${escapeControl(outcome.result.fileId)}\n`);
        }
      });
      if (outcome.status === 'failed') failure(outcome);
      const line = display.quiet ? undefined : outcomeLine(outcome, flags);
      if (line !== undefined) view.line(line);

      return exitCode;
    },
  };
}

/** Lines beside the progress, which the view shows itself. */
function eventLines(event: UploadEvent, display: Display, colors: Paint): readonly string[] {
  if (event.type === 'request' && display.verbose)
    return [...exchangeLines(event), requestLine(event)].map(colors.faint);
  const notice = noticeLine(event);
  return notice === undefined ? [] : [colors.warn(notice)];
}

function resumeCommand(outcome: Outcome, flags: Flags): string | null {
  if (outcome.status !== 'failed') return null;
  const isCancel = 'command' in outcome.subject && outcome.subject.command === 'cancel';
  return isCancel ? null : (outcome.jobCommand ?? nextCommand(outcome, flags));
}

/** For people. The view reports uploads itself. */
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

function cancelLine({
  uploadId,
  status,
  wasOpen,
}: {
  uploadId: string;
  status: string;
  wasOpen: boolean;
}): string {
  return `${escapeControl(uploadId)}: ${wasOpen ? status : `${status} already`}`;
}
