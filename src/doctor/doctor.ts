import type { Check } from '../model/health.ts';
import { withEnvironment } from '../options/environment.ts';
import type { DiagnoseOptions } from '../options/options.ts';
import { checkDiagnoseOptions } from '../options/validate.ts';

/**
 * Checks what an upload needs from this machine, one thing after the other: the state directory,
 * the proxy, the connection, the clock, the key and, on demand, the speed of the link. A check that
 * fails is a result, not an error.
 * @throws UploadError `usage` for options that no upload could have
 */
export async function* diagnose(options: DiagnoseOptions = {}): AsyncGenerator<Check> {
  checkDiagnoseOptions(options);
  yield* (await import('./diagnose.ts')).diagnose({ ...options, ...withEnvironment(options) });
}
