// @ts-nocheck: undici has no types for its internals.
// Replaces the part of undici that sends over HTTP/1. It parses responses with WebAssembly, which V8
// compiles a second time to make it fast. Our responses are short, and the bytes of a file do not pass
// through the parser. That compiler would take 130 ms of CPU, at the end of a short run, and 30 MB.
const connectH1 = require('../../../node_modules/undici/lib/dispatcher/client-h1.js');

// On in all versions of Node that we know. Others may lack the flags, and would complain.
const FLAGS = ['wasm-tier-up', 'wasm-dynamic-tiering'];
const major = Number.parseInt(process.versions.node, 10);

let areSet = false;
let isCompiled = major < 20 || major > 26;

/**
 * A function of the parser keeps the flags under which it was compiled, when it first ran. Afterwards
 * they have to be as they were: V8 takes back compiled code, of Node's own modules too, only under the
 * same flags. Connections that are cut before a response leave the flags, and one listener, to the next.
 */
module.exports = (client, socket) => {
  if (isCompiled) return connectH1(client, socket);

  if (!areSet) {
    areSet = true;
    process.prependOnceListener('exit', restoreFlags);
    setFlags('--no-');
  }
  const connection = connectH1(client, socket);

  // By now, undici's own listener has parsed what came.
  socket.once('readable', () => {
    if (isCompiled || socket.bytesRead === 0) return;
    isCompiled = true;
    process.off('exit', restoreFlags);
    restoreFlags();
  });
  return connection;
};

function restoreFlags() {
  setFlags('--');
}

function setFlags(prefix) {
  const { setFlagsFromString } = require('node:v8');
  for (const flag of FLAGS) setFlagsFromString(`${prefix}${flag}`);
}
