import type { Account, SessionSummary } from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import { formatDuration, formatOwner, sentPercent } from '../../ui/format.ts';
import { formatProfile, profileFor } from '../config/profiles.ts';
import type { Flags } from '../settings.ts';
import { formatObstacle, sessionCommand } from './session-command.ts';

/** Says why an unfinished upload or job is not among the choices. */
export function leftOutLine(id: string, of: Account, { profiles }: Flags): string {
  const [known, baseUrl] = [id, of.baseUrl].map(escapeControl);
  const profile = profileFor(of, profiles);
  const whose =
    profile === undefined ? `another account, or another server (${baseUrl})` : formatProfile(profile);
  return `${known} is left out: it belongs to ${whose}`;
}

/** Describes an unfinished upload in one line, which ends with the command for it. */
export function choiceLine(command: 'resume' | 'cancel', session: SessionSummary, flags: Flags): string {
  const { filename, timeLeftMs, lockedBy } = session;
  const words = [
    escapeControl(filename),
    `${sentPercent(session)} %`,
    timeLeftMs === null ? '' : `${formatDuration(timeLeftMs)} left`,
    lockedBy === null ? '' : `${formatOwner(lockedBy)} is working on it`,
    formatObstacle(session, flags),
  ].filter(Boolean);
  const next = sessionCommand(command, session, flags) ?? escapeControl(session.uploadId);
  return `  ${words.join(', ')}: ${next}`;
}
