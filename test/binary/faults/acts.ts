import { execFileSync } from 'node:child_process';
import {
  appendFile,
  copyFile,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { SessionRecord } from '../../../src/sessions/record.ts';
import { makeFile } from '../../helpers/make-file.ts';
import type { Fault } from '../../helpers/uploads-server/fault.ts';
import { cancelUpload, completeUpload, uploadFile } from './raw-api.ts';
import type { Act } from './row.ts';

/** Acts one after the other. */
export const acts =
  (...all: readonly Act[]): Act =>
  async (stage) => {
    for (const act of all) await act(stage);
  };

// The server and the way to it

export const held =
  (label: string): Act =>
  ({ server }) =>
    server.waitForHeld(label);

export const release =
  (label: string): Act =>
  ({ server }) =>
    server.release(label);

export const addFaults =
  (faults: () => readonly Fault[]): Act =>
  ({ server }) =>
    server.addFaults(...faults());

export const serverClock =
  (offsetMs: number): Act =>
  ({ server }) =>
    server.setClockOffset(offsetMs);

export const expireOnServer: Act = ({ server, uploadId }) => server.expireUpload(uploadId());

export const pullPlug: Act = ({ plug }) => plug.pull();
export const putPlugBack: Act = ({ plug }) => plug.putBack();
export const babble: Act = ({ plug }) => plug.babble();

/** Somebody else makes a file of that name, size and purpose. */
export const twin =
  ({ purpose = 'user_data', bytes = 0, name = '' } = {}): Act =>
  async (stage) => {
    const content = await readFile(stage.source);
    await uploadFile(stage.server, {
      filename: name || stage.name,
      purpose,
      content: bytes === 0 ? content : content.subarray(0, bytes),
    });
  };

export const otherFiles =
  (count: number): Act =>
  async ({ server }) => {
    const content = Buffer.from('x');
    for (let n = 0; n < count; n += 1)
      await uploadFile(server, { filename: `other-${n}`, purpose: 'user_data', content });
  };

/** Somebody else ends the upload behind our back. */
export const cancelElsewhere: Act = ({ server, uploadId }) => cancelUpload(server, uploadId());
export const completeElsewhere: Act = ({ server, uploadId }) =>
  completeUpload(
    server,
    uploadId(),
    server.partsOf(uploadId()).map(({ id }) => id),
  );

// The process

export const signal =
  (name: NodeJS.Signals): Act =>
  ({ run }) =>
    void run.child.kill(name);

export const signalUntilGone =
  (name: NodeJS.Signals): Act =>
  async ({ run }) => {
    const again = setInterval(() => run.child.kill(name), 100);
    run.child.kill(name);
    await run.result.finally(() => clearInterval(again));
  };

export const stderrHas =
  (text: string): Act =>
  ({ run }) =>
    run.waitForStderr(text);

export const closeStream =
  (name: 'stdout' | 'stderr'): Act =>
  ({ run }) =>
    void run.child[name]?.destroy();

// The source

export const touch: Act = ({ source }) => utimes(source, new Date(1e12), new Date(1e12));

export const changeByte =
  (offset: number): Act =>
  async ({ source }) => {
    const file = await open(source, 'r+');
    try {
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, offset);
      await file.write(Buffer.from([buffer.readUInt8() ^ 0xff]), 0, 1, offset);
    } finally {
      await file.close();
    }
  };

/** As an editor that wants to hide it would. */
export const changeByteAndTimesBack =
  (offset: number): Act =>
  async (stage) => {
    const { source } = stage;
    const file = await open(source, 'r');
    const { atime, mtime } = await file.stat();
    await file.close();
    await changeByte(offset)(stage);
    await utimes(source, atime, mtime);
  };

export const grow: Act = ({ source }) => appendFile(source, 'more');
export const shrinkTo =
  (bytes: number): Act =>
  ({ source }) =>
    truncate(source, bytes);
export const removeSource: Act = ({ source }) => rm(source);
export const sourceBecomesDirectory: Act = async ({ source }) => {
  await rm(source);
  await mkdir(source);
};

/** Another file of the same size is put in its place; `seed` 1 has the same bytes. */
export const replaceSource =
  ({ seed }: { readonly seed: number }): Act =>
  async ({ source }) => {
    const { size } = await stat(source);
    await makeFile(`${source}.new`, size, seed);
    await rename(`${source}.new`, source);
  };

/** Any file, beside the source. */
export const file =
  (name: string, bytes: number): Act =>
  async ({ folder }) => {
    await makeFile(join(folder, name), bytes);
  };

export const sparseFile =
  (name: string, bytes: number): Act =>
  async ({ folder }) => {
    await writeFile(join(folder, name), '');
    await truncate(join(folder, name), bytes);
  };

export const directory =
  (name: string): Act =>
  async ({ folder }) => {
    await mkdir(join(folder, name));
  };

export const fifo =
  (name: string): Act =>
  ({ folder }) =>
    void execFileSync('mkfifo', [join(folder, name)]);

export const link =
  (name: string, target: string): Act =>
  ({ folder }) =>
    symlink(target, join(folder, name));

// The record

export const writeRecord =
  (text: string): Act =>
  (stage) =>
    writeFile(stage.recordPath(), text);

export const editRecord =
  (change: (record: SessionRecord) => object): Act =>
  async (stage) => {
    const record = await stage.record();
    await writeFile(stage.recordPath(), JSON.stringify({ ...record, ...change(record) }));
  };

export const halveRecord: Act = async (stage) => {
  const text = await readFile(stage.recordPath(), 'utf8');
  await writeFile(stage.recordPath(), text.slice(0, text.length / 2));
};

export const removeRecord: Act = ({ recordPath }) => rm(recordPath());

export const recordBecomesDirectory: Act = async ({ recordPath }) => {
  const path = recordPath();
  await rm(path);
  await mkdir(path);
};

/** The record moves elsewhere and a link to it takes its place. */
export const recordBecomesLink: Act = async ({ folder, recordPath, kept }) => {
  const path = recordPath();
  await copyFile(path, join(folder, 'elsewhere.json'));
  await rm(path);
  await symlink(join(folder, 'elsewhere.json'), path);
  kept.set('record path', path);
};

/** Our clock was a day behind when the session was saved. */
export const clockPutRight: Act = editRecord(({ clockOffsetMs }) => ({
  clockOffsetMs: clockOffsetMs + 86_400_000,
}));

/** Time is up for the session, by the server's clock. */
export const timeIsUp: Act = editRecord(({ clockOffsetMs }) => ({
  expiresAt: Math.floor((Date.now() + clockOffsetMs) / 1000) - 10,
}));

/** So much time is left of the hour of the session, by the server's clock. */
export const secondsLeft = (seconds: number): Act =>
  editRecord(({ clockOffsetMs }) => {
    const expiresAt = Math.floor((Date.now() + clockOffsetMs) / 1000) + seconds;
    return { createdAt: expiresAt - 3600, expiresAt };
  });

export const keepRecord: Act = async ({ recordPath, kept }) => {
  kept.set('record path', recordPath());
  kept.set('record', await readFile(recordPath(), 'utf8'));
};

/** Not a byte of it has changed since `keepRecord`. */
export const recordIsAsKept: Act = async ({ kept }) => {
  expect(await readFile(kept.get('record path') ?? '', 'utf8')).toBe(kept.get('record'));
};

// The state directory

export const stateDirIsFile: Act = ({ stateDir }) => writeFile(stateDir, 'no directory');

/** A small disk of its own for the records, so that it can be filled up. */
export const stateDirOnDisk =
  ({ options }: { readonly options: string }): Act =>
  async ({ stateDir, undo }) => {
    await mkdir(stateDir);
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', stateDir]);
    undo.push(async () => void execFileSync('umount', ['-l', stateDir]));
  };

export const fillDisk: Act = async ({ stateDir }) => {
  const filler = await open(join(stateDir, 'filler'), 'w');
  try {
    for (;;) await filler.write(Buffer.alloc(4096));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    await filler.close();
  }
};

export const freeDisk: Act = ({ stateDir }) => rm(join(stateDir, 'filler'));

export const growDisk: Act = ({ stateDir }) =>
  void execFileSync('mount', ['-o', 'remount,size=1m', stateDir]);
