import { formatHint, type Hint, type OptionMention, type OptionName } from '../../model/hint.ts';

/** How the command line calls the options that hints name. */
const FLAGS: Readonly<Record<OptionName, (value: OptionMention['value']) => string>> = {
  apiKey: () => 'OPENAI_API_KEY',
  auth: withValue('--auth'),
  check: () => '--no-check',
  concurrency: withValue('--concurrency'),
  filename: withValue('--filename'),
  insecureHttp: () => '--insecure-http',
  md5: () => '--no-md5',
  partBytes: withValue('--part-size', formatSize),
  restart: () => '--restart',
  resume: () => '--no-resume',
  reuploadChanged: () => '--reupload-changed',
  split: () => '--split',
  stallTimeoutMs: withValue('--stall-timeout', formatMinutes),
  stateDir: withValue('--state-dir'),
  waitLockMs: withValue('--wait-lock', formatMinutes),
};

/** The text of a hint, with flags where the library names options. */
export function formatHintAsFlags(parts: Hint): string {
  return formatHint(parts, ({ option, value }) => FLAGS[option](value));
}

function withValue(flag: string, format: (value: number) => string = String) {
  return (value: OptionMention['value']) => {
    if (value === undefined) return flag;
    return `${flag} ${typeof value === 'number' ? format(value) : value}`;
  };
}

/** Exact, in the units that flags take. */
function formatSize(bytes: number): string {
  if (bytes % 1_000_000 === 0) return `${bytes / 1_000_000}MB`;
  return bytes % 1_048_576 === 0 ? `${bytes / 1_048_576}MiB` : String(bytes);
}

function formatMinutes(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms}ms`;
}
