import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { MARK_ISSUE } from '../preflight/encoding.ts';
import type { IssueList } from '../preflight/issues.ts';
import type { JsonObject } from '../preflight/json.ts';
import { createJsonlReader, type EndedLine } from '../preflight/jsonl-reader.ts';
import { inputsOf, modelOf } from '../preflight/request-rules.ts';
import type { SourceFile } from '../source/inspect-file.ts';
import { readRange } from '../source/read-range.ts';
import type { Listener } from '../upload/preflight-gate.ts';
import {
  type CutPiece,
  createSplitter,
  describePiece,
  MAX_PIECES,
  type SplitBounds,
  type Step,
} from './splitter.ts';

export interface Cutting {
  readonly source: SourceFile;
  readonly filename: string;
  readonly bounds: SplitBounds;
  /** Collects the issues of the lines. */
  readonly issues: IssueList;
  /** Collects what cannot be split. */
  readonly uncuttable: IssueList;
  /** Checks a line that is an object. */
  readonly checkLine?: (request: JsonObject, line: number) => void;
  /**
   * Takes the next bytes of the piece that begins with `firstLine`. They are valid only until it
   * returns.
   */
  readonly addBytes?: (firstLine: number, bytes: Buffer) => void;
  /** Called now and then to write what was added. */
  readonly flush?: () => Promise<void>;
}

/**
 * Reads a file and splits it at the ends of its lines. Yields each piece as soon as it is full. A
 * byte-order mark and blank lines belong to no piece.
 * @returns the number of lines, blank ones included; undefined when the file was not read as lines
 * @throws what `readRange` throws; the signal's reason
 */
export async function* cutFile(
  file: FileHandle,
  cutting: Cutting,
  { signal, clock }: Pick<Listener, 'signal' | 'clock'>,
): AsyncGenerator<CutPiece, number | undefined> {
  const { source, filename, bounds, uncuttable, addBytes, flush } = cutting;
  const { path, bytes } = source;
  const splitter = createSplitter(bounds);
  const reader = createReader(cutting, splitter.add, splitter.end);
  const bytesFrom = (offset: number, end: number) =>
    readRange(file, { index: 0, offset, length: end - offset }, { path, clock });

  const add = ({ piece }: Step, part: Buffer) => {
    piece.crc = crc32(part, piece.crc);
    piece.sha256.update(part);
    addBytes?.(piece.firstLine, part);
  };

  /** `chunk` begins at `offset`. A line that began before `chunk` is read again from its start. */
  const take = async function* (chunk: Buffer, offset: number) {
    for (const step of splitter.takeSteps()) {
      if (step.type === 'add') {
        const { start, end } = step;
        if (start < offset)
          for await (const part of bytesFrom(start, Math.min(end, offset))) {
            add(step, part);
            await flush?.();
          }
        if (end > offset) add(step, chunk.subarray(Math.max(start - offset, 0), end - offset));
        continue;
      }

      if (step.number === MAX_PIECES + 1) uncuttable.error(TOO_MANY_PIECES);
      if (step.number <= MAX_PIECES) yield describePiece(step.piece, step.number, filename);
    }
  };

  let offset = 0;

  for await (const chunk of bytesFrom(0, bytes)) {
    signal.throwIfAborted();
    reader.read(chunk);
    yield* take(chunk, offset);
    await flush?.();
    offset += chunk.length;
  }

  reader.end();
  yield* take(Buffer.alloc(0), offset);
  return reader.lines();
}

function createReader(
  { bounds, issues, uncuttable, checkLine }: Cutting,
  add: ReturnType<typeof createSplitter>['add'],
  end: () => void,
) {
  const rules = {
    line: (request: JsonObject, line: number) => checkLine?.(request, line),
    ended({ line, start, end, isBlank, value = {} }: EndedLine) {
      if (isBlank) return;
      if (end - start > bounds.bytes) return uncuttable.error(tooLong(line, end - start, bounds));
      const [url, model] = [textOf(value.url), textOf(modelOf(value))];
      add({ line, start, end, url, model, inputs: inputsOf(value) });
    },
    end,
  };
  // A warning only, because no piece gets the mark.
  return createJsonlReader(rules, issues, () => issues.warning(MARK_ISSUE));
}

/** Longer than any real URL or model. */
const MAX_TEXT_CHARACTERS = 512;

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT_CHARACTERS) : null;
}

const TOO_MANY_PIECES = {
  code: 'too_many_lines',
  message: `it would be split into more than ${MAX_PIECES.toLocaleString('en')} files`,
  hint: 'Allow more lines or bytes in each file.',
} as const;

function tooLong(line: number, bytes: number, bounds: SplitBounds) {
  const message = `this line has ${bytes.toLocaleString('en')} bytes, but a file may have at most ${bounds.bytes.toLocaleString('en')}`;
  return { code: 'too_large', line, message } as const;
}
