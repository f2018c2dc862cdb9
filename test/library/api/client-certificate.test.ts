import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readClientCertificate } from '../../../src/api/connection.ts';
import { lacks } from '../../helpers/lacks.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const sample = (name: string) => fileURLToPath(new URL(`../../samples/tls/${name}`, import.meta.url));
const CERT = sample('client.pem');
const KEY = sample('client.key');
const HTTPS = 'https://mtls.api.openai.com/v1';

describe('a client certificate', () => {
  it('is read with its key, which may be in the same file', async () => {
    const both = join(await temporaryFolder(), 'both.pem');
    await writeFile(both, readFileSync(CERT, 'utf8') + readFileSync(KEY, 'utf8'));

    expect(readClientCertificate({}, HTTPS)).toBeUndefined();
    const options = { mtlsClientCertFile: CERT, mtlsClientKeyFile: KEY };
    expect(readClientCertificate(options, HTTPS)?.cert).toContain('BEGIN');
    expect(readClientCertificate({ mtlsClientCertFile: both }, HTTPS)?.key).toContain('PRIVATE KEY');
    expect(() => readClientCertificate(options, 'http://127.0.0.1/v1')).toThrow(/nothing is encrypted/);
  });

  it.skipIf(lacks('pipes'))('is refused when it is a pipe, which could block the whole process', async () => {
    const pipe = join(await temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(() => readClientCertificate({ mtlsClientCertFile: pipe }, HTTPS)).toThrow(/it is a pipe/);
  });

  it('is refused with a key that is encrypted', async () => {
    const path = join(await temporaryFolder(), 'client.key');
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'secret' },
    });
    await writeFile(path, privateKey);
    const options = { mtlsClientCertFile: CERT, mtlsClientKeyFile: path };
    expect(() => readClientCertificate(options, HTTPS)).toThrow(/cannot be used: it is encrypted/);
  });

  it.each([
    ['/no/cert.pem', KEY, 'the client certificate, /no/cert.pem, cannot be used'],
    [CERT, '/no/key.pem', 'the key of the client certificate, /no/key.pem, cannot be used'],
    [KEY, KEY, `the client certificate, ${KEY}, cannot be used: it holds no certificate in PEM`],
    [CERT, sample('server.key'), 'cannot be used: it does not belong to the certificate'],
    [
      CERT,
      undefined,
      `the key of the client certificate, ${CERT}, cannot be used: it holds no private key in PEM`,
    ],
    [undefined, KEY, 'there is a client key, but no client certificate'],
  ])('%s with the key %s is refused', (cert, key, message) => {
    const options = {
      ...(cert !== undefined && { mtlsClientCertFile: cert }),
      ...(key !== undefined && { mtlsClientKeyFile: key }),
    };
    expect(() => readClientCertificate(options, HTTPS)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) }),
    );
  });
});
