import type { Row } from '../row.ts';
import { partAnswers } from './part-answers.ts';

/** The whole table. */
export const allRows: readonly Row[] = [...partAnswers];
