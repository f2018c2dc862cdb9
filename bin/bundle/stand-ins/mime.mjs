// @ts-nocheck: the build puts MIME_TYPES here.
// Replaces `mime` in the bundle. The package makes maps of its thousand types while it loads, which
// takes a twelfth of a push of a small file. Here they are one text, with an ending and its type in
// each line, which is searched only once.
const types = MIME_TYPES;

export default {
  getType(path) {
    const name = path.replace(/^.*[/\\]/s, '').toLowerCase();
    const ending = name.slice(name.lastIndexOf('.') + 1);
    // As the package has it: a name without a dot is an ending, if there is no folder before it.
    if (ending.length >= name.length - 1 && name.length < path.length) return null;

    const line = `\n${ending} `;
    const found = types.indexOf(line);
    if (found === -1) return null;
    const start = found + line.length;
    return types.slice(start, types.indexOf('\n', start));
  },
};
