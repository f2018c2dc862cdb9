import { describe, expect, test } from 'vitest';
import { type Release, releaseNotes } from '../../../../bin/release/release-notes.ts';

const changelog = `# Changelog

## Unreleased

- Not yet.

## 1.2.0 - 2026-12-01

- One.
- Two, with a ## in it.

## 1.2.0-beta.1

- A first try.

## 1.1.0
`;
const release: Release = {
  tag: 'v1.2.0',
  manifest: { version: '1.2.0', repository: { url: 'git+https://github.com/Someone/openai-upload.git' } },
  changelog,
  publishedBy: 'someone/openai-upload',
};

describe('a release', () => {
  test('has the notes that the changelog has for its version', () => {
    expect(releaseNotes(release)).toBe('- One.\n- Two, with a ## in it.\n');
    expect(releaseNotes({ ...release, publishedBy: undefined })).toContain('- One.');
    const beta = { ...release.manifest, version: '1.2.0-beta.1' };
    expect(releaseNotes({ ...release, tag: 'v1.2.0-beta.1', manifest: beta })).toBe('- A first try.\n');
  });

  const url = 'https://github.com/other/openai-upload';
  test.each<[string, Partial<Release>, RegExp]>([
    ['another tag', { tag: 'v1.2.1' }, /tag is v1\.2\.1.*version 1\.2\.0/],
    ['no tag', { tag: '' }, /tag is/],
    ['no repository', { manifest: { version: '1.2.0' } }, /no "repository".*set it first/],
    ['another repository', { manifest: { version: '1.2.0', repository: { url } } }, /other.*this is someone/],
    [
      'no word in the changelog',
      { tag: 'v1.1.0', manifest: { ...release.manifest, version: '1.1.0' } },
      /nothing under "## 1\.1\.0"/,
    ],
    [
      'no section in the changelog',
      { tag: 'v1.2', manifest: { ...release.manifest, version: '1.2' } },
      /nothing under "## 1\.2"/,
    ],
  ])('is refused with %s', (_, change, message) => {
    expect(() => releaseNotes({ ...release, ...change })).toThrow(message);
  });
});
