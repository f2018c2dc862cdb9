import type { Progress } from '../model/events.ts';

/** What a bar is made of, and the mark where a text was cut. */
export interface Drawing {
  readonly acknowledged: string;
  readonly onItsWay: string;
  readonly missing: string;
  readonly cut: string;
}

const UNICODE: Drawing = { acknowledged: '█', onItsWay: '▒', missing: '░', cut: '…' };
const ASCII: Drawing = { acknowledged: '#', onItsWay: '=', missing: '.', cut: '~' };

export function drawingFor({ hasUnicode }: { readonly hasUnicode: boolean }): Drawing {
  return hasUnicode ? UNICODE : ASCII;
}

type Share = Pick<Progress, 'acknowledgedBytes' | 'inFlightBytes' | 'totalBytes'>;

/** As many columns as told, whatever the share. */
export function drawBar(progress: Share, columns: number, drawing: Drawing): string {
  const { acknowledgedBytes, inFlightBytes, totalBytes } = progress;
  const share = (bytes: number) => Math.min(1, bytes / Math.max(1, totalBytes)) * columns;
  const done = Math.floor(share(acknowledgedBytes));
  const moving = Math.ceil(share(acknowledgedBytes + inFlightBytes)) - done;
  const missing = columns - done - moving;
  return (
    drawing.acknowledged.repeat(done) + drawing.onItsWay.repeat(moving) + drawing.missing.repeat(missing)
  );
}
