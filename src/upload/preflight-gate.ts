import { checkFailure } from '../model/check-failure.ts';
import { type Listener, passCheck, preflightOf } from './check-source.ts';
import { describeSpoolError } from './shown-path.ts';
import type { UploadSpec } from './upload-spec.ts';

/**
 * What is larger is read while it is sent. Reading a gigabyte takes some four seconds, and sending it over a minute at
 * 100 Mbit/s, so up to here it is worth waiting for, because a file that is no good then costs no request. Only files for
 * fine-tuning are larger than that and have rules about what is in them.
 */
const READ_FIRST_BYTES = 1_000_000_000;

/**
 * Looks at a file before its upload, as far as that does not take long.
 * @returns the wish, with what is left to be checked
 * @throws UploadError `check_failed`, and those of `checkSource`
 */
export async function checkSpec(spec: UploadSpec, listener: Listener): Promise<UploadSpec> {
  const preflight = preflightOf(spec);
  if (preflight.reader === undefined || spec.source.bytes <= READ_FIRST_BYTES) {
    await passCheck(spec, listener);
    return { ...spec, check: 'passed' };
  }
  const failure = checkFailure(preflight.result());
  if (failure) throw describeSpoolError(failure, spec);
  return { ...spec, check: 'due' };
}
