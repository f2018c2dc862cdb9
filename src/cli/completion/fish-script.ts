import {
  type Actions,
  allCommands,
  allNodes,
  type CommandNode,
  type Completion,
  type FlagNode,
  valueFlagNames,
} from './command-tree.ts';

/**
 * Makes the script for fish 3 and later. Each line of the script asks where on the command line the
 * cursor is, and fish remembers the answer.
 */
export function fishScript(root: CommandNode): string {
  const nodes = allNodes(root);
  return `# openai-upload: completion for fish. Made by: openai-upload completion fish

# Checks whether the words so far are this command and, if a number is given, that many others.
function __openai_upload_at
    set -l path
    set -l count 0
    set -l is_value 0
    set -l has_ended 0
    for word in (commandline -opc)[2..-1]
        if test $is_value -eq 1
            set is_value 0
            continue
        end
        if test $has_ended -eq 0
            switch $word
                case --
                    set has_ended 1
                    continue
                case ${valueFlagNames(nodes).join(' ')}
                    set is_value 1
                    continue
                case '-*'
                    continue
            end
        end
        switch "$count:"(string join ' ' -- $path $word)
${pathCases(root).join('\n')}
            case '*'
                set count (math $count + 1)
        end
    end
    test "$path" = "$argv[1]"; and test (count $argv) -eq 1 -o $count -eq "0$argv[2]"
end

complete -c openai-upload -e
complete -c openai-upload -f
${nodes.flatMap(linesOf).join('\n')}
`;
}

function pathCases(root: CommandNode): readonly string[] {
  return allCommands(root).map(({ path, calls }) => {
    const patterns = calls.map((call) => quote(`0:${call}`)).join(' ');
    return `            case ${patterns}\n                set path ${path.join(' ')}`;
  });
}

function linesOf({ path, commands, flags, words }: CommandNode): readonly string[] {
  const at = `__openai_upload_at ${quote(path.join(' '))}`;

  return [
    ...commands.map(
      (command) => `${line(`${at} 0`)} -a ${command.path.at(-1)} -d ${quote(command.description)}`,
    ),
    ...words.flatMap((word, index) => {
      const action = actionOf(word);
      return action === '' ? [] : [`${line(word.isMany ? at : `${at} ${index}`)}${action}`];
    }),
    ...flags.map((flag) => `${line(at)}${flagOptions(flag)}`),
  ];
}

function line(condition: string): string {
  return `complete -c openai-upload -n ${quote(condition)}`;
}

function flagOptions({ names, description, value }: FlagNode): string {
  const forms = names.map((name) =>
    name.startsWith('--') ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`,
  );
  const wants = value === undefined ? '' : value.kind === 'files' ? ' -r' : ' -x';

  return `${forms.join('')}${wants}${value === undefined ? '' : actionOf(value)} -d ${quote(description)}`;
}

const ACTIONS: Actions<string> = {
  files: ' -F',
  directories: " -a '(__fish_complete_directories)'",
  ids: " -k -a '(openai-upload __complete 2>/dev/null)'",
  profiles: " -k -a '(openai-upload __complete profiles 2>/dev/null)'",
  text: '',
};

function actionOf(completion: Completion): string {
  if (completion.kind !== 'words') return ACTIONS[completion.kind];
  return ` -a ${quote(completion.words.join(' '))}`;
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
