import type { SessionStatus } from '../../../src/sessions/record.ts';
import type { Need } from '../../helpers/lacks.ts';
import type { UploadStatus } from '../../helpers/uploads-server/api-objects.ts';
import type { Fault } from '../../helpers/uploads-server/fault.ts';
import type { UploadsServerOptions } from '../../helpers/uploads-server/uploads-server.ts';
import type { Stage } from './stage.ts';

/** One line of the table: a fault, what is done about it, and what has to come of it. */
export interface Row {
  /** The fault in a sentence; the row's name. */
  readonly fault: string;
  readonly server?: Pick<UploadsServerOptions, 'uploadLifetimeSeconds' | 'closedUploadStatus' | 'keyHeader'>;
  /** What the server does wrong. All of it has to happen. */
  readonly faults?: readonly Fault[];
  /** The source; `a.bin` of 500,000 bytes unless told. */
  readonly file?: { readonly name?: string; readonly bytes?: number };
  /** The binary reaches the server through a plug that can be pulled. */
  readonly hasPlug?: boolean;
  readonly steps: readonly Step[];
  /** Part requests of all steps together, where how they fall on the steps is a matter of timing. */
  readonly partsInAll?: number;
  /** What must not be seen anywhere, beside the API key. */
  readonly secrets?: readonly string[];
  /** What the row cannot do without; it is skipped where that is missing. */
  readonly needs?: Need | 'mount';
}

export type Step = Run | Act;

/** Something that happens to the stage between two runs, or during one. */
export type Act = (stage: Stage) => void | Promise<void>;

/** One run of the binary. `ID` among the arguments stands for the upload's id. */
export interface Run {
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Happens while the binary runs. */
  readonly during?: Act;
  readonly expect: Expectation;
}

export type Count = number | { readonly atMost: number };

/** What one run has to come to. Requests are those of this run alone; files and uploads are all there are. */
export interface Expectation {
  readonly exit: number | NodeJS.Signals;
  /** The part requests that reached the server. */
  readonly parts: Count;
  readonly create?: Count;
  readonly complete?: Count;
  readonly lists?: Count;
  readonly cancels?: Count;
  /** No request of any kind. */
  readonly silent?: true;
  /** On stderr: what happened or what to do next. */
  readonly says?: string | RegExp;
  /** `error.code` of `--json`, which is then added to the arguments. */
  readonly code?: string;
  /** On stdout; the file's id after a push or resume that went well, else nothing, unless told. */
  readonly prints?: string;
  /** Files of the source's name and size on the server, each with its MD5; 1 after a push or resume that went well, else 0, unless told. */
  readonly files?: number;
  /** Status of the newest upload on the server. */
  readonly upload?: UploadStatus;
  /** Uploads on the server that are neither completed, cancelled nor expired. */
  readonly open?: number;
  /** Status in the saved record. */
  readonly record?: SessionStatus;
  /** Waits that must not be cut short. One that must not be made at all would outlast the test. */
  readonly tookAtLeastMs?: number;
  /** Anything else. Throws when it does not hold. */
  readonly also?: Act;
}
