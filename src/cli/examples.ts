import type { Command } from 'commander';

/** What a call is for, and the call. A test runs each. */
export type Example = readonly [purpose: string, line: string];

/** Three or four for the help of every command, by its name; the plainest is the first. */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  '': [
    ['upload a file, or go on with it after a failure', 'openai-upload push big.jsonl --purpose batch'],
    [
      'keep the file id, which is all there is on stdout',
      'id=$(openai-upload push big.jsonl --purpose batch)',
    ],
    ['continue one upload', 'openai-upload resume upload_abc123'],
  ],
  push: [
    ['upload a file, or go on with it after a failure', 'openai-upload push big.jsonl --purpose batch'],
    ['standard input', 'zcat data.gz | openai-upload push - --filename data.jsonl --purpose batch'],
    [
      'the second of four shares of a list of files',
      'openai-upload push --files-from files.txt --shard 2/4 --purpose batch',
    ],
    [
      'a batch of any size, as files that fit; run again, it goes on',
      'openai-upload push big.jsonl --purpose batch --split --manifest done.jsonl',
    ],
  ],
  check: [
    ['would the server refuse it?', 'openai-upload check big.jsonl --purpose batch'],
    ['several files', 'openai-upload check train.jsonl more.jsonl --purpose fine-tune'],
    ['an object for each', 'openai-upload check big.jsonl --purpose batch --json'],
  ],
  resume: [
    ['send what is missing of the only unfinished upload', 'openai-upload resume'],
    [
      'with more at once, after another process has left it',
      'openai-upload resume upload_abc123 --concurrency 8 --wait-lock 10m',
    ],
    ['send the changed parts of a file again', 'openai-upload resume upload_abc123 --reupload-changed'],
  ],
  cancel: [
    ['give an upload up, on the server too', 'openai-upload cancel upload_abc123'],
    ['several', 'openai-upload cancel upload_abc123 upload_def456'],
    ['every unfinished one, with an object for each on stdout', 'openai-upload cancel --all --json'],
  ],
  list: [
    ['what is saved, newest first', 'openai-upload list'],
    [
      'the ids of those that are not finished',
      "openai-upload list | awk -F'\\t' '$4 == \"pending\" {print $1}'",
    ],
    ['an object for each', 'openai-upload list --json'],
  ],
  status: [
    ['one upload in full, and what to run next', 'openai-upload status upload_abc123'],
    ['one object', 'openai-upload status upload_abc123 --json'],
    [
      'sessions that are kept elsewhere',
      'openai-upload status upload_abc123 --state-dir "$OPENAI_UPLOAD_STATE_DIR"',
    ],
  ],
  prune: [
    ['what would be forgotten', 'openai-upload prune --dry-run'],
    ['forget what is completed, cancelled or expired', 'openai-upload prune'],
    ['an object for each', 'openai-upload prune --json'],
  ],
  config: [
    ['keep a default', 'openai-upload config set partSize 32MB'],
    ['see what is kept', 'openai-upload config list'],
    ['go back to what is built in', 'openai-upload config unset partSize'],
    ['keep one for another account', 'openai-upload config set --profile work organization org-abc123'],
  ],
  'config list': [
    ['a key, a tab and its value a line', 'openai-upload config list'],
    ['one object', 'openai-upload config list --json'],
    ['the keys alone', 'openai-upload config list | cut -f 1'],
  ],
  'config profiles': [
    ['a name a line, with its base URL', 'openai-upload config profiles'],
    ['the names alone', 'openai-upload config profiles | cut -f 1'],
    ['one object', 'openai-upload config profiles --json'],
  ],
  'config get': [
    ['print a value as it was set', 'openai-upload config get partSize'],
    ['keep it; empty when it is not set', 'size=$(openai-upload config get partSize)'],
    ['null when it is not set', 'openai-upload config get partSize --json'],
  ],
  'config set': [
    ['six parts at once', 'openai-upload config set concurrency 6'],
    ['a size as its flag takes it', 'openai-upload config set partSize 32MB'],
    ['another server', 'openai-upload config set baseUrl https://eu.api.openai.com/v1'],
  ],
  'config unset': [
    ['go back to what is built in', 'openai-upload config unset partSize'],
    ['to the usual server', 'openai-upload config unset baseUrl'],
    ['with an object on stdout', 'openai-upload config unset partSize --json'],
  ],
  'config path': [
    ['where the file is, or would be', 'openai-upload config path'],
    ['look at it as it stands', 'cat "$(openai-upload config path)"'],
    ['keep it elsewhere', 'OPENAI_UPLOAD_CONFIG_DIR=./team openai-upload config path'],
  ],
  completion: [
    ['bash, in ~/.bashrc', 'eval "$(openai-upload completion bash)"'],
    ['zsh, in ~/.zshrc after compinit', 'eval "$(openai-upload completion zsh)"'],
    ['fish, in ~/.config/fish/config.fish', 'openai-upload completion fish | source'],
  ],
  'completion bash': [
    ['for this shell', 'eval "$(openai-upload completion bash)"'],
    ['for every new one', 'echo \'eval "$(openai-upload completion bash)"\' >> ~/.bashrc'],
    [
      'loaded when it is first wanted, where the package bash-completion is installed',
      'openai-upload completion bash > ~/.local/share/bash-completion/completions/openai-upload',
    ],
  ],
  'completion zsh': [
    ['for this shell, once compinit has run', 'eval "$(openai-upload completion zsh)"'],
    ['for every new one', 'echo \'eval "$(openai-upload completion zsh)"\' >> ~/.zshrc'],
    [
      'loaded when it is first wanted, if ~/.zfunc is in $fpath before compinit runs',
      'openai-upload completion zsh > ~/.zfunc/_openai-upload',
    ],
  ],
  'completion fish': [
    ['for this shell', 'openai-upload completion fish | source'],
    ['for every new one', 'openai-upload completion fish > ~/.config/fish/completions/openai-upload.fish'],
    [
      'the same, made anew with each new shell',
      "echo 'openai-upload completion fish | source' >> ~/.config/fish/config.fish",
    ],
  ],
  help: [
    ['all commands', 'openai-upload help'],
    ['one of them', 'openai-upload help push'],
    ['one below it', 'openai-upload help config set'],
  ],
};

export function exampleHelp(command: Command): string {
  const examples = EXAMPLES[nameOf(command)] ?? [];
  const lines = examples.map(([purpose, line]) => `\n  # ${purpose}\n  ${line}`);
  return lines.length === 0 ? '' : `\nExamples:${lines.join('')}\n`;
}

/** Below the program: `config set`. */
function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}`.trim() : '';
}
