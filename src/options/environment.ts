import { UploadError } from '../model/errors.ts';
import type { ConnectionOptions, SessionsOptions } from './options.ts';

/**
 * The connection that the environment describes. An empty variable means unset.
 * @throws UploadError `usage` for a line of `OPENAI_CUSTOM_HEADERS` that is no header
 */
export function connectionFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): ConnectionOptions {
  const options = {
    apiKey: env.OPENAI_API_KEY,
    baseUrl: env.OPENAI_BASE_URL,
    organization: env.OPENAI_ORG_ID,
    project: env.OPENAI_PROJECT_ID,
    stateDir: env.OPENAI_UPLOAD_STATE_DIR,
    headers: parseHeaders(env.OPENAI_CUSTOM_HEADERS),
  };
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== ''),
  );
}

function parseHeaders(text: string | undefined): Record<string, string> | undefined {
  const lines = text?.split(/\r?\n/).filter((line) => line.trim() !== '') ?? [];
  if (lines.length === 0) return undefined;
  return Object.fromEntries(lines.map(parseHeader));
}

/** What HTTP allows in a header's name is checked here; values with control characters cannot come out of lines. */
function parseHeader(line: string): [string, string] {
  const match = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*?)\s*$/.exec(line);
  if (match?.[1] !== undefined && match[2] !== undefined) return [match[1].toLowerCase(), match[2]];
  // The line may hold a secret, so it is not repeated.
  const message = 'OPENAI_CUSTOM_HEADERS holds a line that is not of the form "Name: value"';
  throw new UploadError('usage', { message, hint: 'Write one header a line.' });
}

/** Of who only looks at what is saved, and sends no header. */
export function withLocalEnvironment(options: SessionsOptions): ConnectionOptions {
  const { OPENAI_CUSTOM_HEADERS: _, ...env } = process.env;
  return withEnvironment(options, env);
}

/** What is there but undefined was not given: it must not hide what the environment says. */
export function withEnvironment(
  options: ConnectionOptions = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): ConnectionOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...connectionFromEnvironment(env), ...Object.fromEntries(given) };
}
