/** What became of the files below a folder, change by change, with what was synced. All of it is data. */
export interface History {
  /** From 0. Each is a file or a folder that was there at some time. */
  readonly isFolder: readonly boolean[];
  readonly changes: readonly Change[];
}

export type Change =
  /** The content of a file from now on, in base64. */
  | { readonly type: 'content'; readonly inode: number; readonly content: string }
  /** What the names stand for from now on, with one call: a rename changes two. Null: nothing any more. */
  | { readonly type: 'names'; readonly names: readonly (readonly [path: string, inode: number | null])[] }
  /** All that had happened to this file or folder before the change of that number is on the disk. */
  | { readonly type: 'sync'; readonly inode: number; readonly before: number };
