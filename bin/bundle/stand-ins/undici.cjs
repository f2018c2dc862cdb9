// @ts-nocheck: undici has no types for what is inside it.
// Stands in for undici's index in the bundle: just what src/api uses of it. The index also loads fetch, web sockets, caches
// and mocks, which takes longer than all else a short run does.

// undici parses answers with WebAssembly, which V8 compiles a second time to make it fast. Our answers are short, and a short
// run would wait for that compiler at its end, longer than all its requests take.
require('node:v8').setFlagsFromString('--liftoff-only');

const Dispatcher = require('../../../node_modules/undici/lib/dispatcher/dispatcher.js');

// As the index does: the calls are methods of every dispatcher.
Object.assign(Dispatcher.prototype, {
  request: require('../../../node_modules/undici/lib/api/api-request.js'),
});

module.exports = { Client: require('../../../node_modules/undici/lib/dispatcher/client.js') };
