import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CheckResult, issueText } from '../../../src/model/issue.ts';
import { startPreflight } from '../../../src/preflight/start-preflight.ts';
import { batchLine, batchLines, chatLines } from '../../helpers/jsonl.ts';

interface Given {
  readonly purpose?: string;
  readonly filename?: string;
  /** As if the file had that many. */
  readonly bytes?: number;
  /** The lengths of the pieces in which it comes, before the rest. */
  readonly lengths?: readonly number[];
  readonly isAzure?: boolean;
  /** The day of the check. */
  readonly date?: string;
}

function check(content: string | Uint8Array | readonly string[], given: Given = {}): CheckResult {
  const text = Array.isArray(content) ? content.map((line) => `${line}\n`).join('') : content;
  const all = Buffer.from(text as string);
  const { purpose = 'batch', filename = 'a.jsonl', bytes = all.length, lengths = [] } = given;
  const { isAzure = false, date = '2026-11-28' } = given;
  const terms = { isAzure, nowMs: Date.parse(date) };
  const preflight = startPreflight({ path: '/data/a', filename, bytes, purpose }, terms);
  let offset = 0;
  for (const length of [...lengths, all.length]) {
    // The next chunk takes its place, as when a file is read.
    const chunk = Buffer.from(all.subarray(offset, offset + length));
    preflight.reader?.read(chunk);
    chunk.fill(0x7b);
    offset += length;
  }
  preflight.reader?.end();
  return preflight.result();
}

/** What was found, in words: `error code text`; the dates apart. */
function found(...args: Parameters<typeof check>): string[] {
  const { errors, warnings } = check(...args);
  const issues = [...errors, ...warnings].filter(({ code }) => code !== 'shutdown');
  return issues.map((issue) => `${issue.severity} ${issue.code} ${issueText(issue)}`);
}

function dates(...args: Parameters<typeof check>): string[] {
  const { warnings } = check(...args);
  return warnings.filter(({ code }) => code === 'shutdown').map(issueText);
}

describe('a batch', () => {
  const messages = [{ role: 'user', content: 'q' }];

  it.each([
    ['with a line break at the end', `${batchLine(1)}\n${batchLine(2)}\n`, 2],
    ['without one', `${batchLine(1)}\n${batchLine(2)}`, 2],
    ['with the line ends of Windows', `${batchLine(1)}\r\n${batchLine(2)}\r\n`, 2],
    ['of one request', batchLine(1), 1],
    ['with blanks around', `  ${batchLine(1)}\t \n`, 1],
    ['in any script, with any escape', batchLine(1, { custom_id: 'Ü 文 🚀 "\\\n\u0000' }), 1],
    [
      'of a request of 3 MB',
      batchLine(1, { url: '/v1/responses', body: { model: 'm', input: 'x'.repeat(3_000_000) } }),
      1,
    ],
  ])('%s is fit', (_, text, lines) => {
    expect(check(text)).toEqual({
      path: '/data/a',
      bytes: Buffer.byteLength(text),
      purpose: 'batch',
      lines,
      models: [text.includes('"m"') ? 'm' : 'gpt-5.6-sol'],
      errors: [],
      errorCount: 0,
      warnings: [],
      warningCount: 0,
    });
  });

  it.each([
    '/v1/responses',
    '/v1/chat/completions',
    '/v1/embeddings',
    '/v1/completions',
    '/v1/moderations',
    '/v1/images/generations',
    '/v1/images/edits',
    '/v1/videos',
  ])('may go to %s', (url) => {
    const body = { model: 'm', ...(url === '/v1/chat/completions' ? { messages } : { input: 'x' }) };
    expect(found([batchLine(1, { url, body })])).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no custom_id', { custom_id: undefined }, 'error bad_custom_id line 2: custom_id is missing'],
    [
      'a custom_id that is a number',
      { custom_id: 7 },
      'error bad_custom_id line 2: custom_id is a number, not a string',
    ],
    [
      'a custom_id that is null',
      { custom_id: null },
      'error bad_custom_id line 2: custom_id is null, not a string',
    ],
    ['an empty custom_id', { custom_id: '' }, 'error bad_custom_id line 2: custom_id is empty'],
    ['a blank custom_id', { custom_id: ' \u00a0' }, 'error bad_custom_id line 2: custom_id is blank'],
    ['an empty model', { body: { model: '', messages } }, 'error bad_model line 2: body.model is empty'],
    [
      'a request to stream',
      { body: { model: 'gpt-5.6-sol', messages, stream: true } },
      'error streaming line 2: body.stream is true, but a batch cannot stream',
    ],
    [
      'a request to stream, in quotes',
      { body: { model: 'gpt-5.6-sol', messages, stream: 'true' } },
      'error streaming line 2: body.stream is "true", but a batch cannot stream',
    ],
    [
      'messages that are no array',
      { body: { model: 'gpt-5.6-sol', messages: 'Hello' } },
      'error bad_messages line 2: body.messages is "Hello", not an array',
    ],
    ['no method', { method: undefined }, 'error bad_method line 2: method is missing'],
    ['another method', { method: 'post' }, 'error bad_method line 2: method is "post", not "POST"'],
    ['no url', { url: undefined }, 'error bad_url line 2: url is missing'],
    ['a url that is an array', { url: [] }, 'error bad_url line 2: url is an array, not a string'],
    ['no body', { body: undefined }, 'error bad_body line 2: body is missing'],
    ['a body in quotes', { body: '{}' }, 'error bad_body line 2: body is "{}", not an object'],
    ['no model', { body: { messages } }, 'error bad_model line 2: body.model is missing'],
    [
      'a model that is an object',
      { body: { model: {}, messages } },
      'error bad_model line 2: body.model is an object, not a string',
    ],
    [
      'a model elsewhere',
      { body: { metadata: { model: 'x' }, messages }, model: 'gpt' },
      'error bad_model line 2: body.model is missing',
    ],
    [
      'the custom_id of another',
      { custom_id: 'request-1' },
      'error duplicate_custom_id line 2: custom_id "request-1" is already used in line 1',
    ],
    [
      'another model',
      { body: { model: 'gpt-6-luna', messages } },
      'error several_models line 2: body.model is "gpt-6-luna", but line 1 has "gpt-5.6-sol"',
    ],
    [
      'another url',
      { url: '/v1/responses', body: { model: 'gpt-5.6-sol', input: 'x' } },
      'error several_urls line 2: url is "/v1/responses", but line 1 has "/v1/chat/completions"',
    ],
  ])('is refused for a line with %s', (_, changes, message) => {
    expect(found([batchLine(1), batchLine(2, changes), batchLine(3)])).toEqual([message]);
  });

  it.each([
    ['a word in capitals', '/v1/Responses'],
    ['a slash at the end', '/v1/responses/'],
    ['a whole address', 'https://api.openai.com/v1/responses'],
    ['a name that every object has', 'constructor'],
  ])('is refused for a url with %s', (_, url) => {
    expect(found([batchLine(1, { url })])).toEqual([
      `error bad_url line 1: url is "${url}", which no batch can use`,
    ]);
  });

  it('is only warned of what may be right elsewhere', () => {
    expect(found([batchLine(1, { url: '/chat/completions' })])).toEqual([
      'warning bad_url line 1: url is "/chat/completions": Azure accepts it, but OpenAI wants "/v1/chat/completions"',
    ]);
    expect(found([batchLine(1, { url: '/v1/responses', body: {} })])).toEqual([
      'warning bad_model line 1: body.model is missing',
    ]);
    expect(found([batchLine(1, { url: '/v1/moderations', body: {} })])).toEqual([]);
  });

  it('is warned of a conversation that says nothing, or is for another endpoint', () => {
    for (const isAzure of [false, true]) {
      expect(found([batchLine(1, { body: { model: 'm', input: 'x' } })], { isAzure })).toEqual([
        'warning bad_messages line 1: body has input, but /v1/chat/completions wants messages',
      ]);
      expect(found([batchLine(1, { url: '/v1/responses' })], { isAzure })).toEqual([
        'warning bad_messages line 1: body has messages, but /v1/responses wants input',
      ]);
    }
    expect(found([batchLine(1, { body: { model: 'm', messages: [{ role: 'user' }] } })])).toEqual([
      'warning bad_messages line 1: body.messages[0] has no content and calls no tool',
    ]);

    const spoken = [...messages, { role: 'assistant', content: null, audio: { id: 'a' } }];
    expect(found([batchLine(1, { body: { model: 'm', messages: spoken } })])).toEqual([]);
    expect(found([batchLine(1, { body: { model: 'm', messages, stream: false } })])).toEqual([]);
    expect(found([batchLine(1, { body: { model: 'm', messages, stream: null } })])).toEqual([]);
  });

  it('tells another url and another model once, where they come first', () => {
    const others = { url: '/v1/responses', body: { model: 'b' } };
    const lines = [batchLine(1), batchLine(2), batchLine(3, others), batchLine(4), batchLine(5, others)];
    expect(found(lines)).toEqual([
      'error several_urls line 3: url is "/v1/responses", but line 1 has "/v1/chat/completions"',
      'error several_models line 3: body.model is "b", but line 1 has "gpt-5.6-sol"',
    ]);
  });

  it('finds the same custom_id however it is written', () => {
    const other = batchLine(2)
      .replace('"request-2"', '"\\u0072equest-1"')
      .replace('custom_id', 'custom\\u005fid');
    expect(check([batchLine(1), other]).errors).toMatchObject([{ code: 'duplicate_custom_id', line: 2 }]);
  });

  it('tells each line that has the custom_id of another, by the first that had it', () => {
    const id = { custom_id: 'same' };
    expect(found([batchLine(1, id), batchLine(2, id), batchLine(3), batchLine(4, id)])).toEqual([
      'error duplicate_custom_id line 2: custom_id "same" is already used in line 1',
      'error duplicate_custom_id line 4: custom_id "same" is already used in line 1',
    ]);
  });

  it('does not compare what nobody would have written', () => {
    const id = { custom_id: 'x'.repeat(600) };
    const { errors, warnings } = check([batchLine(1, id), batchLine(2, id)]);
    expect([errors, warnings.map(({ code, line }) => [code, line])]).toEqual([
      [],
      [
        ['bad_custom_id', 1],
        ['bad_custom_id', 2],
      ],
    ]);
  });

  it('has at most 50,000 requests, blank lines not counted, and says so before all else', () => {
    const most = batchLines(50_000);
    expect(found([...most, ''])).toEqual(['warning blank_line line 50001: this line is blank']);
    const { lines, errors } = check([...Array(20).fill('{'), ...most]);
    expect(lines).toBe(50_020);
    expect(errors[0]).toMatchObject({
      code: 'too_many_lines',
      message: 'it holds 50,020 requests; a batch has at most 50,000',
    });
    expect(errors[0]).not.toHaveProperty('line');
  });

  it('is not empty', () => {
    expect(found('\n \r\n')).toEqual([
      'error too_few_lines it holds no request',
      'warning blank_line line 1: this line is blank',
      'warning blank_line line 2: this line is blank',
    ]);
  });

  it.each([
    ['a.jsonl', []],
    ['a.JSONL', ['warning wrong_extension its name should end in .jsonl, in small letters']],
    ['a.json', ['error wrong_extension its name does not end in .jsonl']],
    ['jsonl', ['error wrong_extension its name does not end in .jsonl']],
  ])('of the name %s: %j', (filename, messages) => {
    expect(found([batchLine(1)], { filename })).toEqual(messages);
  });

  it.each([
    [200_000_000, []],
    [200_000_001, ['warning']],
    [209_715_200, ['warning']],
    [209_715_201, ['error']],
  ])('of %i bytes: %j', (bytes, severities) => {
    const { errors, warnings } = check([batchLine(1)], { bytes });
    expect([...errors, ...warnings].map(({ severity }) => severity)).toEqual(severities);
    for (const { code } of [...errors, ...warnings]) expect(code).toBe('too_large');
  });

  it('is not read when it is hopelessly large', () => {
    const preflight = startPreflight(
      { path: '', filename: 'a.jsonl', bytes: 600_000_000, purpose: 'batch' },
      { isAzure: false, nowMs: 0 },
    );
    expect(preflight.reader).toBeUndefined();
    expect(preflight.result().errors).toMatchObject([{ code: 'too_large' }]);
  });
});

describe('a batch of embeddings', () => {
  const embed = (number: number, input: unknown) =>
    batchLine(number, { url: '/v1/embeddings', body: { model: 'text-embedding-3-small', input } });
  const texts = (count: number) => Array(count).fill('x');

  it.each([
    ['a text', 'x'],
    ['the most texts', texts(2048)],
    ['tokens', [1, 2, 3]],
    ['texts as tokens', [[1], [2]]],
    ['a long text as tokens', [Array(8000).fill(1)]],
    ['a blank text', ['a', ' ']],
  ])('takes %s', (_, input) => {
    expect(found([embed(1, input)])).toEqual([]);
  });

  it.each([
    [texts(2049), 'too_many_inputs line 1: body.input has 2,049 inputs; one request has at most 2,048'],
    [
      Array(2049).fill(1),
      'too_many_inputs line 1: body.input has 2,049 tokens; one request has at most 2,048',
    ],
    [[], 'bad_input line 1: body.input is empty'],
    ['', 'bad_input line 1: body.input is empty'],
    [undefined, 'bad_input line 1: body.input is missing'],
    [null, 'bad_input line 1: body.input is null, not a string or an array'],
    [7, 'bad_input line 1: body.input is a number, not a string or an array'],
    [['a', ''], 'bad_input line 1: body.input[1] is empty'],
    [['a', 1], 'bad_input line 1: body.input[1] is a number, not a string'],
    [[{ text: 'a' }], 'bad_input line 1: body.input[0] is an object, not a string'],
    [[1, 2.5], 'bad_input line 1: body.input[1] is a number, not a token'],
    [[[1], []], 'bad_input line 1: body.input[1] is an array, not a list of tokens'],
    [[[1], 'a'], 'bad_input line 1: body.input[1] is "a", not a list of tokens'],
  ])('refuses what no request can have', (input, message) => {
    expect(found([embed(1, input)])).toEqual([`error ${message}`]);
  });

  it('has at most 50,000 inputs over all its requests, and any at Azure', () => {
    const lines = Array.from({ length: 25 }, (_, index) => embed(index, texts(2000)));
    expect(found(lines)).toEqual([]);

    const oneMore = [...lines, embed(25, [1, 2, 3])];
    expect(found(oneMore)).toEqual([
      'error too_many_inputs it holds 50,001 embedding inputs; a batch has at most 50,000 over all its requests',
    ]);
    expect(found(oneMore, { isAzure: true })).toEqual([]);
  });
});

describe('a batch for Azure', () => {
  const isAzure = true;

  it('has other URLs, and names of its own for models', () => {
    for (const url of ['/chat/completions', '/v1/chat/completions'])
      expect(
        check(
          [batchLine(1, { url, body: { model: 'gpt-4o', messages: [{ role: 'user', content: 'q' }] } })],
          { isAzure },
        ),
      ).toMatchObject({
        errorCount: 0,
        warningCount: 0,
      });
  });

  it('has up to 100,000 requests, each with an id of its own', () => {
    expect(found([...batchLines(100_000), batchLine(99_999)], { isAzure })).toEqual([
      'error too_many_lines it holds 100,001 requests; a batch has at most 100,000',
      'error duplicate_custom_id line 100001: custom_id "request-99999" is already used in line 99999',
    ]);
  });

  it('has no byte-order mark, which a file for fine-tuning may have', () => {
    expect(check(`\ufeff${batchLine(1)}`, { isAzure }).errors).toMatchObject([{ code: 'byte_order_mark' }]);
    expect(found(`\ufeff${chatLines(10).join('\n')}`, { isAzure, purpose: 'fine-tune' })).toEqual([]);
  });
});

describe('the calendar', () => {
  const source = '(https://developers.openai.com/api/docs/deprecations)';

  it.each([
    [
      'gpt-4o',
      '2027-01-13',
      `line 1: OpenAI is to shut down the model "gpt-4o" on 14 January 2027 ${source}`,
    ],
    [
      'gpt-4o',
      '2027-01-14',
      `line 1: OpenAI was to shut down the model "gpt-4o" on 14 January 2027 ${source}`,
    ],
    ['gpt-4o-2024-08-06', '2026-11-28', 'is to shut down the model "gpt-4o-2024-08-06" on 14 January 2027'],
    ['gpt-4o-2024-05-13', '2026-11-28', 'was to shut down the model "gpt-4o-2024-05-13" on 23 October 2026'],
    ['gpt-3.5-turbo', '2026-11-28', 'was to shut down the model "gpt-3.5-turbo" on 23 October 2026'],
    ['gpt-3.5-turbo', '2026-10-22', 'is to shut down the model "gpt-3.5-turbo" on 23 October 2026'],
    ['ft:gpt-4.1-mini-2025-04-14:org::7', '2026-11-28', 'is to shut down the model'],
  ])('knows the end of %s on %s', (model, date, message) => {
    const lines = [batchLine(1, { body: { model } }), batchLine(2, { body: { model } })];
    expect(dates(lines, { date })).toEqual([expect.stringContaining(message)]);
  });

  it.each(['gpt-5.6-sol', 'gpt-4o-mini-tts', 'my-gpt-4o', 'constructor'])('knows no end of %s', (model) => {
    expect(dates([batchLine(1, { body: { model } })])).toEqual([]);
  });

  it('knows the end of an endpoint, and of what files of a purpose are for', () => {
    const body = { model: 'm' };
    expect(dates([batchLine(1, { url: '/v1/videos', body })])).toEqual([
      `line 1: OpenAI was to shut down /v1/videos on 24 September 2026 ${source}`,
    ]);
    expect(dates('{}', { purpose: 'evals' })).toEqual([
      `OpenAI was to make evals read-only on 31 October 2026 ${source}`,
      `OpenAI is to shut down evals on 30 November 2026 ${source}`,
    ]);
    expect(dates(chatLines(10), { purpose: 'fine-tune', date: '2027-01-05' })).toEqual([
      `OpenAI is to stop taking new fine-tuning jobs on 6 January 2027 ${source}`,
    ]);
    expect(dates(chatLines(10), { purpose: 'fine-tune', date: '2027-01-06' })).toEqual([
      `OpenAI was to stop taking new fine-tuning jobs on 6 January 2027 ${source}`,
    ]);
    expect(dates('{}', { purpose: 'evals', isAzure: true })).toEqual([]);
  });
});

describe('the lines', () => {
  it.each<[string, string | Buffer, string]>([
    [
      'cut off',
      '{"a":1',
      'error invalid_json line 1, column 7: expected a comma or the closing bracket, found the end of the line',
    ],
    [
      'cut off in a string',
      '{"a',
      'error invalid_json line 1, column 4: expected the rest of the string, found the end of the line',
    ],
    [
      'with a comma too many',
      '{"Grüße 🚀":1,}',
      'error invalid_json line 1, column 14: expected a name in double quotes, found "}"',
    ],
    [
      'with a word of Python',
      '{"a":None}',
      'error invalid_json line 1, column 6: expected a value, found "None"',
    ],
    [
      'with a bare name',
      '{a:1}',
      'error invalid_json line 1, column 2: expected a name in double quotes or }, found "a"',
    ],
    [
      'in single quotes',
      "{'a':1}",
      `error invalid_json line 1, column 2: expected a name in double quotes or }, found "'"`,
    ],
    [
      'in typographic quotes',
      '{“a”:1}',
      'error invalid_json line 1, column 2: expected a name in double quotes or }, found a character beyond ASCII',
    ],
    [
      'with a tab in a string',
      '{"a\t',
      'error invalid_json line 1, column 4: expected the rest of the string, found a tab',
    ],
    [
      'with an escape character',
      '{"a\u001b[2J',
      'error invalid_json line 1, column 4: expected the rest of the string, found a control character (0x1b)',
    ],
    [
      'with a quote too many',
      '{"a""',
      'error invalid_json line 1, column 5: expected a colon, found a double quote',
    ],
    [
      'with two objects',
      '{} {}',
      'error invalid_json line 1, column 4: expected the end of the line, found "{"',
    ],
    [
      'with a Latin-1 letter',
      Buffer.from('{"Grüße":1}', 'latin1'),
      'error invalid_encoding line 1, column 5: this is not UTF-8',
    ],
    [
      'with half a letter',
      Buffer.from([0x7b, 0x22, 0xc3, 0xbc, 0xe6, 0x96, 0x22]),
      'error invalid_encoding line 1, column 4: this is not UTF-8',
    ],
    [
      'that end in half a letter',
      Buffer.from([0x7b, 0x22, 0xe6, 0x96]),
      'error invalid_encoding line 1, column 3: this is not UTF-8',
    ],
    ['with an array', '[1]', 'error not_an_object line 1: this is an array, not a JSON object'],
    ['with a word', 'null', 'error not_an_object line 1: this is null, not a JSON object'],
    [
      'in UTF-16',
      Buffer.from('\ufeff{}', 'utf16le'),
      'error invalid_encoding the file is in UTF-16LE, not UTF-8',
    ],
  ])('%s: %j', (_, bytes, message) => {
    const errors = found(bytes, { purpose: 'fine-tune' }).filter((text) => !text.includes('too_few_lines'));
    expect(errors).toEqual([message]);
  });

  it('after a broken one are checked all the same', () => {
    const lines = [batchLine(1), '{"custom_id', batchLine(1), '', 'x', batchLine(6)];
    expect(check(lines).errors.map(({ line, code }) => [line, code])).toEqual([
      [2, 'invalid_json'],
      [3, 'duplicate_custom_id'],
      [5, 'invalid_json'],
    ]);
  });

  it('are reported once each, ten of them in full', () => {
    const { errors, errorCount } = check(Array(24).fill('{x'));
    expect([errors.length, errorCount]).toEqual([10, 24]);
    expect(errors[0]?.hint).toContain('one whole JSON object');
  });

  it.each([
    ['\u00a0{}', 'a no-break space (U+00A0)'],
    ['\u200b{}', 'a zero-width space (U+200B)'],
    ['\u2060{}', 'an invisible character (U+2060)'],
    ['{}\ufeff', 'a byte-order mark (U+FEFF)'],
    ['{}\u2028', 'a line separator (U+2028)'],
    ['\u{e0020}{}', 'an invisible character (U+E0020)'],
  ])('with what cannot be seen name it: %j', (line, character) => {
    expect(check([batchLine(1), line]).errors[0]?.message).toContain(`found ${character}`);
  });

  it('show what cannot be seen in what they quote', () => {
    const url = '/v1/responses\u200b\u{e0020}\u00a0';
    expect(found([batchLine(1, { url })])).toEqual([
      String.raw`error bad_url line 1: url is "/v1/responses\u200b\udb40\udc20\u00a0", which no batch can use`,
    ]);
  });

  it('that are blank, and a byte-order mark, are only warned of', () => {
    expect(found(`\ufeff${batchLine(1)}\n\n${batchLine(2)}\n \r\n`)).toEqual([
      'warning byte_order_mark line 1: the file begins with a byte-order mark, which JSON does not allow',
      'warning blank_line line 2: this line is blank',
      'warning blank_line line 4: this line is blank',
    ]);
  });

  it('count their columns after a byte-order mark', () => {
    expect(found('\ufeffx', { purpose: 'fine-tune' })[1]).toContain('line 1, column 1: expected a value');
  });

  it('are reported the same however the file is cut', () => {
    const line = fc.oneof(
      fc.nat({ max: 3 }).map((number) => batchLine(number)),
      fc.constantFrom('', ' \r', '{"ü🚀": tru', '{"custom_id":"', '[]', '{"body":{"model":"é🚀"}}'),
      fc.json({ stringUnit: 'grapheme' }),
    );
    const bytes = fc
      .tuple(
        fc.constantFrom('', '\ufeff', '\ufeff\ufeff'),
        fc.array(line, { maxLength: 6 }),
        fc.constantFrom('', '\n'),
      )
      .map(([mark, lines, end]) => Buffer.from(`${mark}${lines.join('\n')}${end}`));
    // Not only text: a byte that does not belong there can be anywhere.
    const spoiled = fc
      .tuple(bytes, fc.nat(), fc.constantFrom(0x00, 0x80, 0xe6, 0xff, 0x0a, 0x22))
      .map(([text, at, byte]) => {
        const place = at % (text.length + 1);
        return Buffer.concat([text.subarray(0, place), Buffer.from([byte]), text.subarray(place)]);
      });
    const lengths = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.oneof(bytes, spoiled), lengths, (content, cut) => {
        expect(check(content, { lengths: cut })).toEqual(check(content));
      }),
      { numRuns: 2000 },
    );
  });

  it('are reported by their numbers and columns, wherever the fault is', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    const lines = fc.array(fc.tuple(text, fc.constantFrom('', '\r')), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lines, fc.nat(), fc.nat(), (pairs, which, where) => {
        const all = pairs.map(([value, end]) => `${JSON.stringify({ prompt: value })}${end}`);
        const number = which % all.length;
        const characters = [...(all[number] ?? '')];
        const column = where % (characters.length + 1);
        all[number] = [...characters.slice(0, column), '\u0001', ...characters.slice(column)].join('');
        const { errors } = check(all, { purpose: 'fine-tune' });
        expect(errors.filter(({ code }) => code !== 'too_few_lines')).toMatchObject([
          { code: 'invalid_json', line: number + 1, column: column + 1 },
        ]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a file that is no JSON Lines', () => {
  const pretty = JSON.stringify({ a: Array(20).fill(1) }, null, 2);
  const zeros = Buffer.alloc(100_000);
  const gzip = Buffer.from('1f8b0800', 'hex');

  it.each<[string, string | Buffer, string]>([
    ['gzip', gzip, 'the file is compressed with gzip'],
    ['zip', Buffer.from('PK\u0003\u0004'), 'the file is a zip archive or an Office document'],
    ['zstd', Buffer.from('28b52ffd04', 'hex'), 'the file is compressed with zstd'],
    ['Parquet', 'PAR1....', 'the file is in Parquet'],
    ['zeros', zeros, 'the file begins with zeros, so it was probably not copied completely'],
    [
      'UTF-16',
      Buffer.from(batchLine(1), 'utf16le'),
      'the file is in UTF-16LE without a byte-order mark, not UTF-8',
    ],
    [
      'UTF-16, the other way',
      Buffer.from(batchLine(1), 'utf16le').swap16(),
      'the file is in UTF-16BE without a byte-order mark, not UTF-8',
    ],
    ['UTF-32', Buffer.from('fffe00007b000000', 'hex'), 'the file is in UTF-32LE, not UTF-8'],
    ['pretty JSON', pretty, 'the file is JSON that is spread over several lines'],
    ['pretty JSON, twice', `${pretty}\n${pretty}`, 'the file is JSON that is spread over several lines'],
    [
      'pretty JSON of Windows',
      `\ufeff${pretty.replaceAll('\n', '\r\n')}`,
      'the file is JSON that is spread over several lines',
    ],
    ['an array', '[{"a":1},{"a":2}]\n', 'the file is one JSON array'],
    ['a long array', `[${'{"a":1},'.repeat(20_000)}{}]`, 'the file is one JSON array'],
    ['an array, pretty', '[\n  {"a": 1},\n  {"a": 2}\n]', 'the file is one JSON array over several lines'],
    ['an array, a line each', '[{"a":1},\n{"a":2}]', 'the file is one JSON array over several lines'],
    ['CSV', 'custom_id,method,url\n1,POST,/v1/responses\n', 'the file looks like a table (CSV or TSV)'],
    ['TSV in quotes', '"frage"\t"größe"\n"a"\t"b"\n', 'the file looks like a table (CSV or TSV)'],
    ['HTML', '<!DOCTYPE html>\n<html>', 'the file is HTML or XML'],
    ['a pointer', 'version https://git-lfs.github.com/spec/v1\noid', 'the file is a pointer of Git LFS'],
    ['Python', "{'a': 1}\n{'a': None}\n", 'its strings are in single quotes, as Python prints them'],
    ['a program', Buffer.from('7f454c46020101000000000000000000', 'hex'), 'the file is not text'],
    ['a film', Buffer.from('000000206674797069736f6d00000200010203', 'hex'), 'the file is not text'],
    ['old lines', '{"a":1}\r{"a":2}\r', 'its lines end with carriage returns alone'],
  ])('is told as a whole: %s', (_, content, message) => {
    for (const purpose of ['batch', 'fine-tune']) {
      const { errors, errorCount, warnings } = check(content, { purpose, lengths: [1, 1, 1, 70_000] });
      expect([errors.map((issue) => issue.message), errorCount]).toEqual([[message], 1]);
      expect(errors[0]?.hint).toMatch(/^[A-Z].*\.$/);
      expect(warnings.filter(({ code }) => code !== 'shutdown')).toEqual([]);
    }
  });

  it.each([
    ['a first line that is cut off', ['{"a":1,', '{"b":2}', '{"b":3}']],
    ['a first line that is cut off before a value', ['{"a":', '{"b":2}']],
    ['a comma after each line', ['{"a":1},', '{"b":2},']],
    ['arrays', ['[{"a":1}]', '[{"b":2}]']],
    ['a word with a comma', ['well, {"a":1}', '{}']],
    ['prose with a comma', ['Hello, this is a text.', 'It has no columns.']],
    ['events of a server', ['data: {"a":1}', 'data: {"b":1}']],
    ['one line in single quotes', ["{'a':1}", '{"b":1}']],
    ['an escape character before an object', ['\u001b{"a":1}', '{"b":1}']],
    ['one line that is cut off', ['{"a":1']],
  ])('is not seen in %s', (_, lines) => {
    const { errors } = check(lines);
    expect(errors.filter(({ line }) => line === 1).map(({ code }) => code)).toEqual([
      expect.stringMatching(/invalid_json|not_an_object/),
    ]);
  });

  it('is never seen in what begins with an object on a line', () => {
    const rest = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.json()), rest, (first, text) => {
        const { errors } = check(`${JSON.stringify(first)}\n${text}`);
        expect(errors.filter(({ code }) => code === 'not_jsonl')).toEqual([]);
      }),
    );
  });
});

describe('a file for fine-tuning', () => {
  it('has at least ten examples', () => {
    const purpose = 'fine-tune';
    expect(found(chatLines(10), { purpose })).toEqual([]);
    expect(found(chatLines(9), { purpose })).toEqual([
      'error too_few_lines it holds 9 examples; fine-tuning needs at least 10',
    ]);
    expect(found([...chatLines(9), ''], { purpose })[0]).toContain('it holds 9 examples');
    expect(found(chatLines(1), { purpose })[0]).toContain('it holds 1 example;');
  });

  it('may be of any form we know of, and is warned of others', () => {
    const completion = '{"prompt":"a","completion":"b"}';
    const lines = [...chatLines(10), '{"input":{}}', completion, '{"text":"a"}', '{"prompt":"a"}'];
    expect(found(lines, { purpose: 'fine-tune' })).toEqual([
      'warning unknown_fields line 13: it has none of messages, input and prompt',
      'warning unknown_fields line 14: it has a prompt, but no completion',
    ]);
  });

  it.each([
    ['messages that are text', { messages: 'hello' }, 'error', 'messages is "hello", not an array'],
    ['no messages', { messages: [] }, 'error', 'messages is empty'],
    ['a message that is text', { messages: ['hello'] }, 'error', 'messages[0] is a string, not an object'],
    ['a message of nobody', { messages: [{ content: 'q' }] }, 'error', 'messages[0].role is missing'],
    [
      'foreign roles',
      {
        messages: [
          { role: 'human', content: 'q' },
          { role: 'gpt', content: 'a' },
        ],
      },
      'warning',
      'messages[0].role is "human", which is not a role that OpenAI knows',
    ],
    [
      'no answer',
      { messages: [{ role: 'user', content: 'q' }] },
      'warning',
      'none of the messages is from the assistant, so there is nothing to learn',
    ],
    [
      'an answer of nothing',
      { messages: [{ role: 'user', content: 'q' }, { role: 'assistant' }] },
      'warning',
      'messages[1] has no content and calls no tool',
    ],
    [
      'a weight between',
      { messages: [{ role: 'assistant', content: 'a', weight: 0.5 }] },
      'warning',
      'messages[0].weight is neither 0 nor 1',
    ],
    ['preferences of nothing', { input: { messages: [] } }, 'error', 'input.messages is empty'],
  ])('is not fit with %s', (_, example, severity, message) => {
    expect(found([...chatLines(10), JSON.stringify(example)], { purpose: 'fine-tune' })).toEqual([
      `${severity} bad_messages line 11: ${message}`,
    ]);
  });

  it.each([
    ['for a grader', { messages: [{ role: 'user', content: 'q' }], answer: 'a' }],
    ['with a refusal', { messages: [{ role: 'assistant', refusal: 'No.', weight: 1 }] }],
    ['with a call', { messages: [{ role: 'assistant', tool_calls: [{}] }], tools: [] }],
  ])('may hold an example %s', (_, example) => {
    expect(found([...chatLines(10), JSON.stringify(example)], { purpose: 'fine-tune' })).toEqual([]);
  });

  it('is warned of the input of another format', () => {
    expect(found([...chatLines(10), '{"instruction":"a","input":"b"}'], { purpose: 'fine-tune' })).toEqual([
      'warning unknown_fields line 11: input is "b", not an object',
    ]);
  });

  it('may have the same line twice, and is of any size', () => {
    const given = { purpose: 'fine-tune', bytes: 8_000_000_000 };
    expect(found([...chatLines(10), ...chatLines(10)], given)).toEqual([]);
  });
});

describe('a file for assistants', () => {
  const purpose = 'assistants';

  it('says what a text is that is none', () => {
    const gzip = Buffer.from('1f8b08000000', 'hex');
    expect(found(gzip, { purpose, filename: 'a.txt' })).toEqual([
      'error not_jsonl the file is compressed with gzip',
    ]);
  });

  it.each(['a.md', 'a.TXT', 'a.ts', 'a.pdf', 'a.docx'])('may be named %s', (filename) => {
    expect(found('text', { purpose, filename })).toEqual([]);
  });

  it.each([
    ['a.csv', 'warning wrong_extension file search does not read a file with a name that ends in .csv'],
    [
      'a.vb',
      'error wrong_extension neither file search nor the code interpreter takes a name that ends in .vb',
    ],
    [
      'Makefile',
      'error wrong_extension neither file search nor the code interpreter takes a name without an ending',
    ],
    [
      'a.constructor',
      'error wrong_extension neither file search nor the code interpreter takes a name that ends in .constructor',
    ],
  ])('named %s is not read', (filename, message) => {
    expect(found(Buffer.from([0xff]), { purpose, filename })).toEqual([message]);
  });

  it.each([
    [512_000_000, []],
    [512_000_001, ['warning']],
    [536_870_912, ['warning']],
    [536_870_913, ['error']],
  ])('of %i bytes: %j', (bytes, severities) => {
    const { errors, warnings } = check('x', { purpose, filename: 'a.txt', bytes });
    expect([...errors, ...warnings].map(({ severity }) => severity)).toEqual(severities);
  });

  it.each<[string, Buffer]>([
    ['ASCII', Buffer.from('a\r\nb\0\u007f')],
    ['UTF-8', Buffer.from('Grüße 文 🚀\n')],
    ['UTF-8 with a mark', Buffer.from('\ufeffGrüße')],
    ['UTF-16', Buffer.from('\ufeffGrüße 🚀', 'utf16le')],
    ['UTF-16, the other way round', Buffer.from('\ufeffGrüße 🚀', 'utf16le').swap16()],
  ])('may be text in %s', (_, bytes) => {
    for (const lengths of [[], Array(bytes.length).fill(1)])
      expect(found(bytes, { purpose, filename: 'a.txt', lengths })).toEqual([]);
  });

  it.each<[string, Buffer, string[]]>([
    [
      'Latin-1',
      Buffer.from('one\ntwö\nthrée', 'latin1'),
      [
        'error invalid_encoding line 2, column 3: this is neither UTF-8 nor ASCII, and the file has no byte-order mark of UTF-16',
      ],
    ],
    [
      'UTF-8 that is cut off',
      Buffer.from('Gr\u00fc').subarray(0, 3),
      [
        'error invalid_encoding line 1, column 3: this is neither UTF-8 nor ASCII, and the file has no byte-order mark of UTF-16',
      ],
    ],
    [
      'UTF-16 that is cut off',
      Buffer.from('\ufeffGr', 'utf16le').subarray(0, 5),
      ['error invalid_encoding the file begins as UTF-16LE, but not all of it is'],
    ],
    [
      'UTF-16 without a mark',
      Buffer.from('Grüße', 'utf16le'),
      ['warning invalid_encoding the file looks like UTF-16LE, but has no byte-order mark that says so'],
    ],
  ])('is told when it is %s', (_, bytes, messages) => {
    for (const lengths of [[], Array(bytes.length).fill(1)])
      expect(found(bytes, { purpose, filename: 'a.txt', lengths })).toEqual(messages);
    // What is no text can hold any bytes.
    expect(found(bytes, { purpose, filename: 'a.pdf' })).toEqual([]);
  });

  it('is taken as UTF-8 just when it is', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const isUtf8 = (bytes: Uint8Array) => {
      try {
        decoder.decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    const byte = fc.constantFrom(
      0x0a,
      0x22,
      0x5c,
      0x41,
      0x80,
      0x9f,
      0xa0,
      0xbf,
      0xc2,
      0xe0,
      0xed,
      0xf0,
      0xf4,
      0xff,
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 8 }), (bytes) => {
        // An A in front, so that no two bytes pass for a mark.
        const content = Buffer.from([0x41, ...bytes]);
        expect(found(content, { purpose, filename: 'a.txt' }).length === 0).toBe(isUtf8(content));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('other purposes', () => {
  it('are not read, and user_data is warned of what no model takes', () => {
    for (const purpose of ['user_data', 'vision', 'evals', 'constructor', 'later'])
      expect(found(Buffer.from([0xff]), { purpose, filename: 'a.bin' })).toEqual([]);
    expect(found('x', { purpose: 'user_data', bytes: 50_000_000 })).toEqual([]);
    expect(found('x', { purpose: 'user_data', bytes: 50_000_001 })).toEqual([
      'warning too_large it has 50,000,001 bytes; a file that is input of a model can have at most 50 MB',
    ]);
  });
});

describe('a long value', () => {
  it('is quoted in part, and escaped', () => {
    const url = `/v1/\u001b[2J${'🚀'.repeat(100)}`;
    const [message] = found([batchLine(1, { url })]);
    expect(message).toContain('url is "/v1/\\u001b[2J🚀');
    expect(message).toContain('🚀…", which');
    expect([...(message ?? '')].length).toBeLessThan(150);
  });
});
