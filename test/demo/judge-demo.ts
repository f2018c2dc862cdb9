import type { SessionRecord } from '../../src/sessions/record.ts';
import type { RequestLogEntry } from '../helpers/uploads-server/request-log.ts';
import type { ServedFile } from './server-process.ts';

/** All that was seen, from both ends of the line. */
export interface DemoFacts {
  readonly file: { readonly bytes: number; readonly md5: string };
  /** The saved record right after the kill, and at the end. */
  readonly recordAtKill: SessionRecord;
  readonly recordAtEnd: SessionRecord;
  /** The server's log of part requests of the push that was killed, and of the resume. */
  readonly partsBefore: readonly RequestLogEntry[];
  readonly partsAfter: readonly RequestLogEntry[];
  readonly parts: number;
  readonly secondsBefore: number;
  readonly secondsAfter: number;
  readonly resume: { readonly code: number | null; readonly stdout: string };
  readonly served: readonly ServedFile[];
}

export interface DemoVerdict {
  readonly lines: readonly string[];
  /** What should not be. None: the promise was kept. */
  readonly problems: readonly string[];
}

/**
 * Holds what was seen against the promise. The API gives parts no number, so a part is known again by its id: one that was
 * acknowledged before the kill must stand in the record at the end under the id it had.
 */
export function judgeDemo(facts: DemoFacts): DemoVerdict {
  const { file, recordAtKill, partsBefore, partsAfter, parts, resume } = facts;
  const acknowledged = recordAtKill.parts.length;
  const stored = partsBefore.filter(({ status }) => status === 200).length;
  const cutOff = partsBefore.length - acknowledged;
  const sentAgain = acknowledgedSentAgain(facts);
  const [served] = facts.served;
  const rows: [string, string][] = [
    ['parts acknowledged before the kill', `${acknowledged} of ${parts}`],
    [
      'parts in flight at the kill',
      `${cutOff}${stored > acknowledged ? `, ${stored - acknowledged} of them in full` : ''}`,
    ],
    ['parts sent after the kill', `${partsAfter.length}`],
    [
      'parts sent twice',
      `${Math.max(0, partsBefore.length + partsAfter.length - parts)} that were in flight`,
    ],
    ['acknowledged parts sent again', `${sentAgain}`],
    [
      'seconds',
      `${facts.secondsBefore.toFixed(1)} until the kill, ${facts.secondsAfter.toFixed(1)} to resume`,
    ],
    ['MD5 of the file', file.md5],
    ['MD5 on the server', served?.md5 ?? 'no file'],
  ];
  const problems: [boolean, string][] = [
    [acknowledged === 0 || acknowledged === parts, 'the push was not killed half-way'],
    [resume.code !== 0, `resume ended with code ${resume.code}`],
    [facts.served.length !== 1, `the server has ${facts.served.length} files, not one`],
    [resume.stdout !== `${served?.id}\n`, 'resume did not print the file id and nothing else'],
    [served?.bytes !== file.bytes || served.md5 !== file.md5, "the server's bytes are not the file's"],
    [sentAgain > 0, 'parts that were acknowledged have been sent again'],
    [
      partsAfter.length !== parts - acknowledged,
      `${parts - acknowledged} parts were missing, ${partsAfter.length} were sent`,
    ],
  ];
  return {
    lines: rows.map(([name, value]) => `  ${name.padEnd(36)}${value}`),
    problems: problems.filter(([isWrong]) => isWrong).map(([, problem]) => problem),
  };
}

function acknowledgedSentAgain({ recordAtKill, recordAtEnd }: DemoFacts): number {
  const atEnd = new Map(recordAtEnd.parts.map(({ index, partId }) => [index, partId]));
  return recordAtKill.parts.filter(({ index, partId }) => atEnd.get(index) !== partId).length;
}
