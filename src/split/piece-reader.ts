import { crc32 } from 'node:zlib';
import { BATCH_FIELDS } from '../preflight/batch-rules.ts';
import type { Field } from '../preflight/field-finder.ts';
import type { IssueList } from '../preflight/issue-list.ts';
import { createJsonScanner } from '../preflight/json-scanner.ts';
import { createJsonlReader, type JsonlReader } from '../preflight/jsonl-reader.ts';
import { type CutPiece, createSplitter, MAX_PIECES, type SplitBounds } from './splitter.ts';

export interface PieceReading {
  readonly bounds: SplitBounds;
  readonly filename: string;
  /** Collects the issues of the lines. */
  readonly issues: IssueList;
  /** Collects what cannot be split. */
  readonly uncuttable: IssueList;
  /** Checks a line that is an object. `fields` are those of `BATCH_FIELDS`. */
  readonly checkLine?: (line: number, start: number, fields: readonly (Field | undefined)[]) => void;
  /** Called as soon as a piece is full. */
  readonly onPiece: (piece: CutPiece) => void;
}

/**
 * Reads a file byte by byte, and splits it at the ends of its lines. A byte-order mark and blank
 * lines belong to no piece.
 */
export function createPieceReader(reading: PieceReading): JsonlReader {
  const { bounds, filename, issues, uncuttable, checkLine, onPiece } = reading;
  const scanner = createJsonScanner(BATCH_FIELDS);
  const { fields } = scanner;
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
    scanner,
    {
      line: (line, start) => checkLine?.(line, start, fields),
      ended({ line, start, end, isBlank }) {
        if (isBlank) return;
        if (end - start > bounds.bytes) return uncuttable.error(tooLong(line, end - start, bounds));
        const [, , url, , model] = fields;
        splitter.add({ line, start, end, crc: crcOf(start, end), url: textOf(url), model: textOf(model) });
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

function textOf(field: Field | undefined): string | null {
  return field?.kind === 'string' ? field.text : null;
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
