// Replaces, in the bundle, modules that a dependency always loads but uses only for things we never
// do:
// - node:child_process, for commander's commands that are separate programs (6 ms, a quarter of
//   what bare Node takes);
// - node:http2 and undici's client-h2, because we never ask undici to speak HTTP/2 (4 ms).
// Also replaces parts of undici, for their size alone:
// - llhttp_simd-wasm, a second build of its parser: without it, undici takes the plain one;
// - web/fetch/body, for form bodies, which we write ourselves.
module.exports = { constants: {} };
