import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { PROGRAM, PROGRAM_ARGS } from './run-cli.ts';

/** A screen, and a process that believes it to be its terminal. */
export interface Terminal {
  /** The lines on the screen, and those that have left it above; without the empty ones at the end. */
  lines(): readonly string[];
  /** Those on the screen alone. */
  screen(): readonly string[];
  /** Everything the process has written, with its control sequences. */
  written(): string;
  isCursorVisible(): boolean;
  /** Of the cursor on the screen, from 0. */
  cursor(): { readonly row: number; readonly column: number };
  /** Resolves once the condition holds; it is asked after all that is written. Rejects when the process ends without it. */
  until(condition: (lines: readonly string[]) => boolean): Promise<void>;
  resize(columns: number, rows: number): void;
  /** As if typed; `\u0003` is Ctrl-C. */
  type(text: string): void;
  readonly pid: number;
  readonly terminal: InstanceType<typeof xterm.Terminal>;
  /** The exit code, once everything it wrote is on the screen. */
  readonly ended: Promise<number>;
  kill(): void;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Instead of the binary alone, the command line of a shell in which `"$@"` is the binary with its arguments. */
  readonly shell?: string;
}

/** Starts the real binary in a pseudo-terminal. It sees nothing of this machine's environment but PATH and what is given. */
export function startInTerminal(args: readonly string[], options: TerminalOptions): Terminal {
  const { columns: cols = 120, rows = 24, env, cwd, shell } = options;
  const terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true, scrollback: 1000 });
  const command = [PROGRAM, ...PROGRAM_ARGS, ...args];
  const [file, ...rest] = shell === undefined ? command : ['/bin/sh', '-c', shell, 'sh', ...command];
  const utf8 = { PATH: process.env.PATH, TERM: 'xterm-256color', LANG: 'C.UTF-8' };
  const child: IPty = spawn(file ?? '', rest, { cols, rows, cwd, env: { ...utf8, ...env } });
  let written = '';
  let isCursorVisible = true;
  const waiting = new Set<() => void>();
  const look = () => {
    for (const check of waiting) check();
  };
  for (const [final, isVisible] of [
    ['l', false],
    ['h', true],
  ] as const) {
    terminal.parser.registerCsiHandler({ prefix: '?', final }, (params) => {
      if (params.includes(25)) isCursorVisible = isVisible;
      return false;
    });
  }
  child.onData((text) => {
    written += text;
    terminal.write(text, look);
  });
  const ended = new Promise<number>((resolve) => {
    child.onExit(({ exitCode }) => terminal.write('', () => resolve(exitCode)));
  });
  const textOf = (from: number) => {
    const { active } = terminal.buffer;
    const all = Array.from({ length: active.length - from }, (_, row) =>
      (active.getLine(from + row)?.translateToString(true) ?? '').trimEnd(),
    );
    return all.slice(0, all.findLastIndex((line) => line !== '') + 1);
  };
  const lines = () => textOf(0);
  return {
    lines,
    screen: () => textOf(terminal.buffer.active.baseY),
    written: () => written,
    isCursorVisible: () => isCursorVisible,
    cursor: () => ({ row: terminal.buffer.active.cursorY, column: terminal.buffer.active.cursorX }),
    until: (condition) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!condition(lines())) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
        void ended.then(() => {
          check();
          reject(new Error(`it never came; on the screen was:\n${lines().join('\n')}`));
        });
      }),
    resize(columns, rows) {
      terminal.resize(columns, rows);
      child.resize(columns, rows);
    },
    type: (text) => child.write(text),
    pid: child.pid,
    terminal,
    ended,
    kill: () => child.kill('SIGKILL'),
  };
}
