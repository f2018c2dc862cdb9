# Calls the completion as bash does at a Tab, and prints what it offers: a word a line, an empty line after each line of
# words. Arguments: the completion script, the lines.
source "$1"
shift
complete -p openai-upload | grep -q -- '-o default -F _openai_upload' || exit 1

# What bash would do when the function has nothing to offer.
compopt() {
  case $* in
    '-o default') fallback=-f ;;
    '-o dirnames') fallback=-d ;;
    '+o default') fallback='' ;;
  esac
}

for line; do
  fallback=-f
  # As readline does: the sign of --flag=value is a word by itself. In bash 3.2 it is not.
  [[ ${AS_OLD-} ]] || line=${line//=/ = }
  read -r -a COMP_WORDS <<< "$line"
  [[ $line == *[\ ] ]] && COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _openai_upload openai-upload
  if ((${#COMPREPLY[@]})); then
    printf '%s\n' "${COMPREPLY[@]}"
  elif [[ $fallback ]]; then
    compgen "$fallback" -- "${COMP_WORDS[COMP_CWORD]}"
  fi
  echo
done
