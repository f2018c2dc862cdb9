/** The polynomial of CRC-32, its bits in reverse. */
const POLYNOMIAL = 0xedb88320;

/** `x` to the power of `2 ** index`, modulo the polynomial. */
const POWERS: readonly number[] = powers();

/** The CRC-32 of two runs of bytes that follow each other, of which only the CRC-32 of each is known. `bytes`: of the second. */
export function joinCrc32(first: number, second: number, bytes: number): number {
  return (multiply(powerOfBytes(bytes), first) ^ second) >>> 0;
}

/** `x` to the power of `8 * bytes`. */
function powerOfBytes(bytes: number): number {
  let power = 1 << 31;
  for (let rest = bytes, index = 3; rest > 0; rest = Math.floor(rest / 2), index += 1)
    if (rest % 2 === 1) power = multiply(POWERS[index % 32] as number, power);
  return power;
}

/** Of polynomials, modulo ours. */
function multiply(one: number, other: number): number {
  let product = 0;
  let factor = other;
  for (let bit = 1 << 31; bit !== 0; bit >>>= 1) {
    if ((one & bit) !== 0) product ^= factor;
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ POLYNOMIAL;
  }
  return product;
}

function powers(): readonly number[] {
  const all = [1 << 30];
  for (let index = 1; index < 32; index += 1) {
    const last = all[index - 1] as number;
    all.push(multiply(last, last));
  }
  return all;
}
