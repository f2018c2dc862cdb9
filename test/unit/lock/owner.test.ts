import { describe, expect, it } from 'vitest';
import { type HostFacts, hostIdentity } from '../../../src/lock/owner.ts';

const linux: HostFacts = { name: 'runner', bootId: 'boot-1', pidNamespace: 'pid:[1]', cards: [] };
const other: HostFacts = { name: 'runner', bootId: null, pidNamespace: null, cards: ['aa:01'] };

describe('the identity of a host', () => {
  it.each<[string, HostFacts]>([
    ['Linux', linux],
    ['another system', other],
  ])('is the same for two processes on %s, and begins with its name', (_, facts) => {
    expect(hostIdentity({ ...facts })).toBe(hostIdentity({ ...facts }));
    expect(hostIdentity(facts).split(' ')[0]).toBe('runner');
  });

  it.each<[string, HostFacts, HostFacts]>([
    ['hosts of one name', linux, { ...linux, bootId: 'boot-2' }],
    ['the boots of a host', linux, { ...linux, bootId: 'boot-3' }],
    ['containers of one name on one host', linux, { ...linux, pidNamespace: 'pid:[2]' }],
    ['hosts that are not Linux, of one name', other, { ...other, cards: ['aa:02'] }],
    ['names', linux, { ...linux, name: 'laptop' }],
  ])('tells %s apart', (_, one, two) => {
    expect(hostIdentity(one)).not.toBe(hostIdentity(two));
  });

  it.each<[string, HostFacts]>([
    ['the boot', { ...linux, bootId: null }],
    ['the namespace', { ...linux, pidNamespace: null }],
    ['anything', { ...other, cards: [] }],
  ])('is nobody else’s where %s cannot be had', (_, facts) => {
    expect(hostIdentity(facts)).toMatch(/^runner [0-9a-f]{8}-/);
    expect(hostIdentity(facts)).not.toContain(linux.bootId ?? '');
  });

  it('of this machine is always the same', () => {
    expect(hostIdentity()).toBe(hostIdentity());
  });
});
