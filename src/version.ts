import { createRequire } from 'node:module';

/** From package.json, found through the package's own name, so that it holds in the source tree as in the build. */
export const VERSION: string = createRequire(import.meta.url)('openai-upload/package.json').version;
