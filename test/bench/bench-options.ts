import { Command, InvalidArgumentError } from 'commander';
import { parseSize } from '../../src/cli/parse-values.ts';
import { SECTIONS, type SectionName } from './sections/sections.ts';

export interface BenchOptions {
  readonly rounds: number;
  readonly only: readonly SectionName[];
  readonly sizeBytes: number;
  readonly isQuick: boolean;
  /** The file for the record; true: stdout, and no tables. */
  readonly json: string | true | null;
}

/** What `npm run bench -- …` takes; `--help` prints it. */
export function parseBenchOptions(argv: readonly string[]): BenchOptions {
  const names = Object.keys(SECTIONS).join(',');
  const program = new Command('npm run bench --')
    .option('--rounds <n>', 'runs of each contender', parseCount, 5)
    .option('--only <sections>', `some of ${names}`, parseSections, Object.keys(SECTIONS) as SectionName[])
    .option('--size <size>', "the throughput section's file", parseSize, 2 * 1024 ** 3)
    .option('--quick', 'small settings: shows that it works, measures nothing', false)
    .option('--json [file]', 'write the record as JSON, to stdout without a file')
    .parse(argv, { from: 'user' });
  const { rounds, only, size, quick, json = null } = program.opts();
  return { rounds, only, sizeBytes: size, isQuick: quick, json };
}

function parseCount(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number from 1.');
}

function parseSections(text: string): readonly SectionName[] {
  const names = text.split(',');
  const unknown = names.find((name) => !(name in SECTIONS));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no section ${unknown}.`);
  return names as SectionName[];
}
