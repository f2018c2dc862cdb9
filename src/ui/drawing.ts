import type { Progress } from '../model/events.ts';
import { asItIs, type Paint } from './paint.ts';

/** The characters of a bar, and the mark where a text was cut. */
export interface Drawing {
  readonly acknowledged: string;
  readonly onItsWay: string;
  readonly missing: string;
  readonly cut: string;
  readonly paint: Pick<Paint, 'good' | 'faint'>;
}

const UNICODE = { acknowledged: '█', onItsWay: '▒', missing: '░', cut: '…' };
const ASCII = { acknowledged: '#', onItsWay: '=', missing: '.', cut: '~' };
const NO_COLOR = { good: asItIs, faint: asItIs };

export function drawingFor(
  { hasUnicode }: { readonly hasUnicode: boolean },
  paint: Drawing['paint'] = NO_COLOR,
): Drawing {
  return { ...(hasUnicode ? UNICODE : ASCII), paint };
}

type Share = Pick<Progress, 'acknowledgedBytes' | 'inFlightBytes' | 'totalBytes'>;

/** Draws exactly the given number of columns, whatever the share. */
export function drawBar(progress: Share, columns: number, drawing: Drawing): string {
  const { acknowledgedBytes, inFlightBytes, totalBytes } = progress;
  const share = (bytes: number) => Math.min(1, bytes / Math.max(1, totalBytes)) * columns;
  const done = Math.floor(share(acknowledgedBytes));
  const moving = Math.ceil(share(acknowledgedBytes + inFlightBytes)) - done;
  const missing = columns - done - moving;
  const { acknowledged, onItsWay, paint } = drawing;

  return (
    paint.good(acknowledged.repeat(done) + onItsWay.repeat(moving)) +
    paint.faint(drawing.missing.repeat(missing))
  );
}
