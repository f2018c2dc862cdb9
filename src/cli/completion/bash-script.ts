import {
  type Actions,
  allCommands,
  allFlags,
  allNodes,
  type CommandNode,
  type Completion,
  type FlagNode,
  valueFlagNames,
} from './command-tree.ts';

/**
 * Makes the script for bash 3.2 and later, with or without the package bash-completion. The script
 * compares and adds ids and profiles word by word, because `compgen -W` would run any code in them.
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
    # bash splits a word at every : and = inside it: https, :, //host.
    while ((i + 2 < COMP_CWORD)) && [[ \${COMP_WORDS[i + 1]:-a} != *[^:=]* ]]; do
      word+=\${COMP_WORDS[i + 1]}\${COMP_WORDS[i + 2]}
      ((i += 2))
    done
    if [[ -n $flag ]]; then
      # The value of --flag=value is what is being completed.
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
  # bash 3.2 leaves --flag=value one word, but wants only what comes after the sign.
  if [[ -z $ended$flag && $current == --*=* && $COMP_WORDBREAKS == *=* ]]; then
    flag=\${current%%=*} current=\${current#*=}
  fi

  # bash offers files if there is nothing else to offer: turned off where no file is wanted.
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

/** A word names a command only when no other word came before it. */
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

/** A repeatable argument fits every position. */
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

const ACTIONS: Actions<string | undefined> = {
  files: 'compopt -o default 2>/dev/null',
  directories: 'compopt -o dirnames 2>/dev/null',
  ids: '_openai_upload_asked "$current"',
  profiles: '_openai_upload_asked "$current" profiles',
  text: undefined,
};

function actionOf(completion: Completion): string | undefined {
  if (completion.kind !== 'words') return ACTIONS[completion.kind];
  return `_openai_upload_words '${completion.words.join(' ')}' "$current"`;
}

function pattern({ path }: CommandNode): string {
  return `'${path.join(' ')}'`;
}

function longNames(flags: readonly FlagNode[]): string {
  return flags.map(({ names }) => names.at(-1)).join(' ');
}
