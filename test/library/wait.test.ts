import { describe, expect, it } from 'vitest';
import { push, resume } from '../../src/index.ts';
import { errorOf } from '../helpers/temporary.ts';
import type { Fault } from '../helpers/uploads-server/fault.ts';
import { setUp } from './library.ts';

const says = (nth: number, status: string, status_details?: string): Fault => ({
  kind: 'garble',
  body: JSON.stringify({ id: 'file-1', status, status_details }),
  call: 'getFile',
  nth,
});

describe('push with wait', () => {
  it('returns once the server knows the file and is done with it', async () => {
    const { server, path, pushOptions, events } = await setUp({
      faults: [{ kind: 'status', status: 404, call: 'getFile', nth: 1 }, says(2, 'processing')],
    });
    const { file } = await push(path, { ...pushOptions, wait: true });

    expect(file).toEqual(server.files()[0]);
    expect(server.requests('getFile')).toHaveLength(3);
    const types = events.flatMap((event) => (event.type === 'phase' ? event.phase : event.type));
    expect(types.slice(types.indexOf('processing'))).toEqual([
      'processing',
      'request',
      'request',
      'request',
      'completed',
    ]);
  });

  it('fails when the server cannot process it, and so does whoever waits for it again', async () => {
    const { server, path, pushOptions, options } = await setUp({
      faults: [says(1, 'error', 'line 7 is no JSON'), says(2, 'error')],
    });
    const waiting = { ...pushOptions, wait: true };
    const error = await errorOf(() => push(path, waiting));
    expect(error).toMatchObject({
      code: 'request_refused',
      message: expect.stringContaining('its status is error: line 7 is no JSON'),
    });
    // The file stays, so nothing has to be done before the upload expires.
    expect(error).not.toHaveProperty('facts.timeLeftMs');

    const uploadId = server.uploads()[0]?.id ?? '';
    expect(await errorOf(() => resume(uploadId, waiting))).toMatchObject({ code: 'request_refused' });
    expect((await resume(uploadId, options)).fileId).toBe(server.files()[0]?.id);
    expect(server.requests('cancel')).toEqual([]);
  });

  it.each(['uploaded', 'a_status_of_tomorrow'])('takes %s of user data for an end', async (status) => {
    const { path, pushOptions, server } = await setUp({ faults: [says(1, status)] });
    const { file } = await push(path, { ...pushOptions, wait: true });

    expect(file.status).toBe(status);
    expect(server.requests('getFile')).toHaveLength(1);
  });

  it('can be stopped, and the file is there all the same', async () => {
    const { path, pushOptions, options, stop, server } = await setUp({ faults: [says(1, 'pending')] });
    const onEvent = ({ type }: { type: string }) => type === 'request' && asked() && stop.abort();
    const asked = () => server.requests('getFile').length > 0;
    expect(await errorOf(() => push(path, { ...pushOptions, wait: true, onEvent }))).toMatchObject({
      code: 'interrupted',
    });
    const { signal: _, ...own } = options;
    expect((await resume(server.uploads()[0]?.id ?? '', own)).fileId).toBe(server.files()[0]?.id);
  });

  it('waits for a file that was uploaded before, too', async () => {
    const { path, pushOptions, server } = await setUp();
    await push(path, pushOptions);
    server.addFaults(says(2, 'running'));
    const result = await push(path, { ...pushOptions, ifNotUploaded: true, wait: true });
    expect(result).toMatchObject({ alreadyUploaded: true, file: server.files()[0] });
    expect(server.requests('getFile')).toHaveLength(3);
  });
});
