import type { Field, JsonKind } from './field-finder.ts';
import { quote } from './quote.ts';

const KINDS: Readonly<Record<JsonKind, string>> = {
  object: 'an object',
  array: 'an array',
  string: 'a string',
  number: 'a number',
  true: 'true',
  false: 'false',
  null: 'null',
};

export function formatKind(kind: JsonKind): string {
  return KINDS[kind];
}

/** What is wrong with a field that is not what it has to be. */
export function describeField(name: string, field: Field | undefined, wanted: string): string {
  if (field === undefined) return `${name} is missing`;
  const is = field.kind === 'string' ? quote(field.text) : formatKind(field.kind);
  return `${name} is ${is}, not ${wanted}`;
}
