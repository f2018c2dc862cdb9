import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

/** What stands in, in the bundle, for what is imported by these names. Each stand-in says why. */
const STAND_INS: readonly (readonly [imported: RegExp, standIn: string])[] = [
  [/^node:(child_process|http2)$/, 'empty.cjs'],
  [/^semver$/, 'empty.cjs'],
  [/\/(llhttp_simd-wasm|web\/fetch\/body|client-h2|socks5-proxy-agent)(\.js)?$/, 'empty.cjs'],
  [/^undici$/, 'undici.cjs'],
  [/^ajv\/dist\/2020\.js$|^ajv-formats$/, 'no-ajv.js'],
];

export const leaveOut: Plugin = {
  name: 'leave-out',
  setup(build) {
    for (const [filter, standIn] of STAND_INS) {
      const path = fileURLToPath(new URL(`stand-ins/${standIn}`, import.meta.url));
      build.onResolve({ filter }, ({ importer }) =>
        /[\\/]node_modules[\\/]|[\\/]src[\\/]api[\\/]/.test(importer) ? { path } : null,
      );
    }
  },
};
