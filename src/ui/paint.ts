import { Chalk } from 'chalk';

/** Colours by meaning. Without colour each gives the text as it is. */
export interface Paint {
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly faint: (text: string) => string;
}

export function paint(hasColor: boolean): Paint {
  const chalk = new Chalk({ level: hasColor ? 1 : 0 });
  return { bad: chalk.red, warn: chalk.yellow, faint: chalk.dim };
}
