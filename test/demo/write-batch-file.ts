import { open } from 'node:fs/promises';

/** 40,000 lines of 5,000 bytes are the 200 MB that a batch file may have, well within its 50,000 lines. */
const LINE_BYTES = 5000;
const LINES_AT_ONCE = 1000;
const WORDS =
  'The customer writes that the parcel came late, that the box was open and that a part is missing. ';

/** Writes a valid Batch API file of at most `bytes` bytes, less than one line short of it. @returns its lines and bytes */
export async function writeBatchFile(path: string, bytes: number): Promise<{ lines: number; bytes: number }> {
  const lines = Math.floor(bytes / LINE_BYTES);
  const file = await open(path, 'w');
  try {
    for (let first = 1; first <= lines; first += LINES_AT_ONCE) {
      const count = Math.min(LINES_AT_ONCE, lines - first + 1);
      await file.write(Array.from({ length: count }, (_, index) => batchLine(first + index)).join(''));
    }
  } finally {
    await file.close();
  }
  return { lines, bytes: lines * LINE_BYTES };
}

/** One request, padded to `LINE_BYTES` with its line break. ASCII without escapes, so that a character is a byte. */
function batchLine(number: number): string {
  const withInput = (input: string) =>
    `${JSON.stringify({
      custom_id: `request-${number}`,
      method: 'POST',
      url: '/v1/responses',
      body: { model: 'gpt-5.6-sol', input },
    })}\n`;
  const room = LINE_BYTES - withInput('').length;
  return withInput(`Answer letter ${number}. ${WORDS.repeat(room / WORDS.length + 1)}`.slice(0, room));
}
