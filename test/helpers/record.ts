import type { SessionRecord } from '../../src/sessions/record.ts';

/** A record of an upload of 25 bytes in parts of ten, the first of which is acknowledged. */
export function recordOf(changes: Partial<SessionRecord> = {}): SessionRecord {
  return {
    schemaVersion: 5,
    uploadId: 'upload_1',
    status: 'pending',
    baseUrl: 'https://api.openai.com/v1',
    organization: null,
    project: 'proj_1',
    purpose: 'batch',
    filename: 'a.jsonl',
    mimeType: 'text/jsonl',
    fileLifetimeSeconds: 3600,
    createdAt: 1_900_000_000,
    expiresAt: 1_900_003_600,
    clockOffsetMs: -12,
    source: {
      path: '/data/a.jsonl',
      bytes: 25,
      modifiedNs: '1900000000000000001',
      changedNs: '1900000000000000002',
      inode: '42',
    },
    spool: null,
    cutFrom: null,
    partBytes: 10,
    minPartBytes: 1_000_000,
    wantsMd5: true,
    md5: null,
    parts: [{ index: 0, offset: 0, length: 10, partId: 'part_1', checksum: 'crc32:0000abcd' }],
    file: null,
    restartedAs: null,
    ...changes,
  };
}
