import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ROOT } from './files-in-memory.ts';
import { type CreateWork, randomBytes, type Wanted } from './job-work.ts';
import type { Random } from './random.ts';

/** Most jobs are small, so that much happens to each file. Some have many files on their way at once. */
const SIZES = [
  [2, 4],
  [2, 4],
  [8, 16],
] as const;

/** A push of several files. */
export const workOfFiles: CreateWork = (random, files, { options }) => {
  // Where the same bytes are to be in one file only, most files have them.
  const sources = makeSources(random, options.ifNotUploaded ? 0.7 : 0.3);
  for (const { name, content } of sources) files.write(name, content, true);
  const paths = sources.map(({ name }) => name);

  return {
    request: { wanted: { sources: paths } },
    size: sources.length,
    contents: () => sources,
    onEvent: () => undefined,
    async *push(job) {
      for await (const outcome of job.pushAll(paths.map((source) => ({ source, options })))) {
        const name = String(outcome.item.source);
        yield outcome.status === 'completed'
          ? { name, result: outcome.result }
          : { name, error: outcome.error };
      }
    },
  };
};

/** Some have the name of another one, in another folder, or its size, or its bytes as well. */
function makeSources(random: Random, sameShare: number): readonly Wanted[] {
  const bytes = random.between(20, 300);
  const isAlike = random.chance(Math.max(0.5, sameShare));
  const shared = randomBytes(random, bytes);
  const [from, to] = random.pick(SIZES);

  return Array.from({ length: random.between(from, to) }, (_, index) => {
    const name = join(ROOT, `${index}`, `${isAlike ? 'source' : index}.bin`);
    const isSame = isAlike && random.chance(sameShare);
    const content = isSame ? shared : randomBytes(random, random.pick([bytes, random.between(20, 300)]));
    return { name, content, md5: createHash('md5').update(content).digest('hex') };
  });
}
