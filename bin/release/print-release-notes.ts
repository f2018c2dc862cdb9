import { readFileSync } from 'node:fs';
import { releaseNotes } from './release-notes.ts';

/**
 * `npm run release:notes -- v1.2.3` prints what is new in that release to stdout. It fails when the
 * release is not ready.
 */
const [tag = ''] = process.argv.slice(2);
try {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const changelog = readFileSync('docs/changelog.md', 'utf8');
  process.stdout.write(
    releaseNotes({ tag, manifest, changelog, publishedBy: process.env.GITHUB_REPOSITORY }),
  );
} catch (error) {
  process.stderr.write(`not ready to be released: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
