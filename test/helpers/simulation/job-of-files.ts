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
  const sources = makeSources(random);
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
function makeSources(random: Random): readonly Wanted[] {
  const bytes = random.between(20, 300);
  const isAlike = random.chance(0.5);
  const shared = randomBytes(random, bytes);
  const [from, to] = random.pick(SIZES);

  return Array.from({ length: random.between(from, to) }, (_, index) => {
    const name = join(ROOT, `${index}`, `${isAlike ? 'source' : index}.bin`);
    const isSame = isAlike && random.chance(0.3);
    const content = isSame ? shared : randomBytes(random, random.pick([bytes, random.between(20, 300)]));
    return { name, content, md5: createHash('md5').update(content).digest('hex') };
  });
}
