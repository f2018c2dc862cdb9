import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseFaults } from './parse-faults.ts';
import { PROFILE_NAMES, type ProfileName } from './server-profile.ts';
import type { UploadsServerOptions } from './uploads-server.ts';

export const cliHelp = `Serves the Uploads API on this machine, for trying things out.

  npm run server -- [options]

  --profile NAME              be a server of this kind: ${PROFILE_NAMES.join(', ')} (openai)
  --port N                    listen here (8080; 0 for any free port)
  --store DIR                 keep the bytes in this directory (a temporary one, removed at the end)
  --api-key KEY               accept this key (sk-test-key)
  --bytes-per-second N        read each request no faster than this
  --total-bytes-per-second N  read all requests together no faster than this
  --requests-per-minute N     take no more requests, and say in every response how many are left
  --latency-ms N              send each response this much later
  --lifetime SECONDS          let uploads expire after this long (by the profile, 3600 for openai)
  --faults FILE.json          misbehave as planned in this file
  --help                      print this
`;

/**
 * Returns the server's options, or 'help'.
 * @throws Error that says what is wrong with the arguments
 */
export function parseCliOptions(args: readonly string[]): UploadsServerOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      profile: { type: 'string' },
      port: { type: 'string', default: '8080' },
      store: { type: 'string' },
      'api-key': { type: 'string' },
      'bytes-per-second': { type: 'string' },
      'total-bytes-per-second': { type: 'string' },
      'requests-per-minute': { type: 'string' },
      'latency-ms': { type: 'string' },
      lifetime: { type: 'string' },
      faults: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const rate = (name: 'bytes-per-second' | 'total-bytes-per-second' | 'requests-per-minute') =>
    wholeNumber(`--${name}`, values[name], 1, Number.MAX_SAFE_INTEGER);
  return withoutUndefined({
    profile: profileName(values.profile),
    port: wholeNumber('--port', values.port, 0, 65_535),
    storeDirectory: nonEmpty('--store', values.store),
    apiKey: nonEmpty('--api-key', values['api-key']),
    bytesPerSecond: rate('bytes-per-second'),
    totalBytesPerSecond: rate('total-bytes-per-second'),
    requestsPerMinute: rate('requests-per-minute'),
    latencyMs: wholeNumber('--latency-ms', values['latency-ms'], 1, 60_000),
    uploadLifetimeSeconds: wholeNumber('--lifetime', values.lifetime, 1, 365 * 86_400),
    faults: values.faults === undefined ? undefined : readFaults(values.faults),
  });
}

function profileName(text: string | undefined): ProfileName | undefined {
  const name = PROFILE_NAMES.find((known) => known === text);
  if (text === undefined || name !== undefined) return name;
  throw new Error(`--profile must be one of ${PROFILE_NAMES.join(', ')}, not '${text}'.`);
}

function wholeNumber(name: string, text: string | undefined, minimum: number, maximum: number) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
  throw new Error(`${name} must be a whole number from ${minimum} to ${maximum}, not '${text}'.`);
}

function nonEmpty(name: string, text: string | undefined) {
  if (text === '') throw new Error(`${name} must not be empty.`);
  return text;
}

function readFaults(path: string) {
  try {
    return parseFaults(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Error(`--faults ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type Given<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> };

function withoutUndefined<Values extends object>(values: Values): Given<Values> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Given<Values>;
}
