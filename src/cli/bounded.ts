import { InvalidArgumentError } from 'commander';

/** What a flag may say, as its user would write it. The library has the same bounds; a test holds the two together. */
export interface Bounds {
  readonly least: number;
  readonly most?: number;
  /** Only multiples of it. */
  readonly step?: number;
  /** As in "It must be …". */
  readonly words: string;
}

/** A parser that also refuses what no run could honour, so that it is told of the flag, once, and not of a file. */
export function bounded(parse: (text: string) => number, bounds: Bounds): (text: string) => number {
  const { least, most = Number.MAX_SAFE_INTEGER, step = 1, words } = bounds;
  return (text) => {
    const value = parse(text);
    if (value >= least && value <= most && value % step === 0) return value;
    throw new InvalidArgumentError(`It must be ${words}.`);
  };
}

/** A name, of which an empty one is none: a variable that is not set, more often than not. */
export function notEmpty(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It must not be empty.');
}
