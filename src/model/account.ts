/** Whose API it is: where, and for whom. Sessions are bound to it. */
export interface Account {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** Null, as the project, when none is named: the key decides. */
  readonly organization: string | null;
  readonly project: string | null;
}
