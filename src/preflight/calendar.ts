import { type IssueList, quote } from './issues.ts';

/** The source of all dates below, as it was on 28 November 2026. */
const SOURCE = 'https://developers.openai.com/api/docs/deprecations';

/**
 * When OpenAI shuts down models. A name also stands for its dated snapshots and for what was
 * fine-tuned from it, but a snapshot with a date of its own is listed separately. The list has the
 * models that a batch can name, and none for sound.
 */
const MODELS: Readonly<Record<string, string>> = {
  '2026-07-23':
    'computer-use-preview gpt-4o-search-preview gpt-4o-mini-search-preview gpt-5-chat-latest gpt-5-codex gpt-5.1-chat-latest gpt-5.1-codex gpt-5.1-codex-max gpt-5.1-codex-mini gpt-5.2-codex o3-deep-research o4-mini-deep-research',
  '2026-08-10': 'gpt-5.2-chat-latest gpt-5.3-chat-latest',
  '2026-09-24': 'sora-2 sora-2-pro',
  '2026-09-28': 'gpt-3.5-turbo-instruct gpt-3.5-turbo-1106 babbage-002 davinci-002',
  '2026-10-23':
    'gpt-3.5-turbo gpt-3.5-turbo-0125 gpt-4 gpt-4-0613 gpt-4-1106-preview gpt-4-turbo gpt-4.1-nano gpt-4o-2024-05-13 gpt-image-1 o1 o1-pro o3-mini o4-mini',
  '2026-12-01': 'gpt-image-1-mini gpt-image-1.5 chatgpt-image-latest',
  '2026-12-11': 'gpt-5 gpt-5-mini gpt-5-nano gpt-5-pro o3 o3-pro',
  '2027-01-14': 'gpt-4o gpt-4o-mini gpt-4.1 gpt-4.1-mini',
  '2027-04-01': 'gpt-5.1 gpt-5.3-codex gpt-5.4-nano',
};

const MODEL_DATES: ReadonlyMap<string, string> = new Map(
  Object.entries(MODELS).flatMap(([date, names]) => names.split(' ').map((name) => [name, date] as const)),
);

/** Endpoints that a batch can still name but no longer use. */
const ENDPOINT_DATES: ReadonlyMap<string, string> = new Map([['/v1/videos', '2026-09-24']]);

/** What OpenAI ends for the files of a purpose. */
const PURPOSES: ReadonlyMap<string, readonly { readonly date: string; readonly end: string }[]> = new Map([
  [
    'evals',
    [
      { date: '2026-10-31', end: 'make evals read-only' },
      { date: '2026-11-30', end: 'shut down evals' },
    ],
  ],
  ['fine-tune', [{ date: '2027-01-06', end: 'stop taking new fine-tuning jobs' }]],
]);

/** Where to report the date of a model or an endpoint. */
interface Place {
  readonly line: number;
  readonly issues: IssueList;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

export function warnOfModel(model: string, { line, issues, nowMs }: Place): void {
  const date = shutdownDateOf(model);
  if (date === undefined) return;
  const message = announcement(`shut down the model ${quote(model)}`, date, nowMs);
  issues.warning({ code: 'shutdown', line, message });
}

export function warnOfEndpoint(url: string, { line, issues, nowMs }: Place): void {
  const date = ENDPOINT_DATES.get(url);
  if (date === undefined) return;
  issues.warning({ code: 'shutdown', line, message: announcement(`shut down ${url}`, date, nowMs) });
}

export function warnOfPurpose(purpose: string, { issues, nowMs }: Omit<Place, 'line'>): void {
  for (const { date, end } of PURPOSES.get(purpose) ?? [])
    issues.warning({ code: 'shutdown', message: announcement(end, date, nowMs) });
}

/**
 * Returns the date on which OpenAI shuts down a model (YYYY-MM-DD); undefined when none is known.
 */
export function shutdownDateOf(model: string): string | undefined {
  const base = model.startsWith('ft:') ? (model.split(':')[1] ?? '') : model;
  return MODEL_DATES.get(base) ?? MODEL_DATES.get(base.replace(/-\d{4}-\d{2}-\d{2}$/, ''));
}

/** Whether a date (YYYY-MM-DD) has come, in UTC. */
export function hasCome(date: string, nowMs: number): boolean {
  return date <= new Date(nowMs).toISOString().slice(0, 10);
}

/** Formats a date (YYYY-MM-DD) for people. */
export function formatDate(date: string): string {
  const form = { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' } as const;
  return new Date(date).toLocaleDateString('en-GB', form);
}

/** Says only what was announced, because it is not known here whether that happened. */
function announcement(end: string, date: string, nowMs: number): string {
  return `OpenAI ${hasCome(date, nowMs) ? 'was' : 'is'} to ${end} on ${formatDate(date)} (${SOURCE})`;
}
