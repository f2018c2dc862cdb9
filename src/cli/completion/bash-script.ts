import { allCommands, allFlags, allNodes } from './all-nodes.ts';
import type { CommandNode, FlagNode } from './command-tree.ts';

/**
 * For bash 3.2 and later, without the package bash-completion. What comes from outside is compared and added word by word:
 * `compgen -W` would run what stands in it.
 */
export function bashScript(root: CommandNode): string {
  const nodes = allNodes(root);
  return `# openai-upload: completion for bash. Made by: openai-upload completion bash

_openai_upload_words() {
  COMPREPLY=($(compgen -W "$1" -- "$2"))
}

_openai_upload_asked() {
  local word rest
  while IFS=$'\\t' read -r word rest; do
    [[ $word == "$1"* ]] && COMPREPLY+=("$word")
  done < <(openai-upload __complete $2 2>/dev/null)
}

_openai_upload() {
  local IFS=$' \\t\\n' current=\${COMP_WORDS[COMP_CWORD]} path='' flag='' ended='' count=0 i word
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $flag ]]; then
      # bash takes the sign of --flag=value for a word of its own.
      [[ $word == = ]] || flag=''
      continue
    fi
    if [[ -z $ended ]]; then
      case $word in
        --) ended=1; continue ;;
        ${valueFlagNames(nodes).join('|')}) flag=$word; continue ;;
        -*) continue ;;
      esac
    fi
    case "$count:\${path:+$path }$word" in
${pathCases(root).join('\n')}
      *) count=$((count + 1)) ;;
    esac
  done
  [[ -n $flag && $current == = ]] && current=''

  # Where no file is wanted, an empty answer shall not be filled up with files.
  compopt +o default 2>/dev/null
  case $flag in
    '') ;;
${flagCases(nodes).join('\n')}
    *) return ;;
  esac
  if [[ -z $ended && $current == -* ]]; then
    case $path in
${nodes.map((node) => `      ${pattern(node)}) _openai_upload_words '${longNames(node.flags)}' "$current" ;;`).join('\n')}
    esac
    return
  fi
  case "$count:$path" in
${nodes.flatMap(wordCases).join('\n')}
  esac
}

complete -o default -F _openai_upload openai-upload
`;
}

function valueFlagNames(nodes: readonly CommandNode[]): readonly string[] {
  return allFlags(nodes)
    .filter(({ value }) => value !== undefined)
    .flatMap(({ names }) => names);
}

/** Words are commands only as long as no other word has come. */
function pathCases(root: CommandNode): readonly string[] {
  return allCommands(root).map(({ path, calls }) => {
    const patterns = calls.map((call) => `'0:${call}'`).join('|');
    return `      ${patterns}) path='${path.join(' ')}' ;;`;
  });
}

function flagCases(nodes: readonly CommandNode[]): readonly string[] {
  return allFlags(nodes).flatMap(({ names, value }) => {
    const action = value && actionOf(value);
    return action === undefined ? [] : [`    ${names.join('|')}) ${action}; return ;;`];
  });
}

/** A word that may stand for many is wanted again and again. */
function wordCases({ path, commands, words }: CommandNode): readonly string[] {
  const at = path.join(' ');
  if (commands.length > 0) {
    const names = commands.map((command) => command.path.at(-1)).join(' ');
    return [`    '0:${at}') _openai_upload_words '${names}' "$current" ;;`];
  }
  return words.flatMap((word, index) => {
    const action = actionOf(word);
    const place = word.isMany ? `*':${at}'` : `'${index}:${at}'`;
    return action === undefined ? [] : [`    ${place}) ${action} ;;`];
  });
}

function actionOf(
  completion: CommandNode['words'][number] | NonNullable<FlagNode['value']>,
): string | undefined {
  switch (completion.kind) {
    case 'words':
      return `_openai_upload_words '${completion.words.join(' ')}' "$current"`;
    case 'files':
      return 'compopt -o default 2>/dev/null';
    case 'directories':
      return 'compopt -o dirnames 2>/dev/null';
    case 'ids':
      return '_openai_upload_asked "$current"';
    case 'profiles':
      return '_openai_upload_asked "$current" profiles';
    case 'text':
      return undefined;
  }
}

function pattern({ path }: CommandNode): string {
  return `'${path.join(' ')}'`;
}

function longNames(flags: readonly FlagNode[]): string {
  return flags.map(({ names }) => names.at(-1)).join(' ');
}
