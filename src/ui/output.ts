/** Where text goes that is not for a terminal. */
interface PlainOutput {
  readonly isTTY: false;
  readonly errored: Error | null;
  write(text: string, whenWritten?: () => void): unknown;
}

/** stdout or stderr. */
export type Output = NodeJS.WriteStream | PlainOutput;
