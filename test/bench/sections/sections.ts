import type { SectionResult } from '../section-result.ts';
import type { Stage } from '../stage.ts';
import { measureLinks } from './measure-links.ts';
import { measureMany } from './measure-many.ts';
import { measureMemory } from './measure-memory.ts';
import { measurePreflight } from './measure-preflight.ts';
import { measureProxiedLinks } from './measure-proxied-links.ts';
import { measureResume } from './measure-resume.ts';
import { measureSmallFiles } from './measure-small-files.ts';
import { measureStartup } from './measure-startup.ts';
import { measureThroughput } from './measure-throughput.ts';

/** By the names that `--only` takes, in the order in which they run. */
export const SECTIONS = {
  throughput: measureThroughput,
  memory: measureMemory,
  startup: measureStartup,
  links: measureLinks,
  proxy: measureProxiedLinks,
  resume: measureResume,
  small: measureSmallFiles,
  many: measureMany,
  preflight: measurePreflight,
} satisfies Record<string, (stage: Stage) => Promise<SectionResult>>;

export type SectionName = keyof typeof SECTIONS;
