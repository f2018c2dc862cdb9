import { resolve } from 'node:path';
import type { LocalDependencies } from './local-dependencies.ts';
import type { PushPlan } from './model/upload.ts';
import type { PushOptions } from './options.ts';
import { passCheck } from './steps/check-source.ts';
import { explain } from './steps/explain.ts';
import { foreseeUnfinished } from './steps/find-unfinished.ts';
import { planPush } from './steps/plan-push.ts';
import { describeWish } from './steps/wish.ts';

/** A push as far as it goes without a request. @throws UploadError */
export async function dryRun(
  path: string,
  options: PushOptions,
  local: LocalDependencies,
): Promise<PushPlan> {
  const { signal = new AbortController().signal, onEvent = () => undefined } = options;
  const deps = { ...local, sessions: local.records, signal, onEvent };
  try {
    const wish = await describeWish(path, options);
    if (options.check !== false) await passCheck(wish, deps);
    return planPush(wish, options.resume === false ? undefined : await foreseeUnfinished(wish, deps));
  } catch (error) {
    throw explain(error, signal, { path: resolve(path) });
  }
}
