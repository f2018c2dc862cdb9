import { readFile, writeFile } from 'node:fs/promises';
import { type Link, MB, sendOver } from '../../helpers/simulate-link.ts';
import { drawShares } from '../links/draw-shares.ts';
import { median } from '../run/median.ts';
import type { SectionResult } from '../section-result.ts';
import type { Stage } from '../stage.ts';

/** In MB/s, with the size of a file that takes some minutes. */
const RATES = [
  { name: '1 Mbit/s', rate: 0.125, megabytes: 24 },
  { name: '8 Mbit/s', rate: 1, megabytes: 150 },
  { name: '50 Mbit/s', rate: 6.25, megabytes: 900 },
  { name: '400 Mbit/s', rate: 50, megabytes: 6000 },
] as const;
const ROUND_TRIPS_MS = [20, 200] as const;
const CUT_AFTER_MS = 45_000;
const KINDS = ['steady', 'cut after 45 s', 'a quarter for each connection'] as const;
const SCENES = ['one file', 'ten files', 'a resume'] as const;

const FIXED_CONCURRENCY = [1, 2, 4, 8, 16];
const FIXED_PART_BYTES = [1 * MB, 4 * MB, 16 * MB, 64 * MB];
/** A fixed part that takes longer on a connection that is cut hardly ever gets through. */
const MAX_CUT_PART_SECONDS = 20;
/** More take minutes to simulate, so that a fast link has no fixed parts of the smallest size. */
const MAX_FIXED_PARTS = 2000;
const PLOT = new URL('../../../docs/links.svg', import.meta.url);
const DOCUMENT = new URL('../../../docs/performance.md', import.meta.url);
const TABLE = /(?<=\| link \| one file \|.*\n\| --- .*\n)(\|.*\n)+/;

interface Cell {
  readonly name: string;
  readonly link: Link;
  readonly what: { readonly bytes: number; readonly files?: number; readonly sent?: readonly Span[] };
}

interface Span {
  readonly offset: number;
  readonly length: number;
}

/**
 * The engine on simulated links, each beside the best fixed setting: nothing is waited for, so that
 * hours of sending take minutes. The table and the plot go into the documents.
 */
export async function measureLinks(stage: Stage): Promise<SectionResult> {
  const rows = [];
  for (const cell of cells(stage.isQuick)) {
    stage.signal.throwIfAborted();
    stage.say(cell.name);
    rows.push(await measureCell(cell));
  }

  if (!stage.isQuick) {
    await writeFile(PLOT, drawShares(rows));
    const document = await readFile(DOCUMENT, 'utf8');
    await writeFile(DOCUMENT, document.replace(TABLE, tableOf(rows)));
  }
  const shares = rows.map(({ firstPushShare }) => firstPushShare);

  return {
    name: 'links',
    title: 'Links: the best fixed setting / what the engine finds by itself',
    notes: [
      'Simulated: the same code as a push, with a link that shares itself out evenly and a clock that does not wait.',
      `Fixed: ${FIXED_CONCURRENCY.join(', ')} at once, parts of ${FIXED_PART_BYTES.map((bytes) => bytes / MB).join(', ')} MB.`,
    ],
    rows,
    figures: {
      worstLinkShare: Math.min(...shares),
      medianLinkShare: median(shares),
      worstSecondPushShare: Math.min(...rows.map(({ secondPushShare }) => secondPushShare)),
    },
  };
}

/** A line for each link, with the shares of the first and the second push in each scene. */
function tableOf(rows: readonly Awaited<ReturnType<typeof measureCell>>[]): string {
  const lines = new Map<string, string[]>();
  for (const { link, firstPushShare, secondPushShare } of rows) {
    const name = link.slice(0, link.lastIndexOf(','));
    const shares = `${firstPushShare.toFixed(2)} / ${secondPushShare.toFixed(2)}`;
    lines.set(name, [...(lines.get(name) ?? []), shares]);
  }
  return [...lines].map(([name, shares]) => `| ${[name, ...shares].join(' | ')} |\n`).join('');
}

function* cells(isQuick: boolean): Generator<Cell> {
  for (const { name, rate, megabytes } of isQuick ? RATES.slice(1, 3) : RATES)
    for (const roundTripMs of ROUND_TRIPS_MS)
      for (const kind of KINDS)
        for (const scene of SCENES) {
          const link: Link = {
            totalBytesPerSecond: rate * MB,
            roundTripMs,
            ...(kind === KINDS[1] && { cutAfterMs: CUT_AFTER_MS }),
            ...(kind === KINDS[2] && { connectionBytesPerSecond: (rate / 4) * MB }),
          };
          const bytes = (isQuick ? megabytes / 4 : megabytes) * MB;
          yield { name: `${name}, ${roundTripMs} ms, ${kind}, ${scene}`, link, what: scenes(bytes)[scene] };
        }
}

/** All of them have as many bytes to send. */
function scenes(bytes: number): Record<(typeof SCENES)[number], Cell['what']> {
  const piece = Math.floor(bytes / 5);
  const sent = [1, 3, 5, 7, 9].map((at) => ({ offset: at * piece, length: piece }));
  return {
    'one file': { bytes },
    'ten files': { bytes: Math.floor(bytes / 10), files: 10 },
    'a resume': { bytes: 10 * piece, sent },
  };
}

async function measureCell({ name, link, what }: Cell) {
  const best = await bestFixed(link, what);
  const first = await sendOver({ ...what, link });
  const second = await sendOver({ ...what, link, ...(first.speed && { known: first.speed }) });
  return {
    link: name,
    bestFixedSeconds: best.seconds,
    bestFixed: best.name,
    seconds: first.seconds,
    firstPushShare: best.seconds / first.seconds,
    secondPushShare: best.seconds / second.seconds,
    requests: first.requests,
    mostAtOnce: first.mostAtOnce,
  };
}

async function bestFixed(link: Link, what: Cell['what']): Promise<{ seconds: number; name: string }> {
  let best = { seconds: Number.POSITIVE_INFINITY, name: '' };
  for (const concurrency of FIXED_CONCURRENCY)
    for (const partBytes of FIXED_PART_BYTES) {
      const share = Math.min(
        link.connectionBytesPerSecond ?? Number.POSITIVE_INFINITY,
        (link.totalBytesPerSecond ?? Number.POSITIVE_INFINITY) / concurrency,
      );
      if ((what.bytes * (what.files ?? 1)) / partBytes > MAX_FIXED_PARTS) continue;
      if (link.cutAfterMs !== undefined && partBytes / share > MAX_CUT_PART_SECONDS) continue;

      const { seconds } = await sendOver({ ...what, link, concurrency, partBytes });
      if (seconds < best.seconds) best = { seconds, name: `${concurrency} × ${partBytes / MB} MB` };
    }
  return best;
}
