// Stands in, in the bundle, for what a dependency loads always and uses for something we never do:
// - node:child_process, for commander's commands that are programs of their own (6 ms, a quarter of what bare Node takes);
// - node:http2, which undici is not asked to speak (4 ms);
// - semver, for conf's migrations, of which we have none (3 ms).
module.exports = { constants: {} };
