// Loaded into the real binary with --import. LINKS=none: links cannot be made, as on file systems without them.
// LINKS=lost: each is made, and then said to have been there, as NFS does when an answer was lost on its way.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const link = fs.linkSync;
fs.linkSync = (from, to) => {
  if (process.env.LINKS === 'lost') link(from, to);
  const code = process.env.LINKS === 'lost' ? 'EEXIST' : 'EPERM';
  throw Object.assign(new Error(`${code}: link '${to}'`), { code });
};
syncBuiltinESMExports();
