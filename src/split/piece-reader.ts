import { crc32 } from 'node:zlib';
import { modelOf } from '../preflight/batch-rules.ts';
import type { IssueList } from '../preflight/issue-list.ts';
import { createJsonlReader, type JsonlReader, type JsonObject } from '../preflight/jsonl-reader.ts';
import { type CutPiece, createSplitter, MAX_PIECES, type SplitBounds } from './splitter.ts';

export interface PieceReading {
  readonly bounds: SplitBounds;
  readonly filename: string;
  /** Collects the issues of the lines. */
  readonly issues: IssueList;
  /** Collects what cannot be split. */
  readonly uncuttable: IssueList;
  /** Checks a line that is an object. */
  readonly checkLine?: (request: JsonObject, line: number, start: number) => void;
  /** Called as soon as a piece is full. */
  readonly onPiece: (piece: CutPiece) => void;
}

/**
 * Reads a file byte by byte, and splits it at the ends of its lines. A byte-order mark and blank
 * lines belong to no piece.
 */
export function createPieceReader(reading: PieceReading): JsonlReader {
  const { bounds, filename, issues, uncuttable, checkLine, onPiece } = reading;
  let pieces = 0;

  const splitter = createSplitter({
    bounds,
    filename,
    onPiece(piece) {
      pieces += 1;
      if (pieces === MAX_PIECES + 1) uncuttable.error(TOO_MANY_PIECES);
      if (pieces <= MAX_PIECES) onPiece(piece);
    },
  });

  let chunk: Buffer = Buffer.alloc(0);
  let chunkStart = 0;
  /** The CRC-32 of the current line's bytes in earlier chunks. */
  let headCrc = 0;
  const crcOf = (start: number, end: number) => {
    const bytes = chunk.subarray(Math.max(start, chunkStart) - chunkStart, end - chunkStart);
    return crc32(bytes, start < chunkStart ? headCrc : 0);
  };

  const reader = createJsonlReader(
    {
      line: (request, line, start) => checkLine?.(request, line, start),
      ended({ line, start, end, isBlank, value = {} }) {
        if (isBlank) return;
        if (end - start > bounds.bytes) return uncuttable.error(tooLong(line, end - start, bounds));
        const [url, model] = [textOf(value.url), textOf(modelOf(value))];
        splitter.add({ line, start, end, crc: crcOf(start, end), url, model });
      },
      end: () => splitter.end(),
    },
    issues,
  );

  return {
    ...reader,
    read(bytes) {
      chunk = bytes;
      reader.read(bytes);
      headCrc = crcOf(reader.lineStart(), chunkStart + bytes.length);
      chunkStart += bytes.length;
      chunk = Buffer.alloc(0);
    },
  };
}

/** More than anybody writes as a URL or a model. */
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
