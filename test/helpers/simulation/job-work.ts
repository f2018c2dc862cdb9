import type { Job, OnEvent, PushOptions, UploadError, UploadResult } from '../../../src/index.ts';
import type { JobRequest } from '../../../src/job/job.ts';
import type { Dependencies } from '../../../src/upload/dependencies.ts';
import type { FilesInMemory } from './files-in-memory.ts';
import type { Random } from './random.ts';

/** A file that a job is to make. */
export interface Wanted {
  /** What its outcome is told of. */
  readonly name: string;
  readonly content: Buffer;
  readonly md5: string;
}

type NamedOutcome = { readonly name: string } & (
  | { readonly result: UploadResult }
  | { readonly error: UploadError }
);

/** What a job is to do. */
interface JobWork {
  readonly request: Pick<JobRequest, 'wanted' | 'isForPieces'>;
  /** About how many files it makes. */
  readonly size: number;
  /** The files that it makes, as far as they are known. */
  contents(): readonly Wanted[];
  push(job: Job, deps: Dependencies, manifest: string | undefined): AsyncIterable<NamedOutcome>;
  readonly onEvent: OnEvent;
}

export type CreateWork = (
  random: Random,
  files: FilesInMemory,
  setting: { readonly options: PushOptions; readonly stateDir: string },
) => JobWork;

export function randomBytes(random: Random, bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, () => random.between(0, 255)));
}
