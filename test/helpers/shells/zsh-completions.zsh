# Presses Tab at the end of each line, in a zsh of its own on a terminal of its own, and prints what zsh was given to choose
# from: a word a line, an empty line after each. Arguments: the completion script, the lines.
zmodload zsh/zpty
matches=$(mktemp)
zpty shell zsh -f -i
zpty -w shell "
  PROMPT= RPROMPT=
  autoload -Uz compinit && compinit -D -u
  source ${(q)1}
  zstyle ':completion:*' completer _complete
  bindkey '^I' complete-word
  matches=${(q)matches}
  # Filling an array is no offer.
  compadd() {
    if [[ \" \${@[1,(i)(-|--)]} \" == *' -'[a-zA-Z]#[OAD]' '* ]]; then
      builtin compadd \"\$@\"
      return
    fi
    local -a _hits
    builtin compadd -O _hits \"\$@\"
    (( \$#_hits )) && print -rl -- \$_hits >> \$matches
    builtin compadd \"\$@\"
  }
  tell_end() {
    comppostfuncs=(tell_end)
    print END-OF-COMPLETION
  }
  comppostfuncs=(tell_end)
  print READY-TO''-COMPLETE"
zpty -r -m shell ignored '*READY-TO-COMPLETE*' || exit 1
shift
for line; do
  : > $matches
  # The line before goes first.
  zpty -w -n shell $'\C-u'"$line"$'\t'
  zpty -r -m shell ignored '*END-OF-COMPLETION*' || exit 1
  sort -u $matches
  print
done
zpty -d shell
rm $matches
