import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from './bench-options.ts';
import { judge } from './report/judge.ts';
import { describeMachine } from './report/machine.ts';
import type { Row, SectionResult } from './section-result.ts';
import { SECTIONS } from './sections/sections.ts';
import { startSink } from './sink/start-sink.ts';

/** One run of the benchmark. */
export interface BenchRecord {
  readonly machine: Row;
  readonly rounds: number;
  readonly sections: readonly SectionResult[];
  readonly verdicts: readonly Row[];
}

/** Runs the sections one after the other. Leaves no process and no file behind, however it ends. */
export async function runBench(
  options: BenchOptions,
  {
    signal,
    say,
    onSection,
  }: {
    readonly signal: AbortSignal;
    readonly say: (line: string) => void;
    readonly onSection: (section: SectionResult) => void;
  },
): Promise<BenchRecord> {
  const machine = describeMachine();
  const folder = await mkdtemp(join(tmpdir(), 'openai-upload-bench-'));
  const sections: SectionResult[] = [];
  try {
    const sink = await startSink(signal);
    try {
      for (const name of options.only) {
        await sink.reset();
        const { rounds, sizeBytes, isQuick } = options;
        const tell = (line: string) => say(`${name}: ${line}`);
        const section = await SECTIONS[name]({ folder, sink, rounds, sizeBytes, isQuick, signal, say: tell });
        sections.push(section);
        onSection(section);
      }
    } finally {
      await sink.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { machine, rounds: options.rounds, sections, verdicts: judge(sections) };
}
