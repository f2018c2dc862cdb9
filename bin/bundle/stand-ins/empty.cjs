// Stands in, in the bundle, for what a dependency loads always and uses for something we never do:
// - node:child_process, for commander's commands that are programs of their own (6 ms, a quarter of what bare Node takes);
// - node:http2 and undici's client-h2, which is not asked to speak it (4 ms);
// and, for their size alone, parts of undici:
// - llhttp_simd-wasm, a second make of its parser; where it cannot be had, undici takes the plain one;
// - web/fetch/body, for bodies that are forms, which we write ourselves.
module.exports = { constants: {} };
