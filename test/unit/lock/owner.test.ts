import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type HostFacts,
  hostIdentity,
  isAlive,
  keptIdentity,
  ownerOfToken,
  thisOwner,
} from '../../../src/lock/owner.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const linux: HostFacts = { name: 'runner', bootId: 'boot-1', pidNamespace: 'pid:[1]' };

describe('the identity of a host', () => {
  it('begins with its name, and is the same for two processes', () => {
    expect(hostIdentity({ ...linux })).toBe(hostIdentity(linux));
    expect(hostIdentity(linux).split(' ')[0]).toBe('runner');
  });

  it.each<[string, HostFacts, HostFacts]>([
    ['hosts of one name', linux, { ...linux, bootId: 'boot-2' }],
    ['the boots of a host', linux, { ...linux, bootId: 'boot-3' }],
    ['containers of one name on one host', linux, { ...linux, pidNamespace: 'pid:[2]' }],
    ['names', linux, { ...linux, name: 'laptop' }],
  ])('tells %s apart', (_, one, two) => {
    expect(hostIdentity(one)).not.toBe(hostIdentity(two));
  });

  it.each<[string, HostFacts]>([
    ['the boot', { ...linux, bootId: null }],
    ['the namespace', { ...linux, pidNamespace: null }],
    ['anything', { ...linux, bootId: null, pidNamespace: null }],
  ])('is nobody else’s where %s cannot be had', (_, facts) => {
    expect(hostIdentity(facts)).toMatch(/^runner [0-9a-f]{8}-/);
    expect(hostIdentity(facts)).not.toContain(linux.bootId ?? '');
  });

  it('of this machine is always the same', () => {
    expect(thisOwner().host).toBe(thisOwner().host);
  });
});

describe('the identity of a host that is not Linux', () => {
  it('is kept where only this machine looks, whatever happens to its network', async () => {
    const folder = await temporaryFolder();
    const kept = keptIdentity(folder);
    expect(keptIdentity(folder)).toBe(kept);
    expect(kept).toMatch(/^\S+ [0-9a-f]{8}-/);
  });

  it.each(['', 'not ours', 'a b c'])('is nobody else’s when the file holds %j', async (text) => {
    const folder = await temporaryFolder();
    const path = join(folder, `openai-upload-host-${process.getuid?.() ?? 'id'}`);
    await writeFile(path, text);
    expect(keptIdentity(folder)).toMatch(/^\S+ [0-9a-f]{8}-/);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('is nobody else’s when another user may have made the file', async () => {
    const folder = await temporaryFolder();
    const elsewhere = await temporaryFolder();
    const kept = keptIdentity(elsewhere);
    const name = `openai-upload-host-${process.getuid?.() ?? 'id'}`;
    await symlink(join(elsewhere, name), join(folder, name));
    expect(keptIdentity(folder)).not.toBe(kept);
  });

  it('is nobody else’s where there is no place for it', async () => {
    const nowhere = join(await temporaryFolder(), 'missing');
    expect(keptIdentity(nowhere)).toMatch(/^\S+ [0-9a-f]{8}-/);
  });
});

describe('the owner of a file that is there for a moment', () => {
  it('is read from its name', () => {
    const { token, ...owner } = thisOwner();
    expect(ownerOfToken(`upload_1.json.${token}`)).toEqual(owner);
    expect(isAlive(owner)).not.toBe(false);
    const [, ...rest] = token.split('-');
    const dead = ownerOfToken(`upload_1.json.${[2 ** 22 + 1, ...rest].join('-')}`);
    expect(dead && isAlive(dead)).toBe(false);
  });

  it('is not known for other names', () => {
    expect(ownerOfToken('upload_1.json')).toBeUndefined();
    expect(ownerOfToken('upload_1.json.1-2-3-4')).toBeUndefined();
  });
});
