import { open } from 'node:fs/promises';

/** Long enough that no processor learns it by heart. */
const BLOCK_BYTES = 4 * 1024 ** 2;

/**
 * Writes lines of about `lineBytes`, examples for fine-tuning with some answer in `text`, again and again until there are
 * `bytes` of them. @returns how many bytes it wrote
 */
export async function writeJsonl(
  path: string,
  { bytes, lineBytes, text }: { readonly bytes: number; readonly lineBytes: number; readonly text: string },
): Promise<number> {
  const lines = Math.ceil(BLOCK_BYTES / lineBytes);
  const block = Buffer.from(
    Array.from({ length: lines }, (_, number) => lineOf(number, lineBytes, text)).join(''),
  );
  const file = await open(path, 'w');
  try {
    const blocks = Math.ceil(bytes / block.length);
    for (let count = 0; count < blocks; count += 1) await file.write(block);
    await file.sync();
    return blocks * block.length;
  } finally {
    await file.close();
  }
}

/** No two in a row are equally long. */
function lineOf(number: number, lineBytes: number, text: string): string {
  const withAnswer = (content: string) => {
    const messages = [
      { role: 'user', content: `Question "${number}"?\n` },
      { role: 'assistant', content },
    ];
    return `${JSON.stringify({ custom_id: `line-${number}`, messages })}\n`;
  };
  const room = (lineBytes - Buffer.byteLength(withAnswer(''))) * (0.5 + ((number * 7919) % 1000) / 1000);
  return withAnswer(text.repeat(Math.max(0, Math.round(room / Buffer.byteLength(text)))));
}
