import type { Row } from '../row.ts';
import { account } from './account.ts';
import { cancel } from './cancel.ts';
import { clock } from './clock.ts';
import { complete } from './complete.ts';
import { create } from './create.ts';
import { input } from './input.ts';
import { network } from './network.ts';
import { partAnswers } from './part-answers.ts';
import { record } from './record.ts';
import { signals } from './signals.ts';
import { source } from './source.ts';

/** Those about what a server answers. They hold for every kind of server. */
export const answerRows: readonly Row[] = [...partAnswers, ...clock, ...cancel];

/** The whole table. */
export const allRows: readonly Row[] = [
  ...answerRows,
  ...create,
  ...complete,
  ...network,
  ...source,
  ...record,
  ...signals,
  ...account,
  ...input,
];
