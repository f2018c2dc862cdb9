import type { UploadError, UploadErrorCode } from '../../index.ts';
import { shellCommand, shellQuote } from '../../ui/shell-command.ts';
import { formatProfile, profileFor } from '../config/profiles.ts';
import type { Failure } from '../outcome.ts';
import { formatHintAsFlags } from '../parse-values.ts';
import type { Flags } from '../settings.ts';
import {
  formatObstacle,
  pushAgainCommand,
  pushSpoolCommand,
  reaching,
  repeatedFlags,
} from './session-command.ts';

/** After these the same call may go well a little later. */
const AGAIN: ReadonlySet<UploadErrorCode> = new Set([
  'network',
  'stalled',
  'server_error',
  'rate_limited',
  'authentication',
  'quota',
  'interrupted',
]);

/** After these the session is whole, and another run may well bring it to its end. */
const RESUMABLE: ReadonlySet<UploadErrorCode> = new Set([
  ...AGAIN,
  'session_unwritable',
  'session_locked',
  'request_refused',
  'source_not_found',
  'source_unreadable',
  'completion_unknown',
]);

/** After these only a new upload has a chance. */
const OVER: ReadonlySet<UploadErrorCode> = new Set([
  'upload_expired',
  'upload_cancelled',
  'integrity',
  'source_changed',
]);

/** Whether another push is what helps, if anything does. */
export function needsNewPush({ code, facts }: UploadError): boolean {
  return facts.needsOption === true || (OVER.has(code) && facts.canReuploadChanged !== true);
}

/** What to run to go on from a failure, when that has a chance. */
export function nextCommand(
  { error, subject }: Pick<Failure, 'error' | 'subject'>,
  flags: Flags,
): string | null {
  const { belongsTo, differsIn = [], spoolPath, isFinal } = error.facts;
  if (spoolPath !== undefined) return pushSpoolCommand(spoolPath, flags);
  if (needsNewPush(error)) return newPushCommand({ error, subject }, flags);
  // Sent once more as it is, it would be refused once more.
  if (isFinal) return null;

  const canSendChanged = error.facts.canReuploadChanged === true;
  const other = belongsTo && { ...belongsTo, differsIn };
  const isReachable = other !== undefined && formatObstacle(other, flags) === '';
  if (error.uploadId === undefined || !(RESUMABLE.has(error.code) || canSendChanged || isReachable))
    return null;

  const command = error.facts.freedBy ?? ('command' in subject ? subject.command : 'resume');
  const words = [`openai-upload ${command}`, ...repeatedFlags(other ? reaching(other, flags) : flags)];
  if (canSendChanged) words.push('--reupload-changed');
  if (flags.wait && command === 'resume') words.push('--wait');
  if (error.uploadId.startsWith('-')) words.push('--');

  return shellCommand([...words, shellQuote(error.uploadId)]);
}

/** With the options that the hint names, if it is for lack of them. */
function newPushCommand({ error, subject }: Pick<Failure, 'error' | 'subject'>, flags: Flags): string | null {
  const { path, repush, canStartOver, needsOption } = error.facts;
  if (path === undefined || repush === undefined || canStartOver === false) return null;

  const options = needsOption ? error.hintParts.filter((part) => typeof part !== 'string') : [];
  const asked = 'path' in subject ? flags : { color: true };
  return pushAgainCommand({ path, repush, options }, asked, flags);
}

/** The one that a session is of, when it is not of what is set. */
function profileOf({ facts }: UploadError, { profiles }: Flags): string | undefined {
  return facts.belongsTo && profileFor(facts.belongsTo, profiles);
}

/** Without an upload there is nothing to resume, only the same command. */
export function hintFor({ error, jobCommand }: Failure, flags: Flags): string {
  const profile = profileOf(error, flags);
  const advice = formatHintAsFlags(error.hintParts);
  if (profile !== undefined) return `It is of ${formatProfile(profile)}.`;
  if (jobCommand !== undefined) return advice;
  if (error.uploadId !== undefined || error.facts.spoolPath !== undefined || !AGAIN.has(error.code))
    return advice;
  return advice === '' ? 'Run the same command again.' : `${advice} Then run the same command again.`;
}
