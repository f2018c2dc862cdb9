// A file system without hard links, as FAT is one: loaded into a child with --import.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

fs.linkSync = (from, to) => {
  const error = new Error(`EPERM: operation not permitted, link '${from}' -> '${to}'`);
  throw Object.assign(error, { code: 'EPERM', syscall: 'link' });
};
syncBuiltinESMExports();
