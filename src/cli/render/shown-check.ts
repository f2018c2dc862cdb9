import type { Check } from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import { exitCodeOf } from '../exit-codes.ts';
import type { Shown } from '../outcome.ts';
import { formatHintAsFlags } from '../parse-values.ts';

/** Shows a check as a line with its hint, or as an object. */
export function shownCheck(
  { name, status, message, error, speed }: Check,
  wrap: (text: string) => string,
): Shown {
  const hint = error === undefined ? '' : formatHintAsFlags(error.hintParts);
  const text = hint === '' ? message : `${message}. ${hint}`;
  const object = {
    v: 1,
    check: name,
    status,
    message,
    hint,
    error: error === undefined ? null : { code: error.code, exit_code: exitCodeOf(error.code) },
    ...(speed && { bytes_per_second: Math.round(speed.bytesPerSecond), fits_bytes: speed.fitsBytes }),
  };

  return {
    objects: [object],
    lines: [wrap(escapeControl(`${status.padEnd(7)} ${name.padEnd(8)} ${text}`))],
    notes: [],
  };
}
