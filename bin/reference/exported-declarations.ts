import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Declaration, declarationsIn } from './declarations.ts';

const FROM_ELSEWHERE = /^export (?:type )?\{([^}]*)\} from '([^']*)';/gms;

/**
 * The declarations of all that a module exports, in its order.
 * @throws when one is not where the module says
 */
export function exportedDeclarations(index: string): readonly Declaration[] {
  const text = readFileSync(index, 'utf8');
  const elsewhere = [...text.matchAll(FROM_ELSEWHERE)].flatMap(([, names = '', from = '']) => {
    const path = join(dirname(index), from).replace(/\.[jt]s$/, '.d.ts');
    const declared = declarationsIn(readFileSync(path, 'utf8'));
    const wanted = names.split(',').map((name) => name.replace('type ', '').trim());
    return wanted
      .filter((name) => name !== '')
      .map((name) => {
        const found = declared.find((declaration) => declaration.name === name);
        if (found === undefined) throw new Error(`${path} does not declare ${name}`);
        return found;
      });
  });
  return [...declarationsIn(text), ...elsewhere];
}
