import { defineConfig } from 'vitest/config';

/** Real servers and real processes on two cores: a test may wait for its turn. */
const PATIENT = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // Half of the time a test waits for a server, a process or a retry. Two workers would leave much of
    // two cores idle.
    maxWorkers: 3,
    projects: [
      // Needs no build, no server and no child process. These tests leave nothing behind, so the
      // modules are loaded once for all of them.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false, ...PATIENT } },
      // The library in this process, against the local server.
      { test: { name: 'library', include: ['test/library/**/*.test.ts'], isolate: false, ...PATIENT } },
      // The command that `npm run build` has made, as a child process.
      { test: { name: 'binary', include: ['test/binary/**/*.test.ts'], ...PATIENT } },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**'],
      // The worker runs in a thread of its own, where it is not measured; its results are checked
      // byte for byte. What is built is src again.
      exclude: ['src/checksum/worker.js', 'dist/**'],
      reporter: ['text-summary', 'json-summary'],
      // A little under what is measured in this process. Child processes are not counted.
      thresholds: { statements: 93, branches: 87, functions: 95, lines: 94 },
    },
  },
});
