import { isProfileName } from '../../config/profiles.ts';
import { UploadError } from '../../index.ts';
import { shellQuote } from '../shell-quote.ts';
import { suggest } from '../suggest.ts';

/** The values of a profile. @throws UploadError `usage` when there is none of that name */
export function chooseProfile<T>(name: string, profiles: Readonly<Record<string, T>>, path: string): T {
  const values = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (values !== undefined) return values;
  const near = suggest(name, Object.keys(profiles));
  const meant = near === undefined ? '' : `Did you mean ${near}?`;
  const create = `To make one: openai-upload config set --profile ${shellQuote(name)} baseUrl https://…`;
  throw new UploadError('usage', {
    message: `there is no profile ${name} in ${path}`,
    // One with such a name could not be made.
    hint: `${meant} ${isProfileName(name) ? create : ''}`.trim(),
  });
}
