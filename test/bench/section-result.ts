import type { FigureName } from './report/targets.ts';

/** A row of a table, as data: names with units, values not rounded. */
export type Row = Readonly<Record<string, string | number | null | readonly number[]>>;

export interface SectionResult {
  readonly name: string;
  readonly title: string;
  /** What one must know to read the figures. */
  readonly notes: readonly string[];
  readonly rows: readonly Row[];
  /** Those there are targets for. */
  readonly figures: Readonly<Partial<Record<FigureName, number>>>;
}
