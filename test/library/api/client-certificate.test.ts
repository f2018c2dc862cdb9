import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readClientCertificate } from '../../../src/api/client-certificate.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const sample = (name: string) => fileURLToPath(new URL(`../../samples/tls/${name}`, import.meta.url));
const CERT = sample('client.pem');
const KEY = sample('client.key');

describe('a client certificate', () => {
  it('is read with its key, which may be in the same file', async () => {
    const both = join(await temporaryFolder(), 'both.pem');
    await writeFile(both, readFileSync(CERT, 'utf8') + readFileSync(KEY, 'utf8'));

    expect(readClientCertificate({})).toBeUndefined();
    expect(readClientCertificate({ mtlsClientCertFile: CERT, mtlsClientKeyFile: KEY })?.cert).toContain(
      'BEGIN',
    );
    expect(readClientCertificate({ mtlsClientCertFile: both })?.key).toContain('PRIVATE KEY');
  });

  it.each([
    ['/no/cert.pem', KEY, 'the client certificate, /no/cert.pem, cannot be used'],
    [CERT, '/no/key.pem', 'the key of the client certificate, /no/key.pem, cannot be used'],
    [KEY, KEY, `the client certificate, ${KEY}, cannot be used`],
    [CERT, sample('server.key'), 'cannot be used'],
    [CERT, undefined, 'the key of the client certificate'],
    [undefined, KEY, 'there is a client key, but no client certificate'],
  ])('%s with the key %s is refused', (cert, key, message) => {
    const options = {
      ...(cert !== undefined && { mtlsClientCertFile: cert }),
      ...(key !== undefined && { mtlsClientKeyFile: key }),
    };
    expect(() => readClientCertificate(options)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) }),
    );
  });
});
