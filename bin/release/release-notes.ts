import { lexer } from 'marked';

export interface Release {
  /** Such as `v1.2.3`. */
  readonly tag: string;
  /** The contents of package.json. */
  readonly manifest: { readonly version: string; readonly repository?: { readonly url?: string } };
  readonly changelog: string;
  /** `owner/name` of the repository that publishes; undefined outside GitHub. */
  readonly publishedBy: string | undefined;
}

/**
 * Returns what the changelog says is new in a release.
 * @throws Error that says what to do when the release is not ready
 */
export function releaseNotes({ tag, manifest, changelog, publishedBy }: Release): string {
  const { version, repository } = manifest;

  if (tag !== `v${version}`)
    throw new Error(`the tag is ${tag}, and package.json has the version ${version}`);
  if (!repository?.url) {
    throw new Error('package.json has no "repository", which npm compares with the provenance: set it first');
  }
  if (publishedBy !== undefined && !isAddressOf(repository.url, publishedBy)) {
    throw new Error(`package.json has the repository ${repository.url}, and this is ${publishedBy}`);
  }

  const notes = sectionOf(changelog, version);
  if (notes === '') throw new Error(`docs/changelog.md has nothing under "## ${version}"`);
  return `${notes}\n`;
}

function isAddressOf(url: string, repository: string): boolean {
  return url
    .replace(/\.git$/, '')
    .toLowerCase()
    .endsWith(`github.com/${repository.toLowerCase()}`);
}

/** Returns the text below the heading of a version. A date may follow the version. */
function sectionOf(changelog: string, version: string): string {
  let isInside = false;
  let section = '';
  for (const token of lexer(changelog)) {
    if (token.type === 'heading' && token.depth === 2) isInside = token.text.split(' ', 1)[0] === version;
    else if (isInside) section += token.raw;
  }
  return section.trim();
}
