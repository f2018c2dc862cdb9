import type { Row } from '../row.ts';
import { complete } from './complete.ts';
import { create } from './create.ts';
import { network } from './network.ts';
import { partAnswers } from './part-answers.ts';

/** The whole table. */
export const allRows: readonly Row[] = [...partAnswers, ...create, ...complete, ...network];
