import type { Random } from '../simulation/random.ts';
import type { Change, History } from './history.ts';

/** What a power cut may have left: the files and folders by their paths, in an order in which they can be made. */
export type Left = ReadonlyMap<string, { readonly isFolder: boolean; readonly content: Buffer }>;

type Content = Extract<Change, { type: 'content' }>;
type Names = Extract<Change, { type: 'names' }>;

/** What is not on the disk for certain, and may be there or not. */
interface Open {
  readonly names: readonly Names[];
  /** By the file: what it may hold. The first is what it holds for certain, the last what it held in memory. */
  readonly contents: ReadonlyMap<number, readonly [Buffer, ...Buffer[]]>;
  readonly certainNames: readonly Names[];
}

/**
 * The states in which a power cut after so many changes may leave the folder: what was not synced is
 * there or not, each change for itself, in any order; what was written and not synced is whole, cut
 * off, or zeros. A call that renames is done or not, never by half. With few open changes these are
 * all of the states that differ by one change from having all, or none; beyond that it is a sample.
 * Each is built when it is called for.
 */
export function* statesAfter(
  history: History,
  count: number,
  random: Random,
  samples: number,
): Generator<() => Left> {
  const open = openAfter(history, count);
  const { names, contents } = open;
  const none = new Set<Names>();
  const all = new Set(names);
  const last = (inode: number) => contents.get(inode)?.at(-1);
  const first = (inode: number) => contents.get(inode)?.[0];

  yield () => build(history, open, all, last);
  yield () => build(history, open, none, first);
  yield () => build(history, open, all, first);
  yield () => build(history, open, none, last);

  for (const change of names) {
    yield () => build(history, open, new Set(names.filter((other) => other !== change)), last);
    yield () => build(history, open, new Set([change]), first);
  }

  for (const [inode, choices] of contents)
    for (const choice of choices)
      yield () => build(history, open, all, (other) => (other === inode ? choice : last(other)));

  for (let sample = 0; sample < samples; sample += 1) {
    const kept = new Set(names.filter(() => random.chance(0.5)));
    const held = new Map([...contents].map(([inode, choices]) => [inode, random.pick(choices)]));
    yield () => build(history, open, kept, (inode) => held.get(inode));
  }
}

/** What is on the disk for certain after so many changes, and no more. */
export function certainAfter(history: History, count: number): Left {
  const open = openAfter(history, count);
  return build(history, open, new Set(), (inode) => open.contents.get(inode)?.[0]);
}

function openAfter({ changes }: History, count: number): Open {
  const past = changes.slice(0, count);
  const isCertain = (inode: number, at: number) =>
    past.some((sync) => sync.type === 'sync' && sync.inode === inode && sync.before > at);

  /** The folders as they were at the time. */
  const folders = new Map<string, number>();
  const certainNames: Names[] = [];
  const names: Names[] = [];
  const versions = new Map<number, { readonly content: Content; readonly isCertain: boolean }[]>();

  past.forEach((change, at) => {
    if (change.type === 'content') {
      const before = versions.get(change.inode) ?? [];
      versions.set(change.inode, [...before, { content: change, isCertain: isCertain(change.inode, at) }]);
    }
    if (change.type !== 'names') return;

    for (const [path, inode] of change.names) if (inode !== null) folders.set(path, inode);
    const parents = change.names.map(([path]) => folders.get(parentOf(path)) ?? -1);
    const areCertain = parents.every((parent) => parent === -1 || isCertain(parent, at));
    (areCertain ? certainNames : names).push(change);
  });

  const contents = new Map([...versions].map(([inode, all]) => [inode, choicesOf(all)] as const));
  return { names, contents, certainNames };
}

function choicesOf(
  versions: readonly { readonly content: Content; readonly isCertain: boolean }[],
): readonly [Buffer, ...Buffer[]] {
  const from = versions.findLastIndex(({ isCertain }) => isCertain);
  const certain = bytesOf(versions[from]?.content);
  const later = versions.slice(from + 1).map(({ content }) => bytesOf(content));

  const uncertain = later.flatMap((content, at) => {
    const before = later[at - 1] ?? certain;
    if (content.length <= before.length) return [content];
    // Grown: its end may be missing in part, or the size may be on the disk before the bytes are.
    const half = before.length + Math.floor((content.length - before.length) / 2);
    const zeros = Buffer.concat([
      content.subarray(0, before.length),
      Buffer.alloc(content.length - before.length),
    ]);
    return [content.subarray(0, half), zeros, content];
  });

  return [certain, ...uncertain];
}

function bytesOf(content: Content | undefined): Buffer {
  return Buffer.from(content?.content ?? '', 'base64');
}

/** Applies the changes of names that are kept, in their order. */
function build(
  { isFolder, changes }: History,
  { certainNames }: Open,
  kept: ReadonlySet<Names>,
  contentOf: (inode: number) => Buffer | undefined,
): Left {
  const certain = new Set(certainNames);
  const inodes = new Map<string, number>();

  for (const change of changes) {
    if (change.type !== 'names' || !(certain.has(change) || kept.has(change))) continue;
    for (const [path, inode] of change.names) {
      if (inode === null) inodes.delete(path);
      else inodes.set(path, inode);
    }
  }

  const left = new Map<string, { readonly isFolder: boolean; readonly content: Buffer }>();
  for (const path of [...inodes.keys()].sort()) {
    // Where the name of a folder is lost, all in it is lost with it.
    if (path !== '.' && !left.get(parentOf(path))?.isFolder) continue;
    const inode = inodes.get(path) ?? -1;
    left.set(path, { isFolder: isFolder[inode] === true, content: contentOf(inode) ?? Buffer.alloc(0) });
  }

  return left;
}

/** Of what lies in the folder itself: the folder. */
function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? (path === '.' ? '' : '.') : path.slice(0, slash);
}
