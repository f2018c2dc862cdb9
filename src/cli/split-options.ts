import type { SplitOptions } from '../index.ts';
import { type Flags, pushOptions } from './settings.ts';

/** A push in pieces, as flags, then environment, then defaults ask for it. */
export function splitOptions(flags: Flags, env: NodeJS.ProcessEnv): SplitOptions {
  const { splitLines, splitSize, manifest } = flags;
  return {
    ...pushOptions(flags, env),
    purpose: 'batch',
    ...(splitLines !== undefined && { splitLines }),
    ...(splitSize !== undefined && { splitBytes: splitSize }),
    ...(manifest !== undefined && { manifest }),
  };
}
