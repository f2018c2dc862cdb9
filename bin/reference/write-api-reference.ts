import { writeFileSync } from 'node:fs';
import { apiReference } from './api-reference.ts';
import { exportedDeclarations } from './exported-declarations.ts';

/** `npm run reference`, after a build. */
writeFileSync('docs/api.md', apiReference(exportedDeclarations('dist/src/index.d.ts')));
