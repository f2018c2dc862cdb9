import { describe, expect, test } from 'vitest';
import { manPage } from '../../../../bin/man/man-page.ts';
import { allExamples } from '../../../../src/cli/command.ts';
import { readDocument, tableRows } from '../../../helpers/markdown.ts';
import { commandNames, wholeProgram } from '../../../helpers/whole-program.ts';

const document = await readDocument('docs/cli.md');
const facts = { version: '1.2.3', date: '2026-11-22', document };
const program = await wholeProgram();
const text = manPage(program, facts);
const lines = plain(text).split('\n');

describe('the manual', () => {
  test('has the version and the date in its head', () => {
    expect(text).toContain('\n.TH OPENAI-UPLOAD 1 2026-11-22 "openai-upload 1.2.3" "User Commands"\n');
  });

  test('has every command that does something, and its flags', () => {
    const flags = program.commands.flatMap((command) =>
      command
        .createHelp()
        .visibleOptions(command)
        .map((option) => plain(option.flags).replaceAll(/[<>]/g, '')),
    );

    const leaves = commandNames(program).filter(
      (name, _, all) => !all.some((other) => other.startsWith(`${name} `)),
    );
    expect(lines.filter((line) => line.startsWith('.SS '))).toEqual(
      expect.arrayContaining(leaves.filter(Boolean).map((name) => `.SS ${name}`)),
    );
    expect(flags.length).toBeGreaterThan(50);
    expect([...new Set(flags)].filter((flag) => !lines.includes(flag))).toEqual([]);
  });

  test('names a flag that every command takes once', () => {
    expect(lines.filter((line) => line === '--base-url url')).toHaveLength(1);
    expect(lines.filter((line) => line === '--auth how')).toHaveLength(5);
  });

  test('says what stands below the help of a command', () => {
    expect(lines).toContain('Without an id it continues the only unfinished upload, or push of many files.');
  });

  test('has every example as it is typed', () => {
    const typed = allExamples(program).flatMap(([, examples]) => examples.map(([, line]) => line));

    expect(typed.filter((line) => !lines.includes(line))).toEqual([]);
  });

  test('has the variables, the files and the exit codes of docs/cli.md', () => {
    const named = [
      ...tableRows(document, 'variable').map(([name = '']) => name),
      ...tableRows(document, 'file').flatMap(([, ...places]) => places),
      ...tableRows(document, 'code', 'meaning').map(([code = '']) => code),
    ].map((name) => name.replaceAll('`', ''));

    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((name) => !lines.includes(name))).toEqual([]);
  });

  test('shows what roff would read as its own', async () => {
    const other = (await wholeProgram()).description('.hidden "quoted" \\n it\'s');

    expect(manPage(other, facts)).toContain('\n\\&.hidden \\(dqquoted\\(dq \\en it\\(aqs\n');
  });

  test('is not made from a document without the tables', () => {
    expect(() => manPage(program, { ...facts, document: '' })).toThrow('no table of "variable"');
  });
});

/** What a reader sees of a line of roff. */
function plain(roff: string): string {
  const signs: Readonly<Record<string, string>> = { aq: "'", dq: '"', ga: '`', ti: '~', ha: '^' };
  return roff
    .replaceAll(/\\f[BIR]/g, '')
    .replaceAll(/\\\((\w\w)/g, (_, name: string) => signs[name] ?? '?')
    .replaceAll(/\\\[u([0-9A-F]+)\]/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replaceAll('\\-', '-')
    .replaceAll('\\&', '')
    .replaceAll('\\e', '\\');
}
