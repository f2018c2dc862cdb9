import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PLATFORM = process.platform === 'win32' ? 'win' : process.platform;

/**
 * Installs a Node from npm: the packages behind `node`, one for each platform, hold nothing else and
 * run no install script. `more` is installed beside it.
 * @returns its path, or undefined when it cannot be had
 */
export function installNode(prefix: string, version: string, ...more: readonly string[]): string | undefined {
  const name = `node-${PLATFORM}-${process.arch}`;
  const flags = ['install', '--silent', '--no-save', '--prefix', prefix];
  const { status } = spawnSync('npm', [...flags, `${name}@${version}`, ...more], { stdio: ['ignore', 2, 2] });
  if (status !== 0) return undefined;
  return join(prefix, 'node_modules', name, 'bin', PLATFORM === 'win' ? 'node.exe' : 'node');
}
