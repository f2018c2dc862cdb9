/**
 * A word as the shell reads it back: a POSIX one, or on Windows cmd.exe and PowerShell, whose paths
 * have backslashes.
 */
export function shellQuote(text: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32')
    return /^[A-Za-z0-9_.\\/:@+=-]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`;
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
