// Plain JavaScript, because the worker imports it and Node 20 cannot load a `.ts` worker.
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { sep } from 'node:path';

/** Larger files are left out. */
export const MAX_FILE_BYTES = 64 * 1024;

const { O_RDONLY, O_NONBLOCK: AT_ONCE = 0, O_NOFOLLOW: NO_LINK = 0 } = constants;

/**
 * Reads files of a directory into `bytes`, one after the other, with as few system calls as possible.
 * Returns where each of them ends, for as many as there is room for. A file without bytes is left
 * out: it is not a plain, small file of this user, or cannot be read.
 *
 * @param {{ readonly directory: string, readonly files: readonly string[], readonly bytes: Uint8Array }} request
 * @returns {readonly number[]}
 */
export function readFiles({ directory, files, bytes }) {
  // Over a network, the system may know this user by another number, as it knows the directory's owner.
  const owners = [process.geteuid?.(), 0, statSync(directory, { throwIfNoEntry: false })?.uid];
  const ends = [];

  let end = 0;
  for (const file of files) {
    if (bytes.length - end < MAX_FILE_BYTES) break;
    end += readInto(bytes.subarray(end, end + MAX_FILE_BYTES), `${directory}${sep}${file}`, owners);
    ends.push(end);
  }

  return ends;
}

/**
 * Returns how many bytes the file has, and 0 if it is to be left out.
 *
 * @param {Uint8Array} room
 * @param {string} path
 * @param {readonly (number | undefined)[]} owners
 */
function readInto(room, path, owners) {
  try {
    const file = openSync(path, O_RDONLY | AT_ONCE | NO_LINK);
    try {
      const found = fstatSync(file);
      if (!found.isFile() || !owners.includes(found.uid) || found.size >= room.length) return 0;
      return readSync(file, room, 0, room.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return 0;
  }
}
