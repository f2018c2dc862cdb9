/** Colours by meaning. Without colour, each function returns the text unchanged. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly faint: (text: string) => string;
}

/** Loads the colour library only when there are to be colours. */
export async function paint(hasColor: boolean): Promise<Paint> {
  if (!hasColor) return { good: asItIs, bad: asItIs, warn: asItIs, faint: asItIs };
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return { good: chalk.green, bad: chalk.red, warn: chalk.yellow, faint: chalk.dim };
}

export function asItIs(text: string): string {
  return text;
}
