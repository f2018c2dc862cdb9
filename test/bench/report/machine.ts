import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { Row } from '../section-result.ts';

/** What the figures depend on. */
export function describeMachine(): Row {
  return {
    date: new Date().toISOString(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGB: Math.round(totalmem() / 1e9),
    node: process.versions.node,
    system: `${type()} ${release()}`,
  };
}
