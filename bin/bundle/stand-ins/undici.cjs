// @ts-nocheck: undici has no types for its internals.
// Replaces undici's index in the bundle with only what src/api uses. The index also loads fetch,
// web sockets, caches and mocks, which takes longer than everything else in a short run.
const Dispatcher = require('../../../node_modules/undici/lib/dispatcher/dispatcher.js');

// Does what the index does: the calls are methods of every dispatcher.
Object.assign(Dispatcher.prototype, {
  request: require('../../../node_modules/undici/lib/api/api-request.js'),
});

module.exports = { Client: require('../../../node_modules/undici/lib/dispatcher/client.js') };
