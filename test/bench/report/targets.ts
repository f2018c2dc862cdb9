export type FigureName =
  | 'pushToMd5sum'
  | 'pushToCurlAfterMd5sum'
  | 'pushWithoutMd5ToCurl'
  | 'peakMB'
  | 'helpToNode'
  | 'listToNode'
  | 'statusToNode'
  | 'smallPushToNode'
  | 'firstMissingPartSeconds'
  | 'defaultToBestFixed'
  | 'worstLinkShare'
  | 'medianLinkShare'
  | 'worstSecondPushShare'
  | 'refusedPercent'
  | 'checkedMBPerSecond'
  | 'checkPeakMB';

export interface Target {
  readonly figure: FigureName;
  readonly title: string;
  /** Not to be missed. */
  readonly must: number;
  /** To be had. */
  readonly reach: number;
  /** Which side of it is good. */
  readonly better: 'lower' | 'higher';
}

export const TARGETS: readonly Target[] = [
  {
    figure: 'pushToMd5sum',
    title: 'push / md5sum of the same file',
    must: 1.25,
    reach: 1.08,
    better: 'lower',
  },
  {
    figure: 'pushToCurlAfterMd5sum',
    title: 'push / (curl × 8 after md5sum)',
    must: 0.75,
    reach: 0.6,
    better: 'lower',
  },
  {
    figure: 'pushWithoutMd5ToCurl',
    title: 'push --no-md5 / curl × 8',
    must: 0.9,
    reach: 0.6,
    better: 'lower',
  },
  { figure: 'peakMB', title: 'peak resident, any size, MB', must: 130, reach: 90, better: 'lower' },
  { figure: 'helpToNode', title: '--help / bare node', must: 1.8, reach: 1.25, better: 'lower' },
  { figure: 'listToNode', title: 'list / bare node', must: 2.5, reach: 1.6, better: 'lower' },
  { figure: 'statusToNode', title: 'status / bare node', must: 3, reach: 2, better: 'lower' },
  { figure: 'smallPushToNode', title: '1 KB push / bare node', must: 6, reach: 3, better: 'lower' },
  {
    figure: 'firstMissingPartSeconds',
    title: 'first missing part leaves, after start-up, s',
    must: 0.5,
    reach: 0.1,
    better: 'lower',
  },
  {
    figure: 'defaultToBestFixed',
    title: 'default concurrency / best fixed, worst link through the proxy',
    must: 0.9,
    reach: 0.97,
    better: 'higher',
  },
  {
    figure: 'worstLinkShare',
    title: 'best fixed setting / default, worst simulated link',
    must: 0.95,
    reach: 0.98,
    better: 'higher',
  },
  {
    figure: 'medianLinkShare',
    title: 'best fixed setting / default, median of the simulated links',
    must: 0.97,
    reach: 0.98,
    better: 'higher',
  },
  {
    figure: 'worstSecondPushShare',
    title: 'best fixed setting / second push, worst simulated link',
    must: 0.95,
    reach: 0.98,
    better: 'higher',
  },
  {
    figure: 'checkedMBPerSecond',
    title: 'JSONL checked, slowest kind, MB/s',
    must: 150,
    reach: 250,
    better: 'higher',
  },
  { figure: 'checkPeakMB', title: 'peak resident of a check, MB', must: 100, reach: 70, better: 'lower' },
  { figure: 'refusedPercent', title: 'requests refused with 429, %', must: 3, reach: 1, better: 'lower' },
];
