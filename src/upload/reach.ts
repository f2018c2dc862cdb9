import { concernsAll, type UploadError } from '../model/errors.ts';
import type { UploadEvent } from '../model/events.ts';

/**
 * If the server cannot be reached for the first uploads, as many as this, the others are not tried.
 * One is not enough, because a firewall may refuse a file for its name.
 */
const UNREACHED_UPLOADS = 3;

/** The same for a server that has responded before. On a bad link, a few in a row fail by chance. */
const LOST_UPLOADS = 10;

/** Decides which failures of one of many uploads concern the others too. */
export interface Reach {
  /** Must be called with the events of all the uploads. */
  readonly onEvent: (event: UploadEvent) => void;
  /** Must be called with every failure. Returns whether the others would fail as well. */
  readonly onFailure: (error: UploadError) => boolean;
}

export function createReach(): Reach {
  let isReached = false;
  let inARow = 0;

  return {
    onEvent(event) {
      if (event.type !== 'request' || event.status === null) return;
      isReached = true;
      inARow = 0;
    },
    onFailure(error) {
      if (error.code === 'network') inARow += 1;
      return concernsAll(error.code) || inARow >= (isReached ? LOST_UPLOADS : UNREACHED_UPLOADS);
    },
  };
}
