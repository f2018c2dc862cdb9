/** The options for a push that makes the same upload again, without those that are the default. */
export interface RepushOptions {
  readonly purpose: string;
  readonly filename?: string;
  readonly mimeType?: string;
  readonly expiresAfterSeconds?: number;
  readonly md5?: false;
}
