import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { Io } from '../src/cli/main.ts';

type Output = ReturnType<Io['stdout']>;
type OnError = (error: NodeJS.ErrnoException) => void;

/** Fits the buffer of a socket that nobody else has filled. */
const MAX_SOCKET_BYTES = 8000;

/**
 * Opens stdout or stderr. Node's stream for each takes a tenth of what bare Node takes to start, so
 * what can be written at once is written without it. What is left, and all that follows, goes to the
 * stream: it waits for the reader, and meets the error if there is one.
 */
export function openOutput(name: 'stdout' | 'stderr', onError: OnError): Output {
  const openStream = () => process[name].on('error', onError);
  const writeAtOnce = writerOf(name === 'stdout' ? 1 : 2);
  if (writeAtOnce === undefined) return openStream();

  let stream: NodeJS.WriteStream | undefined;
  return {
    isTTY: false,
    get errored() {
      return stream?.errored ?? null;
    },
    write(text: string, whenWritten = () => undefined) {
      const left = stream ? text : writeAtOnce(Buffer.from(text));
      if (stream === undefined && left.length === 0) return setImmediate(whenWritten);
      stream ??= openStream();
      return stream.write(left, whenWritten);
    },
  };
}

/**
 * Returns what writes to a file, a pipe or a socket as much as can be written at once, and returns the
 * rest. It must not wait for a reader: the upload would wait too, and no signal would be heard.
 */
function writerOf(descriptor: number): ((bytes: Buffer) => Buffer) | undefined {
  const target = targetOf(descriptor);
  if (target === undefined) return undefined;

  let capacity = target.capacity;
  return (bytes) => {
    capacity -= bytes.length;
    let left = bytes;
    try {
      while (capacity >= 0 && left.length > 0) left = left.subarray(writeSync(target.descriptor, left));
    } catch {
      // The stream takes it from here.
    }
    return left;
  };
}

function targetOf(
  descriptor: number,
): { readonly descriptor: number; readonly capacity: number } | undefined {
  const { O_WRONLY, O_NONBLOCK } = constants;
  try {
    const found = fstatSync(descriptor);
    if (found.isFile()) return { descriptor, capacity: Number.POSITIVE_INFINITY };
    if (found.isSocket()) return { descriptor, capacity: MAX_SOCKET_BYTES };
    if (!found.isFIFO() || process.platform !== 'linux') return undefined;

    // Opened a second time, the pipe does not wait here and still does for other programs.
    const own = openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK);
    return { descriptor: own, capacity: Number.POSITIVE_INFINITY };
  } catch {
    return undefined;
  }
}
