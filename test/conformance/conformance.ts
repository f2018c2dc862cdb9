import { fileURLToPath } from 'node:url';
import { CHECKS } from './checks.ts';
import { type Judged, runCheck } from './run-check.ts';

/**
 * `npm run conformance -- [--only NAME] COMMAND...`: checks any client of the Uploads API. The
 * command is called with a file and a purpose as its last arguments, and finds the base URL and the
 * key in OPENAI_BASE_URL and OPENAI_API_KEY. It must exit 0 exactly when the file is there whole.
 * Without a command it checks the clients that docs/conformance.md compares.
 */
const given = process.argv.slice(2);
const only = given[0] === '--only' ? given[1] : undefined;
const command = only === undefined ? given : given.slice(2);
const checks = CHECKS.filter(({ name }) => only === undefined || name === only);

if (checks.length === 0) {
  console.error(`There is no check "${only}". There are: ${CHECKS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const clients = [
  new URL('./clients/openai-upload.js', import.meta.url),
  new URL('./clients/openai-sdk.js', import.meta.url),
];
const compared = clients.map((client) => [process.execPath, fileURLToPath(client)]);
for (const each of command.length > 0 ? [command] : compared) await checkClient(each);

async function checkClient(client: readonly string[]): Promise<void> {
  const judged: Judged[] = [];

  console.log(`\n${client.join(' ')}\n\n| check | what is promised | result |\n| --- | --- | --- |`);
  for (const check of checks) {
    const result = await runCheck(check, client);
    judged.push(result);
    console.log(`| ${check.name} | ${check.promise} | ${shown(result)} |`);
  }

  const passed = judged.filter(({ fault }) => fault === undefined).length;
  console.log(`\n${passed} of ${judged.length}`);
  if (passed < judged.length) process.exitCode = 1;
}

function shown({ fault, seconds }: Judged): string {
  return fault === undefined ? `pass, ${seconds.toFixed(1)} s` : `**fail**: ${fault}`;
}
