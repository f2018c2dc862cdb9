import { formatHint, type Hint, type OptionMention, type OptionName } from '../../model/hint.ts';
import { formatShortDuration, formatSize } from '../parse-values.ts';

/** How the command line calls the options that hints name. */
const FLAGS: Readonly<Record<OptionName, (value: OptionMention['value']) => string>> = {
  apiKey: () => 'OPENAI_API_KEY',
  auth: withValue('--auth'),
  check: () => '--no-check',
  concurrency: withValue('--concurrency'),
  filename: withValue('--filename'),
  headers: () => 'OPENAI_CUSTOM_HEADERS',
  insecureHttp: () => '--insecure-http',
  md5: () => '--no-md5',
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
