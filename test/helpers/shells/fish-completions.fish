# Prints what fish offers at the end of each line: a word a line, an empty line after each. Arguments: the completion script,
# the lines.
source $argv[1]
for line in $argv[2..-1]
    complete -C $line | string split --fields 1 \t
    echo
end
