import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PLATFORM = process.platform === 'win32' ? 'win' : process.platform;

/**
 * Installs a Node from npm: the packages behind `node`, one for each platform, hold nothing else and
 * run no install script. `more` is installed beside it.
 * @returns its path, or undefined when it cannot be had
 */
export function installNode(prefix: string, version: string, ...more: readonly string[]): string | undefined {
  const platform = `${PLATFORM}-${process.arch}`;
  // npm's package with the older name has no Node newer than 18.
  const name = platform === 'darwin-arm64' ? `node-bin-${platform}` : `node-${platform}`;
  const flags = ['install', '--silent', '--no-save', '--prefix', prefix];
  const { status } = spawnSync('npm', [...flags, `${name}@${version}`, ...more], {
    stdio: ['ignore', 2, 2],
    // On Windows, npm is a shell script.
    shell: process.platform === 'win32',
  });
  if (status !== 0) return undefined;
  return join(prefix, 'node_modules', name, 'bin', PLATFORM === 'win' ? 'node.exe' : 'node');
}
