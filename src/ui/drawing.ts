import { styleText } from 'node:util';
import type { Progress } from '../model/events.ts';

/** Colours by meaning. */
export type Paint = Readonly<Record<'good' | 'bad' | 'warn' | 'faint', (text: string) => string>>;

/** Without colour, each function returns the text unchanged. */
export function paint(hasColor: boolean): Paint {
  const as = (style: 'green' | 'red' | 'yellow' | 'dim') => (text: string) =>
    hasColor && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  return { good: as('green'), bad: as('red'), warn: as('yellow'), faint: as('dim') };
}

/** The characters of a bar, and the mark where a text was cut. */
export interface Drawing {
  readonly acknowledged: string;
  readonly onItsWay: string;
  readonly missing: string;
  readonly cut: string;
  readonly paint: Paint;
}

const UNICODE = { acknowledged: '█', onItsWay: '▒', missing: '░', cut: '…' };
const ASCII = { acknowledged: '#', onItsWay: '=', missing: '.', cut: '~' };

export function drawingFor({ hasUnicode }: { readonly hasUnicode: boolean }, colors = paint(false)): Drawing {
  return { ...(hasUnicode ? UNICODE : ASCII), paint: colors };
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
