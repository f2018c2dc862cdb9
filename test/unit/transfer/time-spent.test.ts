import { expect, it } from 'vitest';
import { createTimeSpent } from '../../../src/transfer/time-spent.ts';

it('names nothing when nothing was sent', () => {
  expect(createTimeSpent().bottleneck()).toBeNull();
});

it.each(['network', 'server', 'disk', 'limit-rate'] as const)(
  'names what most of the parts waited for: %s',
  (what) => {
    const spent = createTimeSpent();
    for (const other of ['network', 'server', 'disk', 'limit-rate'] as const) spent.onPart(other, 10);
    spent.onPart(what, 1);
    spent.onAll('sending', 41);
    expect(spent.bottleneck()).toBe(what);
  },
);

it('names the MD5 when it was waited for longer than for the worst of the rest, shares of the time compared', () => {
  const spent = createTimeSpent();
  // Four parts at once in two seconds: the network had a half of each.
  spent.onPart('network', 4000);
  spent.onPart('server', 3000);
  spent.onPart('disk', 1000);
  spent.onAll('sending', 2000);
  spent.onAll('md5', 999);
  expect(spent.bottleneck()).toBe('network');
  spent.onAll('md5', 2);
  expect(spent.bottleneck()).toBe('md5');
});
