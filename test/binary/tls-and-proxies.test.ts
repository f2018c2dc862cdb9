import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { test as base } from '../helpers/fixtures.ts';
import { makeFile } from '../helpers/make-file.ts';
import { startProxy } from '../helpers/proxy.ts';
import { startUploadsServer } from '../helpers/uploads-server/start-uploads-server.ts';
import type { UploadsServer } from '../helpers/uploads-server/uploads-server.ts';

const sample = (name: string) => fileURLToPath(new URL(`../samples/tls/${name}`, import.meta.url));
const CA = sample('ca.pem');

const test = base.extend<{ secure: UploadsServer }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern.
  secure: async ({}, use) => {
    const tls = {
      key: readFileSync(sample('server.key'), 'utf8'),
      cert: readFileSync(sample('server.pem'), 'utf8'),
    };
    const secure = await startUploadsServer({ tls });
    await use(secure);
    await secure.close();
  },
});

const push = ['push', 'a.bin', '--purpose', 'vision', '--part-size', '100kB'];

describe('openai-upload push over TLS', () => {
  test('trusts an authority that NODE_EXTRA_CA_CERTS names', async ({ folder, cli, secure }) => {
    const md5 = await makeFile(join(folder, 'a.bin'), 1_000_000);
    const { code } = await cli.run(push, { OPENAI_BASE_URL: secure.baseUrl, NODE_EXTRA_CA_CERTS: CA });
    expect(code).toBe(0);
    expect(secure.fileMd5(secure.files()[0]?.id ?? '')).toBe(md5);
  });

  test('gives up at once on a certificate it does not trust, and says what to set', async ({
    folder,
    cli,
    secure,
  }) => {
    await makeFile(join(folder, 'a.bin'), 10);
    const { code, stderr } = await cli.run(push, { OPENAI_BASE_URL: secure.baseUrl });
    expect(code).toBe(5);
    expect(stderr).toContain('NODE_EXTRA_CA_CERTS');
    expect(stderr).not.toContain('trying again');
    expect(secure.requests()).toEqual([]);
  });
});

describe('openai-upload push with a client certificate', () => {
  const certificate = ['--mtls-client-cert-file', sample('client.pem'), '--client-key', sample('client.key')];

  test('shows it to the server that wants one, and says what is missing without it', async ({
    folder,
    cli,
  }) => {
    const [key, cert, clientCa] = ['server.key', 'server.pem', 'client-ca.pem'].map((name) =>
      readFileSync(sample(name), 'utf8'),
    ) as [string, string, string];
    const server = await startUploadsServer({ tls: { key, cert, clientCa } });
    await makeFile(join(folder, 'a.bin'), 300_000);
    const env = { OPENAI_BASE_URL: server.baseUrl, NODE_EXTRA_CA_CERTS: CA };

    const refused = await cli.run(push, env);
    expect([refused.code, refused.stderr]).toEqual([7, expect.stringContaining('--mtls-client-cert-file')]);
    expect(refused.stderr).not.toContain('trying again');
    expect((await cli.run([...push, ...certificate], env)).code).toBe(0);
    await server.close();
  });
});

describe('openai-upload push through a proxy', () => {
  const through = (secure: UploadsServer, proxy: string) => ({
    OPENAI_BASE_URL: secure.baseUrl,
    NODE_EXTRA_CA_CERTS: CA,
    HTTPS_PROXY: proxy,
  });

  test('tunnels with CONNECT, with the user and password of its address', async ({ folder, cli, secure }) => {
    const proxy = await startProxy({ user: 'ann:hunter2' });
    const md5 = await makeFile(join(folder, 'a.bin'), 1_000_000);
    const { code, stderr } = await cli.run([...push, '-v'], through(secure, proxy.url));
    expect(code).toBe(0);
    expect(secure.fileMd5(secure.files()[0]?.id ?? '')).toBe(md5);
    expect(new Set(proxy.targets)).toEqual(new Set([`127.0.0.1:${secure.port}`]));
    expect(stderr).not.toContain('hunter2');
    await proxy.close();
  });

  test('goes past it to a host that NO_PROXY names', async ({ folder, cli, secure }) => {
    const proxy = await startProxy();
    await makeFile(join(folder, 'a.bin'), 10);
    const { code } = await cli.run(push, { ...through(secure, proxy.url), NO_PROXY: '127.0.0.1' });
    expect(code).toBe(0);
    expect(proxy.targets).toEqual([]);
    await proxy.close();
  });

  test('says that the proxy wants a password, without trying again', async ({ folder, cli, secure }) => {
    const proxy = await startProxy({ status: 407 });
    await makeFile(join(folder, 'a.bin'), 10);
    const { code, stderr } = await cli.run(push, through(secure, proxy.url));
    expect(code).toBe(7);
    expect(stderr).toContain('HTTPS_PROXY');
    expect(proxy.targets).toHaveLength(1);
    await proxy.close();
  });

  test.for([502, 429])(
    'tries a proxy that answers %i again, then gives up as for any network trouble',
    async (status, { folder, cli, secure }) => {
      const proxy = await startProxy({ status });
      await makeFile(join(folder, 'a.bin'), 10);
      const { code, stderr } = await cli.run([...push, '--retries', '1'], through(secure, proxy.url));
      expect(code).toBe(5);
      expect(stderr).toContain(String(status));
      expect(proxy.targets).toHaveLength(2);
      await proxy.close();
    },
  );
});
