import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { manPage } from '../../src/cli/manual/man-page.ts';
import { createProgram } from '../../src/cli/program.ts';
import { tableIn } from './table-in.ts';

/** Writes the manual that package.json names, of the command line as it is and the tables of docs/cli.md. */
const document = readFileSync('docs/cli.md', 'utf8');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const nothing = () => undefined;
const program = createProgram({
  version,
  writeOut: nothing,
  writeErr: nothing,
  execute: async () => undefined,
  isWhole: true,
});
// So that the same sources give the same package on another day, where whoever builds says which day it was.
const { SOURCE_DATE_EPOCH } = process.env;
const day = SOURCE_DATE_EPOCH ? new Date(Number(SOURCE_DATE_EPOCH) * 1000) : new Date();

const text = manPage(program, {
  version,
  date: day.toISOString().slice(0, 10),
  environment: tableIn(document, 'variable').map(([name = '', meaning = '']) => [name, meaning]),
  exitCodes: tableIn(document, 'code', 'meaning').map(([code = '', meaning = '', then = '']) => [
    `\`${code}\``,
    `${meaning}; ${then}`,
  ]),
  files: tableIn(document, 'file').flatMap(([what = '', ...places]) =>
    places.map((place, index) => [place, `${what}, on ${['Linux', 'macOS', 'Windows'][index]}`] as const),
  ),
});
mkdirSync('dist/man', { recursive: true });
writeFileSync('dist/man/openai-upload.1', text);
