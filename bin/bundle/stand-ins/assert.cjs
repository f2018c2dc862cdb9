// @ts-nocheck: nothing of ours calls it.
// Stands in, in the bundle, for undici's node:assert, which loads all that tells two deep objects apart (1 ms).
module.exports = (value, message = 'undici has a fault') => {
  if (!value)
    throw message instanceof Error ? message : Object.assign(new Error(message), { code: 'ERR_ASSERTION' });
};
