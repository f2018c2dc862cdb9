import { type Account, accountOf } from '../../index.ts';
import { overridingVariable } from './config-keys.ts';

/** A profile, and whose sessions it reaches. */
export interface KnownProfile extends Account {
  /** Empty for what holds without one. */
  readonly name: string;
}

const SERVER_KEYS = ['baseUrl', 'organization', 'project'] as const;

type Values = Readonly<Record<string, unknown>>;

/**
 * Those that look into the same state directory, with the variables of the environment, which win over them. One that cannot be
 * used is left out: its fault is told when it is asked for.
 */
export function knownProfiles({
  values,
  profiles,
  chosen,
  env,
  isFlag,
  isDirectoryGiven,
}: {
  readonly values: Values;
  readonly profiles: Readonly<Record<string, Values>>;
  readonly chosen: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Whether a profile can be done without, by leaving out a flag. */
  readonly isFlag: boolean;
  /** Whether a flag has named the state directory, for whatever profile. */
  readonly isDirectoryGiven: boolean;
}): readonly KnownProfile[] {
  const inEnvironment = (key: 'stateDir' | (typeof SERVER_KEYS)[number]) => {
    const variable = overridingVariable(key, env);
    return variable === undefined ? undefined : env[variable];
  };
  const at = (own: Values, key: Parameters<typeof inEnvironment>[0]) =>
    textOf(inEnvironment(key) ?? own[key] ?? values[key]);
  const stateDir = at(profiles[chosen ?? ''] ?? {}, 'stateDir');
  const all = [...Object.entries(profiles), ...(isFlag ? [['', {}] as const] : [])];
  return all.flatMap(([name, own]) => {
    if (!isDirectoryGiven && at(own, 'stateDir') !== stateDir) return [];
    try {
      return [{ name, ...accountOf(Object.fromEntries(SERVER_KEYS.map((key) => [key, at(own, key)]))) }];
    } catch {
      return [];
    }
  });
}

/** In words, after "it is of". */
export function formatProfile(name: string): string {
  return name === '' ? 'no profile' : `the profile ${name}`;
}

/** The one that reaches a session, if there is one. */
export function profileFor(server: Account, profiles: readonly KnownProfile[] = []): string | undefined {
  return profiles.find((profile) => SERVER_KEYS.every((key) => profile[key] === server[key]))?.name;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
