import { createIssueList } from '../preflight/issues.ts';
import type { Spool } from '../sessions/spool.ts';
import { inspectFile, isUntouched, openFile } from '../source/inspect-file.ts';
import type { Dependencies } from '../upload/dependencies.ts';
import { tidySpools } from '../upload/tidy-spools.ts';
import { cutFile } from './cut-file.ts';
import type { PieceState } from './piece-spec.ts';
import { changedMeanwhile, type PlannedPieces } from './plan-pieces.ts';
import type { CutPiece } from './splitter.ts';

/** A piece that is ready to be uploaded. */
export interface ReadyPiece {
  readonly piece: CutPiece;
  readonly state: PieceState;
  /** Call it when the piece has ended. It deletes the spool unless a session may still need it. */
  readonly release: () => Promise<void>;
}

interface OpenSpool {
  /** The bytes that are not written yet. */
  readonly parts: Buffer[];
  bytes: number;
  spool: Spool | undefined;
}

/**
 * Lines are small and pieces are many, so bytes are collected up to this size before they are
 * written.
 */
const WRITE_BYTES = 64 * 1024;

/**
 * Cuts a planned file, and yields each piece when it is asked for, written to a spool of its own.
 * The file is read no further until the next piece is asked for. `kept` holds the pieces that need
 * not be written, by number.
 * @throws UploadError `source_changed`, `session_unwritable`; what `cutFile` throws
 */
export async function* spoolPieces(
  planned: PlannedPieces,
  kept: ReadonlyMap<number, PieceState>,
  deps: Pick<Dependencies, 'sessions' | 'signal' | 'clock'>,
): AsyncGenerator<ReadyPiece> {
  const { source, pieces } = planned;
  const keptLines = new Set(
    pieces.filter(({ number }) => kept.has(number)).map(({ firstLine }) => firstLine),
  );
  /** By the first line of the piece. */
  const open = new Map<number, OpenSpool>();

  const addBytes = (firstLine: number, bytes: Buffer) => {
    if (keptLines.has(firstLine)) return;
    const own = open.get(firstLine) ?? { parts: [], bytes: 0, spool: undefined };
    own.parts.push(Buffer.from(bytes));
    own.bytes += bytes.length;
    open.set(firstLine, own);
  };

  const write = async (own: OpenSpool): Promise<Spool> => {
    own.spool ??= await deps.sessions.spools.create();
    await own.spool.write(Buffer.concat(own.parts.splice(0)));
    own.bytes = 0;
    return own.spool;
  };

  const flush = async () => {
    for (const own of open.values()) if (own.bytes >= WRITE_BYTES) await write(own);
  };

  // The first reading has reported all issues.
  const issues = createIssueList();
  const file = await openFile(source.path);

  try {
    for await (const piece of cutFile(
      file,
      { ...planned, issues, uncuttable: issues, addBytes, flush },
      deps,
    )) {
      if (pieces[piece.number - 1]?.checksum !== piece.checksum) throw changedMeanwhile(source);
      const own = open.get(piece.firstLine);
      const spool = own && (await write(own));
      await spool?.finish();
      if (!isUntouched(source, await inspectFile(source.path))) throw changedMeanwhile(source);

      const state = kept.get(piece.number) ?? (spool && (await stateOf(spool)));
      if (state === undefined) throw changedMeanwhile(source);
      yield { piece, state, release: async () => spool && (await release(spool, deps)) };
      // The caller has taken this piece once it asks for the next one.
      open.delete(piece.firstLine);
    }
  } finally {
    for (const { spool } of open.values()) if (spool) await release(spool, deps);
    await file.close();
  }
}

async function stateOf({ path, name }: Spool): Promise<PieceState> {
  return { content: { source: await inspectFile(path), spool: name } };
}

async function release(spool: Spool, deps: Pick<Dependencies, 'sessions'>): Promise<void> {
  await tidySpools(deps, () => spool.release());
}
