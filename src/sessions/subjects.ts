import type { Account } from '../model/account.ts';
import type { SessionRecord } from './record.ts';
import { mayNeedSpool } from './spools.ts';

type Content = Pick<SessionRecord, 'source' | 'cutFrom' | 'spool'>;
/**
 * Returns what a session sends. The path of a spool does not count, since it may have been moved
 * with its state directory.
 */
export function subjectOf({ source, cutFrom, spool }: Content): string {
  if (cutFrom !== null) return `${cutFrom.path}\n${source.bytes} ${cutFrom.checksum}`;
  return spool === null ? source.path : subjectOfSpool(spool);
}

export function subjectOfSpool(name: string): string {
  return `spool ${name}`;
}

/** What uploads of the same bytes have in common, whatever their path. */
export type Alike = Pick<SessionRecord, 'purpose' | keyof Account> & {
  readonly source: Pick<SessionRecord['source'], 'bytes'>;
};

export function subjectOfAlike({ source, purpose, baseUrl, organization, project }: Alike): string {
  return `alike ${JSON.stringify([source.bytes, purpose, baseUrl, organization, project])}`;
}

export function subjectsOf(record: SessionRecord): readonly string[] {
  const { spool } = record;
  const subjects = [subjectOf(record), subjectOfAlike(record)];
  return [...new Set([...subjects, ...(spool === null ? [] : [subjectOfSpool(spool)])])];
}

/** Returns the subjects that will still be looked up. Only a manifest needs an ended session. */
export function subjectsToFind(record: SessionRecord): readonly string[] {
  const { status, spool, manifest } = record;
  const isUnfinished = status === 'pending' || status === 'completing';
  if (isUnfinished || manifest !== undefined) return subjectsOf(record);
  return spool !== null && mayNeedSpool(record) ? [subjectOfSpool(spool)] : [];
}
