import { Ajv, type ErrorObject } from 'ajv';
import type { Fault } from './fault.ts';

type Properties = Readonly<Record<string, object>>;

const anyCall = ['create', 'part', 'complete', 'cancel', 'listFiles', 'getFile', 'fileContent', 'listModels'];
const callWithBody = ['create', 'part', 'complete'];
const wholeNumber = { type: 'integer', minimum: 0 };
const text = { type: 'string' };
const flag = { type: 'boolean' };
const oneOf = (...values: readonly string[]) => ({ type: 'string', enum: values });

const effects = {
  status: [
    effect(
      'status',
      {
        status: { type: 'integer', minimum: 200, maximum: 599 },
        headers: { type: 'object', additionalProperties: text },
        body: { type: ['object', 'string'] },
        when: oneOf('before-body', 'after-body', 'after-work'),
      },
      ['status'],
    ),
  ],
  reset: [
    effect('reset', { when: oneOf('start', 'after-work') }, ['when']),
    effect('reset', { when: oneOf('after-bytes'), bytes: wholeNumber }, ['when', 'bytes'], callWithBody),
  ],
  hang: [
    effect('hang', { when: oneOf('body'), afterBytes: wholeNumber }, ['when'], callWithBody),
    effect('hang', { when: oneOf('answer'), work: flag }, ['when']),
  ],
  slow: [
    effect(
      'slow',
      { bytesPerSecond: { type: 'number', exclusiveMinimum: 0 } },
      ['bytesPerSecond'],
      callWithBody,
    ),
  ],
  delay: [effect('delay', { delayMs: { type: 'number', minimum: 0 } }, ['delayMs'])],
  garble: [effect('garble', { body: text, contentType: text, truncate: flag }, [])],
  hold: [effect('hold', { label: { type: 'string', minLength: 1 } }, ['label'])],
} as const;

const ajv = new Ajv({ allowUnionTypes: true });
const validators = new Map(
  Object.entries(effects).map(([kind, shapes]) => [kind, shapes.map((shape) => ajv.compile(shape))]),
);

/**
 * Parses one fault, or a list of them, from JSON.
 * @throws Error that says which fault is invalid, and why
 */
export function parseFaults(value: unknown): readonly Fault[] {
  return (Array.isArray(value) ? value : [value]).map(parseFault);
}

function parseFault(value: unknown, index: number): Fault {
  const shapes = validators.get(String(kindOf(value)));
  const kinds = Object.keys(effects).join(', ');
  if (shapes === undefined) throw new Error(`Fault ${index + 1}: 'kind' must be one of ${kinds}.`);
  let problem = '';
  for (const validate of shapes) {
    // A kind can have several shapes, told apart by `when`. Complain about the one that was meant.
    if (validate(value)) return value as Fault;
    const complaint = validate.errors?.[0];
    if (problem === '' || complaint?.instancePath !== '/when') problem = inWords(complaint);
  }
  throw new Error(`Fault ${index + 1} (${String(kindOf(value))}): ${problem}.`);
}

function kindOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
}

function inWords(error: ErrorObject | null | undefined): string {
  if (!error) return 'not a fault';
  const where = error.instancePath.replace('/', '');
  const extra = 'additionalProperty' in error.params ? ` ('${String(error.params.additionalProperty)}')` : '';
  const choices = 'allowedValues' in error.params ? `: ${String(error.params.allowedValues)}` : '';
  return `${where === '' ? 'it' : `'${where}'`} ${error.message ?? 'is wrong'}${extra}${choices}`;
}

function effect(
  kind: string,
  properties: Properties,
  required: readonly string[],
  calls: readonly string[] = anyCall,
) {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['call', 'nth', 'kind', ...required],
    properties: {
      kind: { const: kind },
      call: { type: 'string', enum: calls },
      nth: { anyOf: [{ type: 'integer', minimum: 1 }, { const: 'every' }] },
      times: { type: 'integer', minimum: 1 },
      ...properties,
    },
    if: { properties: { nth: { const: 'every' } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { times: false } },
  };
}
