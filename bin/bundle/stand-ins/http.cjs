// Stands in, in the bundle, for the node:http that undici looks two facts up in: loading it takes 3 ms, a twentieth of what bare
// Node takes. What is sent is never one of its messages, and the bound on headers is Node's own.
module.exports = { IncomingMessage: class {}, maxHeaderSize: 16_384 };
