import xterm from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import { rowOf, svgOfRows, withKey } from '../../../picture/svg-of-terminal.ts';

describe('the picture of a terminal', () => {
  it('has the text where it stands, colours, and blocks without gaps', async () => {
    const terminal = new xterm.Terminal({ cols: 20, rows: 3, allowProposedApi: true });
    await new Promise<void>((resolve) =>
      terminal.write('a <b> & c\r\n\u001b[31mbad\u001b[0m \u001b[32m██▒\u001b[0m\r\n', resolve),
    );
    const svg = svgOfRows([withKey(rowOf(terminal, 0), '^C'), rowOf(terminal, 1)], 20);
    expect(svg).toMatch(/>a &lt;b&gt; &amp; c<\/text><text x="100.0"[^>]*>\^C<\/text>/);
    expect(svg).toMatch(/<text x="16\.0" y="61" fill="#ff7b72" [^>]*>bad<\/text>/);
    const blocks = svg.match(/<rect x="[^>]*opacity[^>]*>/g);
    expect(blocks).toEqual([
      expect.stringMatching(/x="49\.6" .*width="16\.8" .*fill="#3fb950" opacity="1"/),
      expect.stringMatching(/x="66\.4" .*width="8\.4" .*opacity="0\.5"/),
    ]);
  });
});
