import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,integration}/**/*.test.ts'],
    // Real servers and real processes on two cores: a test may wait for its turn.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/**'],
      // The worker runs in a thread of its own, where it is not measured; its results are checked byte for byte. What is built is src again.
      exclude: ['src/checksum/worker.js', 'dist/**'],
      reporter: ['text-summary', 'json-summary'],
      // A little under what is measured in this process; the binary's own runs, as children, come on top and are not counted.
      thresholds: { statements: 93, branches: 87, functions: 95, lines: 94 },
    },
  },
});
