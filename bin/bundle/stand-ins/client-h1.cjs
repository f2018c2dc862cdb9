// @ts-nocheck: undici has no types for its internals.
// Replaces the part of undici that sends over HTTP/1. It parses responses with WebAssembly, which V8
// compiles a second time to make it fast. Our responses are short, and the bytes of a file do not pass
// through the parser. A short run would wait at its end for that compiler, for 130 ms of CPU.
const connectH1 = require('../../../node_modules/undici/lib/dispatcher/client-h1.js');

// V8's defaults in the versions of Node that we know. Others may lack the flag, and would complain.
const DEFAULT_BUDGETS = { 20: 1_800_000, 22: 13_000_000, 24: 13_000_000, 26: 13_000_000 };
const NEVER = 1_300_000_000;

let isLoaded = false;

/**
 * The first call loads the parser, which takes over the budget of that moment. Afterwards the flag has
 * to be as it was: V8 takes back compiled code, of Node's own modules too, only under the same flags.
 */
module.exports = (client, socket) => {
  const budget = DEFAULT_BUDGETS[Number.parseInt(process.versions.node, 10)];
  if (isLoaded || budget === undefined) return connectH1(client, socket);
  isLoaded = true;

  const { setFlagsFromString } = require('node:v8');
  setFlagsFromString(`--wasm-tiering-budget=${NEVER}`);
  try {
    return connectH1(client, socket);
  } finally {
    setFlagsFromString(`--wasm-tiering-budget=${budget}`);
  }
};
