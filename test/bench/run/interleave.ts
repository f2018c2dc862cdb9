export interface Contender<T> {
  readonly name: string;
  /** Why it cannot run on this machine. */
  readonly missing?: string | undefined;
  run(): Promise<T>;
}

export interface Outcome<T> {
  readonly name: string;
  /** One of each round; none when it is missing or has failed. */
  readonly runs: readonly T[];
  /** Why there are none. */
  readonly note: string | null;
}

/**
 * Lets every contender run once a round, each round beginning with another one, so that what the machine does beside falls
 * on all of them alike. Who fails is out, and the others go on.
 * @throws the signal's reason
 */
export async function interleave<T>(
  contenders: readonly Contender<T>[],
  { rounds, signal, say }: { rounds: number; signal: AbortSignal; say: (line: string) => void },
): Promise<readonly Outcome<T>[]> {
  const runs = new Map(contenders.map(({ name }) => [name, [] as T[]]));
  const notes = new Map(contenders.map(({ name, missing }) => [name, missing ?? null]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, run } of rotate(contenders, round)) {
      if (notes.get(name) !== null) continue;
      say(`round ${round + 1} of ${rounds}: ${name}`);
      try {
        runs.get(name)?.push(await run());
      } catch (error) {
        signal.throwIfAborted();
        notes.set(name, `failed: ${reasonOf(error)}`);
      }
    }
  }
  return contenders.map(({ name }) => {
    const note = notes.get(name) ?? null;
    return { name, note, runs: note === null ? (runs.get(name) ?? []) : [] };
  });
}

/** The end of what it has said, on one line. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().replace(/\s+/g, ' ').slice(-200);
}

function rotate<T>(items: readonly T[], by: number): readonly T[] {
  const start = by % Math.max(1, items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
