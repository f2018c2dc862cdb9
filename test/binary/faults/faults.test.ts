import { afterAll, describe, test } from 'vitest';
import { lacks } from '../../helpers/lacks.ts';
import { mayMount } from '../../helpers/may-mount.ts';
import type { Row } from './row.ts';
import { allRows, answerRows } from './rows/all-rows.ts';
import { runRow } from './run-row.ts';

const canMount = mayMount();

describe(`the fault table (${allRows.length} rows)`, { concurrent: true }, () => {
  for (const row of allRows) {
    test(row.fault, { skip: isMissing(row.needs) }, (context) => runRow(row, 'strict', context));
  }

  afterAll(() => {
    const skipped = canMount ? 0 : allRows.filter(({ needs }) => needs === 'mount').length;
    const without = skipped > 0 ? `, ${skipped} skipped: this user may not mount a small disk` : '';
    console.log(`the fault table: ${allRows.length} rows${without}`);
  });
});

/** A sample: what differs there is how a response is read, and many rows have the same ones. */
const azureRows = answerRows.filter((_, index) => index % 5 === 0);

describe(`the fault table on Azure (${azureRows.length} of ${answerRows.length} rows)`, {
  concurrent: true,
}, () => {
  for (const row of azureRows)
    test(row.fault, { skip: isMissing(row.needs) }, (context) => runRow(row, 'azure', context));
});

function isMissing(needs: Row['needs']): boolean {
  if (needs === undefined) return false;
  return needs === 'mount' ? !canMount : lacks(needs);
}
