import { resolve } from 'node:path';
import type { OptionMention, RepushOptions, SessionDetails, SessionSummary } from '../../index.ts';
import { mayHoldSecret } from '../../model/base-url.ts';
import { formatOwner, formatSource } from '../../ui/format.ts';
import { type ShellWord, shellCommand, shellQuote } from '../../ui/shell-command.ts';
import { profileFor } from '../config/profiles.ts';
import { formatHintAsFlags, formatSize } from '../parse-values.ts';
import type { Flags } from '../settings.ts';

/** The account of a session, and where it differs from the current settings. */
type Elsewhere = Pick<SessionSummary, 'baseUrl' | 'organization' | 'project' | 'differsIn'>;

/**
 * Returns a command about a saved session, with all the flags it needs to reach it from where the
 * user is. Null when one of them cannot be written for every shell.
 */
export function sessionCommand(command: string, session: SessionSummary, flags: Flags): string | null {
  return commandFor(command, session.uploadId, reaching(session, flags));
}

/**
 * Says what the user must do first; empty when nothing must be done. Only the user may set the
 * server of a session: a record may have been changed, and its base URL in a command to copy would
 * send the key and the file to a stranger. A flag can name another organization, but not none.
 */
export function formatObstacle(session: Elsewhere, flags: Flags): string {
  if (profileFor(session, flags.profiles) !== undefined) return '';
  if (session.differsIn.includes('baseUrl')) return 'set its base URL first, if you trust that server';
  const names = session.differsIn.filter((field) => session[field] === null);
  return names.length === 0 ? '' : `unset the ${names.join(' and the ')} first`;
}

/**
 * Returns the command that continues a session. Null when there is nothing to run, or no flag would
 * do.
 */
export function nextSessionCommand(session: SessionDetails, flags: Flags): string | null {
  return formatObstacle(session, flags) === '' ? commandOf(session, flags) : null;
}

/** The same for people, with the reason when there is nothing to run. */
export function formatNext(session: SessionDetails, flags: Flags): string | null {
  const { next, lockedBy, source } = session;
  if (next === 'wait' && lockedBy !== null) return `let ${formatOwner(lockedBy)} finish`;
  if (next === 'push' && session.isSlices) return 'push the source again with --split, which cuts it again';
  if (next === 'source') return `nothing: the source ${formatSource(source)}`;
  const [command, obstacle] = [commandOf(session, flags), formatObstacle(session, flags)];
  return command === null || obstacle === '' ? command : `${obstacle}, then: ${command}`;
}

function commandOf(session: SessionDetails, flags: Flags): string | null {
  const { next, restartedAs, repush, path, spool, status } = session;
  if (restartedAs !== null) return commandFor('status', restartedAs, flags);
  if (next === 'resume') return sessionCommand('resume', session, flags);
  if (next === 'restart') return sessionCommand('resume --restart', session, flags);
  // The bytes of a stream may be kept after the end of its upload.
  const source = status === 'cancelled' && spool !== null ? spool : path;
  return repush === null ? null : pushCommand(source, repush, reaching(session, flags));
}

/**
 * Returns the given flags, but with the session's profile or account where those differ. The
 * session's server is never included: see `formatObstacle`.
 */
export function reaching(session: Elsewhere, flags: Flags): Flags {
  const profile = session.differsIn.length === 0 ? undefined : profileFor(session, flags.profiles);
  if (profile !== undefined) return inProfile(profile, flags);
  const account = session.differsIn.filter((field) => field !== 'baseUrl');
  const own = account.map((field) => [field, session[field] ?? undefined]);
  return { ...flags, ...Object.fromEntries(own) };
}

/** The values of the profile take the place of the given flags. */
function inProfile(profile: string, flags: Flags): Flags {
  const { baseUrl: _, organization: __, project: ___, auth: ____, keyCommand: _____, ...rest } = flags;
  return { ...rest, profile };
}

/** Returns a command about an upload. When it sends parts, it has the limits of this run. */
export function commandFor(command: string, uploadId: string, flags: Flags): string | null {
  const limits = command.startsWith('resume') ? limitFlags(flags) : [];
  const end = uploadId.startsWith('-') ? ['--', shellQuote(uploadId)] : [shellQuote(uploadId)];
  return shellCommand([`openai-upload ${command}`, ...repeatedFlags(flags), ...limits, ...end]);
}

/**
 * Returns the command that pushes what an earlier push read from standard input, with its flags.
 */
export function pushSpoolCommand(path: string, flags: Flags): string | null {
  const { purpose = '', expiresAfter, md5, ...others } = flags;
  const lifetime = expiresAfter === undefined ? {} : { expiresAfterSeconds: expiresAfter / 1000 };
  return pushCommand(path, { ...others, purpose, ...lifetime, ...(md5 === false && { md5 }) }, flags);
}

/**
 * Returns the command that repeats a push as a new upload. It keeps the flags of that push, except
 * those that `options` replace.
 */
export function pushAgainCommand(
  { path, repush, options }: Anew,
  asked: Partial<Flags>,
  flags: Flags,
): string | null {
  const { partSize, check, ifNotUploaded, wait } = notFromConfig({ color: true, ...asked });
  const isReplaced = options.some(({ option }) => option === 'partBytes');
  const again = { ...repush, check, ifNotUploaded, wait, partSize: isReplaced ? undefined : partSize };
  const words = options.map((each) => formatHintAsFlags([each]));
  return pushCommand(path, again, flags, words);
}

interface Anew {
  readonly path: string;
  readonly repush: RepushOptions;
  readonly options: readonly OptionMention[];
}

type Again = RepushOptions & {
  readonly [Name in 'partSize' | 'check' | 'ifNotUploaded' | 'wait']?: Flags[Name] | undefined;
};

function pushCommand(path: string, again: Again, flags: Flags, more: readonly string[] = []): string | null {
  const { purpose, filename, mimeType, expiresAfterSeconds, partSize, md5, check, ifNotUploaded, wait } =
    again;

  const given = flagWords({
    '--purpose': purpose,
    '--filename': filename,
    '--mime-type': mimeType,
    '--expires-after': expiresAfterSeconds && `${expiresAfterSeconds}s`,
    '--part-size': partSize,
  });
  if (md5 === false) given.push('--no-md5');
  if (check === false) given.push('--no-check');
  if (ifNotUploaded) given.push('--if-not-uploaded');
  if (wait) given.push('--wait');

  const end = path.startsWith('-') && path !== '-' ? ['--', shellQuote(path)] : [shellQuote(path)];
  const own = [...given, ...limitFlags(flags), ...more];
  return shellCommand(['openai-upload push', ...repeatedFlags(flags), ...own, ...end]);
}

/**
 * Returns the flags that the next command needs to reach the same session, as they were given.
 * Values from the configuration are left out, because they also apply to the next command. No
 * command has a secret: with one in the base URL there is none.
 */
export function repeatedFlags(flags: Flags): ShellWord[] {
  const { profile, stateDir, baseUrl, organization, project, auth, keyCommand, ...others } =
    notFromConfig(flags);
  const [cert, key] = [
    others.mtlsClientCertFile || others.clientCert,
    others.mtlsClientKeyFile || others.clientKey,
  ];
  if (baseUrl !== undefined && mayHoldSecret(baseUrl)) return [null];
  const words = flagWords({
    '--profile': profile || undefined,
    '--state-dir': stateDir && resolve(stateDir),
    '--base-url': baseUrl,
    '--organization': organization,
    '--project': project,
    '--auth': auth,
    '--key-command': keyCommand,
    '--mtls-client-cert-file': cert && resolve(cert),
    '--mtls-client-key-file': key && resolve(key),
  });

  return flags.insecureHttp ? [...words, '--insecure-http'] : words;
}

/** Returns the flags that spare the link and the server, which hold for the rest of an upload too. */
function limitFlags(flags: Flags): ShellWord[] {
  const { limitRate, maxRequests } = notFromConfig(flags);
  return flagWords({ '--limit-rate': limitRate && formatSize(limitRate), '--max-requests': maxRequests });
}

function flagWords(values: Readonly<Record<string, string | number | undefined>>): ShellWord[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [name, shellQuote(String(value))],
  );
}

/** Compares the values, because a session may have replaced those of the configuration. */
function notFromConfig({ fromConfig = {}, ...flags }: Flags): Partial<Flags> {
  const isGiven = ([key, value]: [string, unknown]) => value !== fromConfig[key as keyof Flags];
  return Object.fromEntries(Object.entries(flags).filter(isGiven));
}
