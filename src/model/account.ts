/** Whose API it is: where, and for whom. Sessions are bound to it. */
export interface Account {
  readonly baseUrl: string;
  readonly organization: string | null;
  readonly project: string | null;
}
