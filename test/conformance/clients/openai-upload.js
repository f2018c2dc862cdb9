// `node openai-upload.js FILE PURPOSE`: this project's command, in the form in which the suite calls every client.
const [file = '', purpose = ''] = process.argv.slice(2);
process.argv.splice(2, 2, 'push', file, '--purpose', purpose, '--quiet');
await import(new URL('../../../dist/bin/openai-upload.js', import.meta.url).href);
