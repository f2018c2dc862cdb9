import { hash } from 'node:crypto';
import { join } from 'node:path';
import { savedUrl } from '../model/base-url.ts';
import { readFileIfThere, refuseOtherFolders } from '../model/file-access.ts';
import { DEFAULT_MAX_PART_BYTES } from '../plan/ranges.ts';
import { makeFolder, writeSavedFile } from './saved-file.ts';

/** What earlier uploads have found out about a server and the link to it. */
interface LinkFacts {
  /** The number of parts in flight beyond which more gained nothing. */
  readonly concurrency?: number;
  /** Speed of one connection. */
  readonly bytesPerSecond?: number;
  /** Set when the server refuses smaller parts. */
  readonly minPartBytes?: number;
  /** Set when the server refuses larger parts. */
  readonly maxPartBytes?: number;
}

/**
 * Remembers facts about the link to a server, in a small file for each base URL. They only make the
 * start faster, so read and write errors are ignored: the next push finds the facts again.
 */
export interface LinkMemory {
  /** Reads the file only once, because every upload asks. */
  read(): LinkFacts;
  /** Merges facts into the known ones. */
  save(facts: LinkFacts): void;
}

const FACTS = ['concurrency', 'bytesPerSecond', 'minPartBytes', 'maxPartBytes'] as const;

export function openLinkMemory(directory: string, baseUrl: string): LinkMemory {
  const folder = join(directory, 'links');
  const name = hash('sha256', baseUrl).slice(0, 32);
  const path = join(folder, `${name}.json`);

  let known: LinkFacts | undefined;

  const readFile = (): LinkFacts => {
    try {
      refuseOtherFolders(folder);
      const text = readFileIfThere(path, { isSaved: true });
      return text === undefined ? {} : factsOf(JSON.parse(text));
    } catch {
      return {};
    }
  };

  return {
    read() {
      known ??= readFile();
      return known;
    },
    save(facts) {
      const before = readFile();
      const after = { ...before, ...facts };
      known = after;
      if (FACTS.every((fact) => before[fact] === after[fact])) return;

      try {
        makeFolder(folder);
        writeSavedFile(path, `${JSON.stringify({ baseUrl: savedUrl(baseUrl), ...after }, undefined, 2)}\n`);
      } catch {
        // The upload is what matters, and it reports a full disk itself.
      }
    },
  };
}

function factsOf(value: unknown): LinkFacts {
  if (typeof value !== 'object' || value === null) return {};
  const known = FACTS.map((fact) => [fact, (value as Record<string, unknown>)[fact]] as const);
  return Object.fromEntries(known.filter(([fact, number]) => isPossible(fact, Number(number))));
}

/** Ignores a part size above the server's maximum, wherever it comes from: it would be refused. */
function isPossible(fact: (typeof FACTS)[number], number: number): boolean {
  if (!Number.isSafeInteger(number) || number < 1) return false;
  return !fact.endsWith('PartBytes') || number <= DEFAULT_MAX_PART_BYTES;
}
