import type { IssueList } from './issue-list.ts';

/**
 * The API's limits are in MB, and it is not known which. So what is over the larger reading is an error, and what is between
 * the two is doubtful.
 */
export function checkSize(
  bytes: number,
  most: { readonly megabytes: number; readonly of: string; readonly hint?: string },
  issues: IssueList,
): void {
  const { megabytes, of, hint } = most;
  if (bytes <= megabytes * 1e6) return;
  const message = `it has ${bytes.toLocaleString('en')} bytes; ${of} has at most ${megabytes} MB`;
  if (bytes > megabytes * 1024 ** 2)
    issues.error({ code: 'too_large', message, ...(hint !== undefined && { hint }) });
  else
    issues.warning({ code: 'too_large', message: `${message}, and nobody says whether these are MB or MiB` });
}
