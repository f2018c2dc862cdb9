import { afterAll, describe, test } from 'vitest';
import { mayMount } from '../../helpers/may-mount.ts';
import { allRows, answerRows } from './rows/all-rows.ts';
import { runRow } from './run-row.ts';

const canMount = mayMount();

describe(`the fault table (${allRows.length} rows)`, { concurrent: true }, () => {
  for (const row of allRows) {
    const isSkipped = row.needs === 'mount' && !canMount;
    test(row.fault, { skip: isSkipped }, (context) => runRow(row, 'strict', context));
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
  for (const row of azureRows) test(row.fault, (context) => runRow(row, 'azure', context));
});
