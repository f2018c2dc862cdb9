/** The API's address, organization and project. Sessions belong to an account. */
export interface Account {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** Null when none is named, like the project. Then the key decides. */
  readonly organization: string | null;
  readonly project: string | null;
}
