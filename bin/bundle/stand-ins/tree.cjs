// Replaces, in the bundle, the tree in which undici looks up the names of headers that it knows. Making
// it takes longer than to make the names of our few responses lowercase, as undici does with all others.
module.exports = { tree: { lookup: () => null } };
