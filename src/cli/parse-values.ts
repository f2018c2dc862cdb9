import { InvalidArgumentError } from 'commander';
import type { Issue, ListShard, TransferOptions } from '../index.ts';
import { formatHint, type Hint, type OptionMention, type OptionName } from '../model/hint.ts';
import { type Bounds, requestsPerSecond } from '../options/validate.ts';

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1000,
  K: 1000,
  M: 1000 ** 2,
  G: 1000 ** 3,
  T: 1000 ** 4,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads a size in bytes: `64MB` and `64M` are 64,000,000, `64MiB` and `64Mi` are 67,108,864, and a
 * bare number is bytes. Case matters, because `64mb` could mean bits.
 */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]*?)B?$/.exec(text);
  const unit = SIZE_UNITS[match?.[2] ?? '?'];
  const bytes = Number(match?.[1]) * (unit ?? Number.NaN);
  if (Number.isSafeInteger(Math.round(bytes)) && Math.abs(bytes - Math.round(bytes)) < 1e-6)
    return Math.round(bytes);
  throw new InvalidArgumentError(
    'Write a size as 8MB (8,000,000 bytes), 8MiB (8,388,608) or as a number of bytes.',
  );
}

/** Reads bytes per second, written like a size, with or without `/s`. */
export function parseRate(text: string): number {
  return parseSize(text.replace(/\/s$/, ''));
}

/** Reads `10/s` or `600/min`. */
export function parseRequestRate(text: string): Required<TransferOptions>['maxRequests'] {
  try {
    requestsPerSecond(text);
    return text as Required<TransferOptions>['maxRequests'];
  } catch {
    throw new InvalidArgumentError('Write a rate such as 10/s or 600/min.');
  }
}

/** Reads `500ms`, `30s`, `15m`, `1h` or `30d` as milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const ms = Number(match?.[1]) * (DURATION_UNITS_MS[match?.[2] ?? '?'] ?? Number.NaN);
  if (Number.isSafeInteger(Math.round(ms))) return Math.round(ms);
  throw new InvalidArgumentError('Write a duration as 500ms, 30s, 15m, 1h or 30d.');
}

/** Reads `2/5` as the second of five. */
export function parseShard(text: string): ListShard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (
    index !== undefined &&
    count !== undefined &&
    index >= 1 &&
    index <= count &&
    Number.isSafeInteger(count)
  )
    return { index, count };

  throw new InvalidArgumentError('Write a shard as 2/5: the second of five, counted from 1.');
}

/** Also takes `auto`: as many as keep the link busy. That is also the default. */
export function orAuto(parse: (text: string) => number): (text: string) => number | 'auto' {
  return (text) => (text === 'auto' ? text : parse(text));
}

/** Reads a whole number in plain digits, without `1e3` or a sign. */
export function parseWhole(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('Write a whole number.');
}

/**
 * Makes a parser that also refuses what is out of bounds. The error then names the flag and not a
 * file. `format` writes a bound in the form that the flag takes. `describe` completes the sentence
 * "It must be …".
 */
export function bounded(
  parse: (text: string) => number,
  { min, max = Number.MAX_SAFE_INTEGER }: Bounds,
  format: (value: number) => string = String,
  describe: (range: string) => string = (range) => range,
): (text: string) => number {
  const isOpen = max === Number.MAX_SAFE_INTEGER;
  const isFromZero = min === 0 && format !== String;
  const range = isOpen
    ? `at least ${format(min)}`
    : isFromZero
      ? `at most ${format(max)}`
      : `${format(min)} to ${format(max)}`;

  return (text) => {
    const value = parse(text);
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be ${describe(range)}.`);
  };
}

/** Converts the bounds of an option in seconds to milliseconds. */
export function inMilliseconds({ min, max }: Required<Bounds>): Bounds {
  return { min: min * 1000, max: max * 1000 };
}

/** The shortest exact form that `parseSize` reads: `8MB`, `64MiB`, `1500`. */
export function formatSize(bytes: number): string {
  if (bytes === 1) return '1 byte';
  const unit = Object.entries(SIZE_UNITS)
    .filter(([name, size]) => size > 1 && name !== 'k' && bytes >= size && bytes % size === 0)
    .sort((a, b) => b[1] - a[1])[0];
  return unit === undefined ? String(bytes) : `${bytes / unit[1]}${unit[0]}B`;
}

/** The shortest exact form that `parseDuration` reads: `10m`, `1d`, `1500ms`. */
export function formatShortDuration(ms: number): string {
  const unit = Object.entries(DURATION_UNITS_MS)
    .filter(([, size]) => ms >= size && ms % size === 0)
    .sort((a, b) => b[1] - a[1])[0];
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}

/** Reads a duration in whole seconds as milliseconds. Any other duration is out of all bounds. */
export function parseWholeSeconds(text: string): number {
  const ms = parseDuration(text);
  return ms % 1000 === 0 ? ms : Number.NaN;
}

/** Refuses an empty name, which comes most often from a variable that is not set. */
export function notEmpty(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It must not be empty.');
}

/** How the command line writes the options that hints name. */
const FLAGS: Readonly<Record<OptionName, (value: OptionMention['value']) => string>> = {
  apiKey: () => 'OPENAI_API_KEY',
  auth: withValue('--auth'),
  check: () => '--no-check',
  concurrency: withValue('--concurrency'),
  filename: withValue('--filename'),
  headers: () => 'OPENAI_CUSTOM_HEADERS',
  insecureHttp: () => '--insecure-http',
  md5: () => '--no-md5',
  minPartBytes: withValue('--min-part-size', formatSize),
  mtlsClientCertFile: withValue('--mtls-client-cert-file'),
  mtlsClientKeyFile: withValue('--mtls-client-key-file'),
  partBytes: withValue('--part-size', formatSize),
  recursive: () => '--recursive',
  restart: () => '--restart',
  resume: () => '--no-resume',
  reuploadChanged: () => '--reupload-changed',
  split: () => '--split',
  stallTimeoutMs: withValue('--stall-timeout', formatShortDuration),
  stateDir: withValue('--state-dir'),
  waitLockMs: withValue('--wait-lock', formatShortDuration),
};

/** Returns an issue for the command line, with flags in its hint. */
export function withFlags({ hintParts, ...issue }: Issue): Issue {
  return hintParts === undefined ? issue : { ...issue, hint: formatHintAsFlags(hintParts) };
}

/** Returns the text of a hint, with flags where the library names options. */
export function formatHintAsFlags(parts: Hint): string {
  return formatHint(parts, ({ option, value }) => FLAGS[option](value));
}

function withValue(flag: string, format: (value: number) => string = String) {
  return (value: OptionMention['value']) => {
    if (value === undefined) return flag;
    return `${flag} ${typeof value === 'number' ? format(value) : value}`;
  };
}
