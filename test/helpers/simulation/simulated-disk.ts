import type { StateStore } from '../../../src/index.ts';
import type { SimulatedProcess } from './simulated-process.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A value as JSON would give it back. A text stands for one that cannot be parsed. */
export type SavedValue = Fields | string;

/**
 * The state directory of a simulated machine. A completed write survives everything. A write in
 * progress when its process died may be there completely, in part or not at all.
 */
export interface SimulatedDisk {
  readonly values: Map<string, SavedValue>;
  /** The names of the locks held by living processes. */
  locks(): readonly string[];
  /** Returns the store as a process sees it. Each call is a step of the process. */
  storeOf(process: SimulatedProcess): StateStore;
}

export function createSimulatedDisk(): SimulatedDisk {
  const values = new Map<string, SavedValue>();
  const owners = new Map<string, { readonly process: SimulatedProcess }>();
  const ownerOf = (name: string) => {
    const owner = owners.get(name);
    return owner?.process.isAlive() ? owner : undefined;
  };

  return {
    values,
    locks: () => [...owners.keys()].filter((name) => ownerOf(name) !== undefined),
    storeOf(process) {
      const { random } = process;
      /** Applies the change either before or after the step at which the process may die. */
      const change = async (apply: () => void) => {
        process.assertAlive();
        if (random.chance(process.fullDiskShare)) throw new Error('no space left on device');
        const isEarly = random.chance(0.5);
        if (isEarly) apply();
        await process.step();
        if (!isEarly) apply();
      };
      const append = (name: string, field: string, item: unknown) => {
        const value = readable(values.get(name) ?? {});
        values.set(name, { ...value, [field]: [...(value[field] as unknown[]), ofJson(item)] });
      };

      return {
        location: 'the simulated disk',
        async names() {
          await process.step();
          return [...values.keys()].sort();
        },
        async read(name) {
          await process.step();
          const value = values.get(name);
          return value === undefined ? undefined : readable(value);
        },
        write: (name, value) => change(() => void values.set(name, ofJson(value))),
        append: (name, field, items) =>
          // One line each: the process may die after some of them.
          items.reduce<Promise<void>>(
            (before, item) => before.then(() => change(() => append(name, field, item))),
            Promise.resolve(),
          ),
        remove: (name) => change(() => void values.delete(name)),
        async lock(name) {
          await process.step();
          if (ownerOf(name) !== undefined) return { pid: 1, host: 'simulated' };

          const owner = { process };
          owners.set(name, owner);
          return {
            async isHeld() {
              await process.step();
              return owners.get(name) === owner;
            },
            async release() {
              process.assertAlive();
              if (owners.get(name) === owner) owners.delete(name);
            },
          };
        },
        async owner(name) {
          await process.step();
          return ownerOf(name) === undefined ? null : { pid: 1, host: 'simulated' };
        },
      };
    },
  };
}

function ofJson(value: unknown): Fields {
  return JSON.parse(JSON.stringify(value));
}

/** Returns the same object each time, because nothing changes what it has read. */
function readable(value: SavedValue): Fields {
  return typeof value === 'string' ? JSON.parse(value) : value;
}
