import { concernsAll, type UploadError } from '../model/errors.ts';
import type { UploadEvent } from '../model/events.ts';

/**
 * If the server cannot be reached for the first uploads, as many as this, the others are not tried.
 * One is not enough, because a firewall may refuse a file for its name.
 */
const UNREACHED_UPLOADS = 3;

/** Decides which failures of one of many uploads concern the others too. */
export interface Reach {
  /** Must be called with the events of all the uploads. */
  readonly onEvent: (event: UploadEvent) => void;
  readonly concernsAll: (error: UploadError) => boolean;
}

export function createReach(): Reach {
  let isReached = false;
  let unreached = 0;

  return {
    onEvent(event) {
      isReached ||= event.type === 'request' && event.status !== null;
    },
    concernsAll(error) {
      if (error.code === 'network' && !isReached) unreached += 1;
      return concernsAll(error.code) || unreached >= UNREACHED_UPLOADS;
    },
  };
}
