import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Piece, SplitOptions } from '../../../src/index.ts';
import { pushPieces } from '../../../src/split/push-split.ts';
import { ROOT } from './files-in-memory.ts';
import { type CreateWork, randomBytes, type Wanted } from './job-work.ts';
import type { Random } from './random.ts';

const SOURCE = join(ROOT, 'batch.jsonl');
const MAX_LINES = 24;

/** A line of the source, with its line break. A blank one has no URL. */
interface Line {
  readonly text: string;
  readonly url?: string;
  readonly model?: string;
}

/** A push of one file in pieces. */
export const workOfPieces: CreateWork = (random, files, { options, stateDir }) => {
  const lines = makeLines(random);
  files.write(SOURCE, Buffer.from(lines.map(({ text }) => text).join('')), true);
  const splitLines = random.between(1, 6);
  let pieces: readonly Piece[] = [];
  let contents: readonly Wanted[] = [];

  const learn = (planned: readonly Piece[]) => {
    if (contents.length > 0) {
      if (JSON.stringify(pieces) === JSON.stringify(planned)) return;
      throw new Error('the same file was cut in another way');
    }
    refuseOtherCut(planned, lines, splitLines);
    pieces = planned;
    contents = planned.map((piece) => {
      const content = Buffer.from(
        linesOf(piece, lines)
          .map(({ text }) => text)
          .join(''),
      );
      return { name: piece.filename, content, md5: createHash('md5').update(content).digest('hex') };
    });
  };

  return {
    request: { wanted: { sources: [SOURCE] }, isForPieces: true },
    size: Math.ceil(lines.length / splitLines),
    contents: () => contents,
    onEvent(event) {
      if (event.type === 'split') learn(event.pieces);
    },
    async *push(job, deps, manifest) {
      const split: SplitOptions = {
        ...options,
        stateDir,
        purpose: 'batch',
        splitLines,
        check: false,
        manifest: manifest ?? job.manifestOf(SOURCE),
        replaceManifest: manifest === undefined,
      };
      let last = 0;
      for await (const { piece, ...outcome } of pushPieces(SOURCE, split, deps)) {
        if (piece.number !== last + 1) throw new Error(`piece ${piece.number} was told of after ${last}`);
        last = piece.number;
        const { filename: name } = piece;
        yield outcome.status === 'completed'
          ? { name, result: outcome.result }
          : { name, error: outcome.error };
      }
    },
  };
};

/** Requests to some URLs and models, with blank lines in between. The last may lack its line break. */
function makeLines(random: Random): readonly Line[] {
  const pairs = random.pick([1, 1, 3]);
  const count = random.between(1, MAX_LINES);

  return Array.from({ length: count }, (_, index) => {
    const end = index === count - 1 && random.chance(0.3) ? '' : random.pick(['\n', '\n', '\r\n']);
    if (index > 0 && index < count - 1 && random.chance(0.1)) return { text: '\n' };
    const pair = random.between(1, pairs);
    const [url, model] = [`/${pair % 2}`, `m${pair}`];
    const note = randomBytes(random, random.between(8, 40)).toString('base64');
    const text = JSON.stringify({ custom_id: `${index} ${note}`, url, body: { model } });
    return { text: text + end, url, model };
  });
}

function linesOf({ firstLine, lastLine, url, model }: Piece, lines: readonly Line[]): readonly Line[] {
  return lines.slice(firstLine - 1, lastLine).filter((line) => line.url === url && line.model === model);
}

/** Each request is in one piece, with others of its URL and model, in the order of the lines. */
function refuseOtherCut(pieces: readonly Piece[], lines: readonly Line[], splitLines: number): void {
  const cut = pieces.flatMap((piece) => linesOf(piece, lines));
  const all = lines.filter(({ url }) => url !== undefined);
  if (cut.length !== all.length || new Set(cut).size !== all.length)
    throw new Error(`${cut.length} requests are in the pieces, of ${all.length}`);

  const lastLines = new Map<string, number>();
  for (const piece of pieces) {
    const pair = `${piece.url} ${piece.model}`;
    if (piece.firstLine <= (lastLines.get(pair) ?? 0)) throw new Error(`piece ${piece.number} is too late`);
    lastLines.set(pair, piece.lastLine);
    const next = pieces[piece.number];
    const areLast = next !== undefined && Math.max(piece.lines, next.lines) < splitLines;
    if (areLast && piece.firstLine > next.firstLine) throw new Error(`piece ${piece.number} is too early`);
    if (piece.lines > splitLines || piece.lines !== linesOf(piece, lines).length)
      throw new Error(`piece ${piece.number} has ${piece.lines} lines`);
  }
}
