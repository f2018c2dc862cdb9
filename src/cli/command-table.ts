import type { Command } from 'commander';
import type { CommandSetup } from './command.ts';

/** Declares the flags of a command, its examples and what it does, or the commands of a group. */
type Declare = (command: Command, setup: CommandSetup) => void;

export interface CommandEntry {
  readonly usage: string;
  readonly description: string;
  readonly alias?: string;
  /** Has commands below it. */
  readonly isGroup?: boolean;
  /** For completion scripts. Takes no common flags. */
  readonly isHidden?: boolean;
  /** Loads the module of the command, which happens only when it is called. */
  readonly load: () => Promise<Declare>;
}

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    usage: 'push [file...]',
    description: 'upload files, or continue their uploads; - is standard input',
    load: async () => (await import('./commands/push.ts')).addPush,
  },
  {
    usage: 'resume [upload-id...]',
    description: 'continue saved uploads',
    load: async () => (await import('./commands/resume.ts')).addResume,
  },
  {
    usage: 'cancel [upload-id...]',
    description: 'cancel uploads on the server and end their sessions',
    load: async () => (await import('./commands/cancel.ts')).addCancel,
  },
  {
    usage: 'check [file...]',
    description: 'check files against the rules for their purpose',
    load: async () => (await import('./commands/check.ts')).addCheck,
  },
  {
    usage: 'doctor',
    description: 'check what an upload needs, from here',
    load: async () => (await import('./commands/doctor.ts')).addDoctor,
  },
  {
    usage: 'list',
    alias: 'ls',
    description: 'show the saved uploads, newest first',
    load: async () => (await import('./commands/list.ts')).addList,
  },
  {
    usage: 'status <upload-id>',
    description: 'show one saved upload in full, and what to run next',
    load: async () => (await import('./commands/status.ts')).addStatus,
  },
  {
    usage: 'prune',
    description: 'forget uploads that are completed, cancelled or expired',
    load: async () => (await import('./commands/prune.ts')).addPrune,
  },
  {
    usage: 'config',
    isGroup: true,
    description: 'keep defaults for your flags',
    load: async () => (await import('./commands/config.ts')).addConfig,
  },
  {
    usage: 'completion',
    isGroup: true,
    description: 'print a completion for your shell',
    load: async () => (await import('./commands/completion.ts')).addCompletion,
  },
  {
    usage: 'help [command...]',
    description: 'print this help, that of a command, or the exit codes',
    load: async () => (await import('./commands/help.ts')).addHelp,
  },
  {
    usage: '__complete [what]',
    isHidden: true,
    description: 'print the ids of unfinished uploads and jobs, or the names of the profiles',
    load: async () => (await import('./commands/completion.ts')).addIdCompletion,
  },
];
