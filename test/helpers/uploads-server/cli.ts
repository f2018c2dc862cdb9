import { cliHelp, parseCliOptions } from './cli-options.ts';
import type { ServerProfile } from './server-profile.ts';
import { startUploadsServer } from './start-uploads-server.ts';
import type { UploadsServerOptions } from './uploads-server.ts';

await main();

async function main(): Promise<void> {
  const options = optionsOrNull();
  if (options === null) return;
  if (options === 'help') {
    process.stdout.write(cliHelp);
    return;
  }
  try {
    await serve(options);
  } catch (error) {
    complain(error, 1);
  }
}

function optionsOrNull(): UploadsServerOptions | 'help' | null {
  try {
    return parseCliOptions(process.argv.slice(2));
  } catch (error) {
    complain(error, 2);
    return null;
  }
}

async function serve(options: UploadsServerOptions): Promise<void> {
  const server = await startUploadsServer(options);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
  process.stdout.write(
    [
      `Uploads API on ${server.baseUrl}, bytes in ${server.storeDirectory}`,
      'Point a client at it:',
      `  export OPENAI_BASE_URL=${quoted(server.baseUrl)} OPENAI_API_KEY=${server.apiKey}`,
      ...flagLine(server.profile.flags),
      '',
    ].join('\n'),
  );
}

/** Quotes a URL with a question mark, which stands for any letter in a shell. */
function quoted(url: string): string {
  return url.includes('?') ? `'${url}'` : url;
}

function flagLine(byCommand: ServerProfile['flags']): readonly string[] {
  const flags = Object.values(byCommand).flat();
  return flags.length === 0 ? [] : [`and have it use: ${flags.join(' ')}`];
}

function complain(error: unknown, exitCode: number): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = exitCode;
}
