/** The arguments with which Node runs the tests. Names of files may follow. */
export const VITEST_RUN = [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--config',
  'test/vitest.config.ts',
  '--root',
  '.',
] as const;
