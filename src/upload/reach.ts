import { concernsAll, type UploadError } from '../model/errors.ts';
import type { UploadEvent } from '../model/events.ts';

/**
 * If this many uploads fail before the server has ever responded, the others are not tried. One is
 * not enough, because a firewall may refuse a file for its name.
 */
const UNREACHED_UPLOADS = 3;

/** The same once the server has responded. On a bad link, a few fail in a row by chance. */
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
  /** How many uploads have failed since the latest response. */
  let failedInARow = 0;

  return {
    onEvent(event) {
      if (event.type !== 'request' || event.status === null) return;
      isReached = true;
      failedInARow = 0;
    },
    onFailure(error) {
      if (error.code === 'network') failedInARow += 1;
      return concernsAll(error.code) || failedInARow >= (isReached ? LOST_UPLOADS : UNREACHED_UPLOADS);
    },
  };
}
