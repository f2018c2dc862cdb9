import { MARKS } from './escape-control.ts';

/** JSON leaves some control characters and all marks of direction as they are; a terminal would obey them. */
export function escapeJson(value: unknown): string {
  return JSON.stringify(value).replace(MARKS, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
