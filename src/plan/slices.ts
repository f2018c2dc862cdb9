/** Pieces of a file that, joined in their order, are what is uploaded. */
export interface Slices {
  /** The sum of their lengths. */
  readonly bytes: number;
  /** Over all their bytes, in the form of `checksum/part-checksum.ts`: tells whether they are still what was cut. */
  readonly checksum: string;
  /** Where they are, as `write-places.ts` writes it; null once there is a file, and nobody will read them again. */
  readonly places: string | null;
}

/** What of a file is uploaded: all of it, unless there are slices. */
export interface Content {
  readonly source: { readonly bytes: number };
  readonly slices: Slices | null;
}

/** The bytes of the upload, which are not those of its source when it is only slices of it. */
export function contentBytes({ source, slices }: Content): number {
  return slices?.bytes ?? source.bytes;
}

/** Whether both are the same bytes of the same file. Of an upload that is completed the places are not known any more. */
export function isSameSlices(one: Slices | null, other: Slices | null): boolean {
  if (one === null || other === null) return one === other;
  const isSamePlace = one.places === null || other.places === null || one.places === other.places;
  return one.bytes === other.bytes && one.checksum === other.checksum && isSamePlace;
}
