/** The API's address, organization and project. Every session belongs to one account. */
export interface Account {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Null when none is set; then the key decides. The same goes for `project`. */
  readonly organization: string | null;
  readonly project: string | null;
}
