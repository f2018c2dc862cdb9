import { describe, expect, it } from 'vitest';
import type { CommandContext } from '../../../src/cli/command-context.ts';
import { uploadMany } from '../../../src/cli/upload-many.ts';
import { isUploadError, UploadError, type UploadEvent, type UploadResult } from '../../../src/index.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

const started = { type: 'started' } as unknown as UploadEvent;

describe('several uploads', () => {
  it('stop when one has a bug: the others end cleanly before the connections are let go of, and no more begin', async () => {
    const seen: string[] = [];
    const context: CommandContext = {
      env: {},
      signal: new AbortController().signal,
      expect: () => undefined,
      stdin: () => process.stdin,
      onEvent: () => undefined,
      onFailure: ({ error }, index) => seen.push(`${index} ${error.code}`),
      isTerminal: false,
      columns: undefined,
      ending: {},
    };
    const stateDir = await temporaryFolder();
    const upload = async (
      uploader: { resume: (id: string, own: { signal: AbortSignal }) => Promise<UploadResult> },
      index: number,
      { signal, onEvent }: { signal: AbortSignal; onEvent: (event: UploadEvent) => void },
    ): Promise<UploadResult> => {
      seen.push(`${index} begins`);
      onEvent(started);
      if (index === 1) throw new TypeError('a bug');
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve());
      });
      // An uploader that is closed refuses this with `usage`.
      const error = await errorOf(() => uploader.resume('upload_1', { signal: context.signal }));
      seen.push(`${index} finds ${isUploadError(error) ? error.code : error}`);
      throw new UploadError('interrupted', { message: 'stopped before the end' });
    };
    const work = uploadMany({
      subjects: ['a', 'b', 'c', 'd'].map((path) => ({ path })),
      options: () => ({ apiKey: 'sk-test-key', stateDir, concurrency: 2 }),
      context,
      upload,
    });
    const outcomes = async () => {
      for await (const _ of work);
    };

    await expect(outcomes()).rejects.toThrow('a bug');
    expect(seen.filter((line) => line.startsWith('0'))).toEqual([
      '0 begins',
      '0 finds session_unknown',
      '0 interrupted',
    ]);
    expect(seen).not.toContain('3 begins');
  });
});
