import { spawnSync } from 'node:child_process';

/** The same in GNU's tar, and in that of macOS and Windows. */
const AS_ROOT = process.platform === 'linux' ? ['--owner=0', '--group=0'] : ['--uid', '0', '--gid', '0'];

/**
 * Packs what is in a folder. It all belongs to root in the archive: under sudo, tar gives each file to
 * the owner that the archive names, and on another machine the number of this user is somebody else.
 * @throws when tar fails
 */
export function packFolder(folder: string, archive: string): void {
  const args = ['--numeric-owner', ...AS_ROOT, '-czf', archive, '-C', folder, '.'];
  const { status, error } = spawnSync('tar', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`tar of ${folder} failed: ${error?.message ?? `exit code ${status}`}`);
}
