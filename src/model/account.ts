import { savedUrl } from './base-url.ts';

/** The API's address, organization and project. Every session belongs to one account. */
export interface Account {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Null when none is set; then the key decides. The same goes for `project`. */
  readonly organization: string | null;
  readonly project: string | null;
}

const FIELDS: readonly (keyof Account)[] = ['baseUrl', 'organization', 'project'];

/** The fields in which two accounts differ. A base URL may be as a file has it: see `savedUrl`. */
export function differingFields(one: Account, other: Account): readonly (keyof Account)[] {
  const isOtherUrl = one.baseUrl !== other.baseUrl && savedUrl(one.baseUrl) !== savedUrl(other.baseUrl);
  return FIELDS.filter((field) => (field === 'baseUrl' ? isOtherUrl : one[field] !== other[field]));
}
