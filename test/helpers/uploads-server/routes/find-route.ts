import type { Answer } from '../answer.ts';
import type { CallName } from '../api-objects.ts';
import type { Exchange } from '../exchange.ts';
import type { ServerContext } from '../server-context.ts';
import { addPart } from './add-part.ts';
import { cancelUpload } from './cancel-upload.ts';
import { completeUpload } from './complete-upload.ts';
import { createUpload } from './create-upload.ts';
import { fileContent } from './file-content.ts';
import { getFile } from './get-file.ts';
import { listFiles } from './list-files.ts';
import { listModels } from './list-models.ts';

interface Route {
  readonly call: CallName;
  readonly method: 'GET' | 'POST';
  /** Matches the path after the base path. Its group is the id. */
  readonly pattern: RegExp;
  readonly work: (context: ServerContext, exchange: Exchange) => Promise<Answer>;
}

export interface FoundRoute {
  readonly route: Route;
  readonly id: string;
}

const routes: readonly Route[] = [
  { call: 'create', method: 'POST', pattern: /^\/uploads$/, work: createUpload },
  { call: 'part', method: 'POST', pattern: /^\/uploads\/([^/]+)\/parts$/, work: addPart },
  { call: 'complete', method: 'POST', pattern: /^\/uploads\/([^/]+)\/complete$/, work: completeUpload },
  { call: 'cancel', method: 'POST', pattern: /^\/uploads\/([^/]+)\/cancel$/, work: cancelUpload },
  { call: 'listFiles', method: 'GET', pattern: /^\/files$/, work: listFiles },
  { call: 'getFile', method: 'GET', pattern: /^\/files\/([^/]+)$/, work: getFile },
  { call: 'fileContent', method: 'GET', pattern: /^\/files\/([^/]+)\/content$/, work: fileContent },
  { call: 'listModels', method: 'GET', pattern: /^\/models$/, work: listModels },
];

/** Returns the route of a path, whatever the method. The path must start with the base path. */
export function findRoute(basePath: string, path: string): FoundRoute | undefined {
  if (!path.startsWith(`${basePath}/`)) return undefined;
  const rest = path.slice(basePath.length);
  for (const route of routes) {
    const match = route.pattern.exec(rest);
    if (match) return { route, id: match[1] ?? '' };
  }
  return undefined;
}
