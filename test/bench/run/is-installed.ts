import { spawnSync } from 'node:child_process';

function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** What of these is not there, in words; undefined when all is. */
export function missingCommands(...commands: readonly string[]): string | undefined {
  const missing = commands.filter((command) => !isInstalled(command));
  return missing.length === 0 ? undefined : `not on this machine: ${missing.join(', ')}`;
}
