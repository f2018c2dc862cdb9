// Loaded into the real binary with --import: ends the process with SIGKILL right before, or right after, the n-th change it
// makes to the state directory. The file system stays the real one; only the moment of death is chosen. Says so on stderr:
// on Windows, a process that kills itself looks as if it had ended with 1.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const directory = process.env.KILL_IN ?? '';
const [when, number] = (process.env.KILL_AT ?? '').split(' ');
const watched = [
  'openSync',
  'writeSync',
  'writeFileSync',
  'fsyncSync',
  'renameSync',
  'linkSync',
  'rmSync',
  'unlinkSync',
];
/** The file system's functions, by name. @type {Record<string, (target: unknown, ...rest: unknown[]) => unknown>} */
const functions = Object(fs);
const descriptors = new Set();
const { writeSync } = fs;
let steps = 0;

function die() {
  writeSync(2, `killed ${when} change ${number}\n`);
  process.kill(process.pid, 'SIGKILL');
}

for (const name of watched) {
  const real = functions[name];
  functions[name] = (target, ...rest) => {
    const concerns =
      typeof target === 'number' ? descriptors.has(target) : String(target).startsWith(directory);
    const isStep = concerns && ++steps === Number(number);
    if (isStep && when === 'before') die();
    const result = real?.(target, ...rest);
    if (concerns && name === 'openSync') descriptors.add(result);
    if (isStep) die();
    return result;
  };
}
syncBuiltinESMExports();
