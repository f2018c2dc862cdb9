import { type Actions, allNodes, type CommandNode, type Completion, type FlagNode } from './command-tree.ts';

/**
 * Makes the script for zsh, with a function for each command. It works when it is sourced after
 * compinit has run, and as a file in a directory of `$fpath`.
 */
export function zshScript(root: CommandNode): string {
  return `#compdef openai-upload
# openai-upload: completion for zsh. Made by: openai-upload completion zsh

_openai-upload_ids() {
  local -a ids lines expl
  local id name
  while IFS=$'\\t' read -r id name; do
    ids+=("$id")
    lines+=("$id  -- $name")
  done < <(openai-upload __complete 2>/dev/null)
  _wanted -V uploads expl 'unfinished upload or job' compadd -l -d lines -a ids
}

_openai-upload_profiles() {
  local -a names expl
  local name rest
  while IFS=$'\\t' read -r name rest; do
    names+=("$name")
  done < <(openai-upload __complete profiles 2>/dev/null)
  _wanted profiles expl profile compadd -a names
}

${allNodes(root).map(functionOf).join('\n')}
if [[ $funcstack[1] == _openai-upload ]]; then
  _openai-upload "$@"
else
  compdef _openai-upload openai-upload
fi
`;
}

function functionOf(node: CommandNode): string {
  const { commands, flags, words } = node;
  if (commands.length > 0) return groupFunction(node);

  const specs = [...flags.flatMap(flagSpecs), ...words.map(wordSpec)];
  return `${nameOf(node)}() {
  _arguments -s -S ${specs.map((spec) => `\\\n    ${spec}`).join(' ')}
}
`;
}

/**
 * Completes everything up to the name of a command. The command's own function completes the rest,
 * including its flags.
 */
function groupFunction(node: CommandNode): string {
  const { commands, flags } = node;
  const specs = [...flags.flatMap(flagSpecs), "'1:command:->command'", "'*::word:->word'"];
  const names = commands.map(({ path, description }) => quote(`${path.at(-1)}:${description}`));
  const cases = commands.map(
    (command) => `${[command.path.at(-1), ...command.aliases].join('|')}) ${nameOf(command)} && ret=0 ;;`,
  );

  return `${nameOf(node)}() {
  local curcontext=$curcontext state ret=1
  local -a line commands
  local -A opt_args
  _arguments -C -s -S -A '-*' ${specs.map((spec) => `\\\n    ${spec}`).join(' ')} && ret=0
  case $state in
    command)
      commands=(${names.join(' ')})
      _describe -t commands command commands && ret=0
      ;;
    word)
      case $words[1] in
        ${cases.join('\n        ')}
      esac
      ;;
  esac
  return ret
}
`;
}

function nameOf({ path }: CommandNode): string {
  return ['_openai-upload', ...path].join('_');
}

/**
 * Excludes a flag that is already there under either name, and everything after help or version.
 */
function flagSpecs({ names, description, value }: FlagNode): readonly string[] {
  const isLast = names.includes('--help') || names.includes('--version');
  const excluded = isLast ? '- *' : names.join(' ');

  return names.map((name) => {
    const takes = value === undefined ? '' : name.startsWith('--') ? '=' : '+';
    const action = value === undefined ? '' : `:${escapeMessage(value.name)}:${actionOf(value)}`;
    return quote(`(${excluded})${name}${takes}[${escapeMessage(description)}]${action}`);
  });
}

function wordSpec(word: CommandNode['words'][number], index: number): string {
  return quote(`${word.isMany ? '*' : index + 1}:${escapeMessage(word.name)}:${actionOf(word)}`);
}

const ACTIONS: Actions<string> = {
  files: '_files',
  directories: '_files -/',
  ids: '_openai-upload_ids',
  profiles: '_openai-upload_profiles',
  // Completes nothing, but zsh still shows what is expected.
  text: ' ',
};

function actionOf(completion: Completion): string {
  return completion.kind === 'words' ? `(${completion.words.join(' ')})` : ACTIONS[completion.kind];
}

function escapeMessage(text: string): string {
  return text.replace(/[\\[\]:$`]/g, '\\$&');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
