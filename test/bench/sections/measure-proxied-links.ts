import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LINK_TESTS, type LinkTest } from '../links/link-profile.ts';
import { writeSparseFile } from '../run/bench-files.ts';
import { interleave } from '../run/interleave.ts';
import { measureRun } from '../run/measure-run.ts';
import { median } from '../run/median.ts';
import { pushCommand } from '../run/our-command.ts';
import { startServer } from '../run/start-server.ts';
import type { Row, SectionResult } from '../section-result.ts';
import type { Stage } from '../stage.ts';
import { orNull } from './measure-throughput.ts';

const FIXED = [1, 2, 4, 8, 16];
const DEFAULT = 'default';
/** The links set the pace, so a run is like the next. */
const MAX_ROUNDS = 3;
/** Who needs longer is far from the best; what it has sent by then tells its speed. */
const TIME_LIMIT_MS = 20_000;
const PROXY = fileURLToPath(new URL('../links/throttle-proxy.ts', import.meta.url));

/** Each concurrency on each link, against the default, which has no flag to help it. */
export async function measureProxiedLinks(stage: Stage): Promise<SectionResult> {
  const tests = stage.isQuick
    ? LINK_TESTS.map((test) => ({ ...test, fileBytes: test.fileBytes / 8 }))
    : LINK_TESTS;
  const rows: Row[] = [];
  const defaults: { share: number; refusedPercent: number }[] = [];
  for (const test of tests) {
    const measured = await measureLink(stage, test);
    const fixed = measured.filter(({ name, mbps }) => name !== DEFAULT && Number.isFinite(mbps));
    const bestMBps = Math.max(...fixed.map(({ mbps }) => mbps));
    for (const { name, mbps, refusedPercent, isCut, note } of measured) {
      const share = mbps / bestMBps;
      // A default that fails is no better than one that stands still.
      if (name === DEFAULT)
        defaults.push(note === null ? { share, refusedPercent } : { share: 0, refusedPercent: 0 });
      rows.push({
        link: test.name,
        concurrency: name,
        megabytesPerSecond: orNull(mbps),
        shareOfBestFixed: orNull(share),
        refusedPercent: orNull(refusedPercent),
        note: note ?? (isCut ? 'stopped' : null),
      });
    }
  }
  return {
    name: 'proxy',
    title: 'Links through a proxy: fixed concurrency against the default',
    notes: [
      `"stopped": ended after ${TIME_LIMIT_MS / 1000} s, and judged by what had arrived until then.`,
      'Files and connections are as the profile says; a socket holds some megabytes that have not passed the link yet.',
    ],
    rows,
    figures: {
      defaultToBestFixed: Math.min(...defaults.map(({ share }) => share)),
      refusedPercent: Math.max(...defaults.map(({ refusedPercent }) => refusedPercent)),
    },
  };
}

async function measureLink(stage: Stage, test: LinkTest) {
  const path = join(stage.folder, 'link.bin');
  await writeSparseFile(path, test.fileBytes);
  const { port } = new URL(stage.sink.baseUrl);
  const { fileBytes, ...profile } = test;
  const proxy = await startServer(PROXY, [port, JSON.stringify(profile)], stage.signal);
  const contender = (name: string, flags: readonly string[]) => ({
    name,
    run: () => sendOver(stage, { baseUrl: proxy.url, args: [path, ...flags], test }),
  });
  const contenders = [
    ...FIXED.map((count) => contender(String(count), ['--concurrency', String(count)])),
    contender(DEFAULT, []),
  ];
  try {
    stage.say(`link: ${test.name}, ${fileBytes / 1e6} MB`);
    const outcomes = await interleave(contenders, { ...stage, rounds: Math.min(stage.rounds, MAX_ROUNDS) });
    return outcomes.map(({ name, runs, note }) => ({
      name,
      note,
      mbps: median(runs.map((run) => run.mbps)),
      refusedPercent: median(runs.map((run) => run.refusedPercent)),
      isCut: runs.some((run) => run.isCut),
    }));
  } finally {
    await proxy.close();
    await rm(path);
  }
}

interface Sending {
  readonly baseUrl: string;
  readonly args: readonly string[];
  readonly test: LinkTest;
}

async function sendOver(stage: Stage, { baseUrl, args, test }: Sending) {
  const command = await pushCommand(stage, args, { baseUrl });
  await stage.sink.reset({ partsAtOnce: test.partsAtOnce });
  const { seconds, isCut } = await measureRun({ ...command, timeLimitMs: TIME_LIMIT_MS }, stage.signal);
  const { fileBytes, bodyBytes, refused, partRequests } = await stage.sink.stats();
  if (!isCut && fileBytes !== test.fileBytes) throw new Error(`the sink has got ${fileBytes} bytes`);
  const sentBytes = isCut ? bodyBytes : test.fileBytes;
  const refusedPercent = partRequests === 0 ? 0 : (100 * refused) / partRequests;
  return { mbps: sentBytes / 1e6 / seconds, refusedPercent, isCut };
}
