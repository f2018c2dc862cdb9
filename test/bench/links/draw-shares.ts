const WIDTH = 760;
const HEIGHT = 240;
const LEFT = 48;
const TOP = 16;
const BOTTOM = 40;
const LOWEST = 0.7;
const HIGHEST = 1.1;
const LINES = [0.7, 0.8, 0.9, 0.95, 1, 1.1];

interface Share {
  readonly link: string;
  readonly firstPushShare: number;
  readonly secondPushShare: number;
}

/** A dot for each link: full for the first push, hollow for the second one to the same server. */
export function drawShares(shares: readonly Share[]): string {
  const x = (at: number) => LEFT + ((at + 0.5) / shares.length) * (WIDTH - LEFT - 8);
  const y = (share: number) => {
    const shown = Math.min(HIGHEST, Math.max(LOWEST, share));
    return TOP + ((HIGHEST - shown) / (HIGHEST - LOWEST)) * (HEIGHT - TOP - BOTTOM);
  };

  const lines = LINES.map(
    (share) =>
      `<path d="M${LEFT} ${y(share).toFixed(1)}H${WIDTH - 8}" stroke="${share === 0.95 ? '#c60' : '#ccc'}"/>` +
      `<text x="${LEFT - 6}" y="${(y(share) + 4).toFixed(1)}" text-anchor="end">${share}</text>`,
  );
  const dots = shares.flatMap(({ link, firstPushShare, secondPushShare }, at) => [
    `<circle cx="${x(at).toFixed(1)}" cy="${y(secondPushShare).toFixed(1)}" r="3" fill="none" stroke="#06c"/>`,
    `<circle cx="${x(at).toFixed(1)}" cy="${y(firstPushShare).toFixed(1)}" r="2.5" fill="#06c"><title>${link}: ${firstPushShare.toFixed(3)}</title></circle>`,
  ]);
  const rates = [...new Set(shares.map(({ link }) => link.split(',')[0] ?? ''))];
  const labels = rates.map((rate, at) => {
    const middle = LEFT + ((at + 0.5) / rates.length) * (WIDTH - LEFT - 8);
    return `<text x="${middle.toFixed(1)}" y="${HEIGHT - 14}" text-anchor="middle">${rate}</text>`;
  });

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12" fill="#333" role="img" aria-label="The share of the best fixed setting that each simulated link reaches">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...lines,
    ...dots,
    ...labels,
    '</svg>\n',
  ].join('\n');
}
