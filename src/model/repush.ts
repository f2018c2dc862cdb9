/**
 * The options of a push that makes the same upload again. Options with their default value are left
 * out.
 */
export interface RepushOptions {
  readonly purpose: string;
  readonly filename?: string;
  readonly mimeType?: string;
  readonly expiresAfterSeconds?: number;
  readonly md5?: false;
}
