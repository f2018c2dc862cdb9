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

/** Errors after which the same call may succeed a little later. */
const AGAIN: ReadonlySet<UploadErrorCode> = new Set([
  'network',
  'stalled',
  'server_error',
  'rate_limited',
  'authentication',
  'quota',
  'interrupted',
]);

/** Errors that leave the session intact. Another run may well finish the upload. */
const RESUMABLE: ReadonlySet<UploadErrorCode> = new Set([
  ...AGAIN,
  'session_unwritable',
  'session_locked',
  'request_refused',
  'source_not_found',
  'source_unreadable',
  'completion_unknown',
]);

/** Errors after which only a new upload can succeed. */
const OVER: ReadonlySet<UploadErrorCode> = new Set([
  'upload_expired',
  'upload_cancelled',
  'integrity',
  'source_changed',
]);

/** Whether another push is what helps, if anything can. */
export function needsNewPush({ code, facts }: UploadError): boolean {
  const { needsOption, mayCountTwice, isFinal, canReuploadChanged } = facts;
  return needsOption || (mayCountTwice && isFinal) || (OVER.has(code) && canReuploadChanged !== true);
}

/** Returns the command that may succeed after a failure; null when none can. */
export function nextCommand(
  { error, subject }: Pick<Failure, 'error' | 'subject'>,
  flags: Flags,
): string | null {
  const { belongsTo, differsIn = [], spoolPath, isFinal } = error.facts;
  if (spoolPath !== undefined) return pushSpoolCommand(spoolPath, flags);
  if (needsNewPush(error)) return newPushCommand({ error, subject }, flags);
  // The same request would be refused again.
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

/** Adds the options that the hint names when the failure is for lack of them. */
function newPushCommand({ error, subject }: Pick<Failure, 'error' | 'subject'>, flags: Flags): string | null {
  const { path, repush, canStartOver, needsOption } = error.facts;
  // After an upload that expired, a new one may have a faster link.
  const isHopeless = canStartOver === false && error.code !== 'upload_expired';
  if (path === undefined || repush === undefined || isHopeless) return null;

  const options = needsOption ? error.hintParts.filter((part) => typeof part !== 'string') : [];
  const asked = 'path' in subject ? flags : { color: true };
  return pushAgainCommand({ path, repush, options }, asked, flags);
}

/** Returns the profile of a session that does not belong to the current settings. */
function profileOf({ facts }: UploadError, { profiles }: Flags): string | undefined {
  return facts.belongsTo && profileFor(facts.belongsTo, profiles);
}

/** Without an upload there is nothing to resume, so the same command has to run again. */
export function hintFor({ error, jobCommand }: Failure, flags: Flags): string {
  const profile = profileOf(error, flags);
  const advice = formatHintAsFlags(error.hintParts);
  if (profile !== undefined) return `It belongs to ${formatProfile(profile)}.`;
  if (jobCommand !== undefined) return advice;
  if (error.uploadId !== undefined || error.facts.spoolPath !== undefined || !AGAIN.has(error.code))
    return advice;
  return advice === '' ? 'Run the same command again.' : `${advice} Then run the same command again.`;
}
