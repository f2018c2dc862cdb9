import { resolve } from 'node:path';
import type { Flags } from '../settings.ts';
import { shellQuote } from '../shell-quote.ts';

/**
 * The flags that a next command needs to reach the same session, as they were given. What the configuration says, it says to the
 * next command too. Secrets are never flags.
 */
export function repeatedFlags(flags: Flags): string[] {
  const { profile, stateDir, baseUrl, organization, project, auth } = notFromConfig(flags);
  const pairs: [string, string | undefined][] = [
    ['--profile', profile || undefined],
    ['--state-dir', stateDir && resolve(stateDir)],
    ['--base-url', baseUrl],
    ['--organization', organization],
    ['--project', project],
    ['--auth', auth],
  ];
  const words = pairs.flatMap(([name, value]) => (value === undefined ? [] : [name, shellQuote(value)]));
  return flags.insecureHttp ? [...words, '--insecure-http'] : words;
}

/** A session may have put its own in the place of the configuration's. */
function notFromConfig({ fromConfig = {}, ...flags }: Flags): Partial<Flags> {
  const isGiven = ([key, value]: [string, unknown]) => value !== fromConfig[key as keyof Flags];
  return Object.fromEntries(Object.entries(flags).filter(isGiven));
}
