import type { Row, SectionResult } from '../section-result.ts';
import { TARGETS, type Target } from './targets.ts';

/** Every target that was measured, against its figure: the worst of them when several sections measured it. */
export function judge(sections: readonly SectionResult[]): readonly Row[] {
  return TARGETS.flatMap((target) => {
    const measured = sections
      .map(({ figures }) => figures[target.figure])
      .filter(Number.isFinite) as number[];
    if (measured.length === 0) return [];
    const figure = target.better === 'lower' ? Math.max(...measured) : Math.min(...measured);
    const { title, must, reach } = target;
    return [{ figure: title, measured: figure, must, reach, verdict: verdictOn(figure, target) }];
  });
}

function verdictOn(figure: number, { must, reach, better }: Target): string {
  const meets = (bound: number) => (better === 'lower' ? figure <= bound : figure >= bound);
  if (meets(reach)) return 'reached';
  return meets(must) ? 'met' : 'MISSED';
}
