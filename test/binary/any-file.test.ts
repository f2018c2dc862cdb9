import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { push } from '../../src/index.ts';
import { test } from '../helpers/fixtures.ts';
import type { FaultEffect } from '../helpers/uploads-server/fault.ts';

const soon = { 'retry-after-ms': '1' };

/** Ways a part can go wrong that a retry cures, without much of a wait. */
const EFFECTS: readonly FaultEffect[] = [
  { kind: 'status', status: 500, headers: soon },
  { kind: 'status', status: 429, headers: soon, when: 'before-body' },
  { kind: 'status', status: 503, headers: soon, when: 'after-work' },
  { kind: 'status', status: 408, headers: soon },
  { kind: 'delay', delayMs: 15 },
];

test('for any file, any parts, any order of answers and any faults that end, the server has the bytes of the file', async ({
  folder,
  server,
}) => {
  const path = join(folder, 'a.bin');
  const situation = fc.record({
    bytes: fc.uint8Array({ minLength: 1, maxLength: 20_000 }),
    partBytes: fc.integer({ min: 500, max: 25_000 }),
    concurrency: fc.integer({ min: 1, max: 6 }),
    faults: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(...EFFECTS)), {
      selector: ([nth]) => nth,
      maxLength: 6,
    }),
  });
  await fc.assert(
    fc.asyncProperty(situation, async ({ bytes, partBytes, concurrency, faults }) => {
      writeFileSync(path, bytes);
      const before = server.requests('part').length;
      // Only as many as there are parts for sure, so that all of them happen.
      const parts = Math.ceil(bytes.length / partBytes);
      const fitting = faults.filter(([nth]) => nth <= parts);
      server.addFaults(
        ...fitting.map(([nth, effect]) => ({ call: 'part' as const, nth: before + nth, ...effect })),
      );
      const result = await push(path, {
        purpose: 'user_data',
        apiKey: server.apiKey,
        baseUrl: server.baseUrl,
        stateDir: join(folder, 'state'),
        partBytes,
        concurrency,
        resume: false,
      });
      expect(server.fileMd5(result.fileId)).toBe(createHash('md5').update(bytes).digest('hex'));
      expect(server.requests('part').length - before).toBe(parts + result.retries);
    }),
    { numRuns: 40 },
  );
});
