import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createWholeProgram } from '../../src/cli/program.ts';
import { manPage } from './man-page.ts';

/** Writes the manual that package.json names, from the declared commands and docs/cli.md. */
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const nothing = () => undefined;
const program = await createWholeProgram({
  version,
  writeOut: nothing,
  writeErr: nothing,
  execute: async () => undefined,
});

// With SOURCE_DATE_EPOCH, the same sources give the same package on any day.
const { SOURCE_DATE_EPOCH } = process.env;
const day = SOURCE_DATE_EPOCH ? new Date(Number(SOURCE_DATE_EPOCH) * 1000) : new Date();
const date = day.toISOString().slice(0, 10);

const document = readFileSync('docs/cli.md', 'utf8');
mkdirSync('dist/man', { recursive: true });
writeFileSync('dist/man/openai-upload.1', manPage(program, { version, date, document }));
