import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Busboy } from '@fastify/busboy';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partBody } from '../../../src/api/uploads-api.ts';

async function* inChunks(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

interface Field {
  readonly name: string | undefined;
  readonly filename: string | undefined;
  readonly mimeType: string;
  readonly content: Buffer;
}

/** What a server's parser reads out of the body. */
async function fieldsOf(contentType: string, body: Buffer): Promise<readonly Field[]> {
  const parser = new Busboy({ headers: { 'content-type': contentType } });
  const fields: Promise<Field>[] = [];
  parser.on('file', (name, stream, filename, _encoding, mimeType) => {
    fields.push(buffer(stream).then((content) => ({ name, filename, mimeType, content })));
  });
  await new Promise((resolve, reject) => {
    parser.on('finish', resolve).on('error', reject);
    parser.end(body);
  });
  return Promise.all(fields);
}

describe('the body of a part', () => {
  it('is read back by a common parser as the bytes that went in, and is as long as it says', async () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(contents, async (chunks) => {
        const content = Buffer.concat(chunks);
        const part = partBody(inChunks(chunks), content.length);
        const body = await buffer(Readable.from(part.chunks()));
        expect(body.length).toBe(part.length);
        expect(await fieldsOf(part.contentType, body)).toEqual([
          { name: 'data', filename: 'part', mimeType: 'application/octet-stream', content },
        ]);
      }),
      { numRuns: 40 },
    );
  });

  it('has a boundary of its own', () => {
    const types = Array.from({ length: 20 }, () => partBody(inChunks([]), 0).contentType);
    expect(new Set(types).size).toBe(20);
  });

  it('asks for no byte before it is sent', () => {
    const untouched = {
      [Symbol.asyncIterator]: () => {
        throw new Error('read too soon');
      },
    };
    expect(partBody(untouched, 3).length).toBeGreaterThan(3);
  });
});
