import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openConfig } from '../../../../src/cli/config/config-file.ts';
import { lacks } from '../../../helpers/lacks.ts';
import { runScript, sourceModule } from '../../../helpers/run-script.ts';
import { errorOf, temporaryFolder } from '../../../helpers/temporary.ts';

async function setUp(text?: string) {
  const directory = join(await temporaryFolder(), 'new', 'config');
  const path = join(directory, 'config.json');
  if (text !== undefined) {
    await mkdir(directory, { recursive: true });
    await writeFile(path, text);
  }
  return { directory, path, config: openConfig({ OPENAI_UPLOAD_CONFIG_DIR: directory }) };
}

const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe('a configuration', () => {
  it('is empty, and makes no file, until something is set', async () => {
    const { directory, config } = await setUp();
    expect(config.read()).toEqual({});
    await expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each(['', '\n'])('is empty when its file is: %j', async (text) => {
    const { config } = await setUp(text);
    expect(config.read()).toEqual({});
    await config.set('partSize', '64MB');
    expect(config.read()).toEqual({ partSize: '64MB' });
  });

  it('keeps what is set for later reads, and forgets what is unset', async () => {
    const { directory, config } = await setUp();
    await config.set('partSize', '64MB');
    await config.set('a.b', '1');
    await config.set('partSize', '32MB');
    expect(openConfig({ OPENAI_UPLOAD_CONFIG_DIR: directory }).read()).toEqual({
      partSize: '32MB',
      'a.b': '1',
    });
    await config.unset('partSize');
    expect(config.read()).toEqual({ 'a.b': '1' });
  });

  it.skipIf(lacks('modes'))('is for its user alone', async () => {
    const { directory, path, config } = await setUp();
    await config.set('retries', '3');
    expect([await mode(directory), await mode(path)]).toEqual(['700', '600']);
    await chmod(path, 0o644);
    await config.set('retries', '4');
    expect(await mode(path)).toBe('600');
  });

  it('leaves no other file beside it, and can be read by people', async () => {
    const { directory, path, config } = await setUp();
    await config.set('retries', '3');
    expect(await readdir(directory)).toEqual(['config.json']);
    expect(await readFile(path, 'utf8')).toBe('{\n  "retries": "3"\n}\n');
  });

  it.skipIf(lacks('links'))('may be a link to where its user keeps such files', async () => {
    const { path, config } = await setUp('{}');
    const real = join(await temporaryFolder(), 'mine.json');
    await writeFile(real, '{"retries": "3"}');
    const linked = join(await temporaryFolder(), 'config.json');
    await symlink(real, linked);
    const other = openConfig({ OPENAI_UPLOAD_CONFIG_DIR: join(linked, '..') });
    await other.set('concurrency', '2');
    expect(JSON.parse(await readFile(real, 'utf8'))).toEqual({ retries: '3', concurrency: '2' });
    expect([config.path, config.read()]).toEqual([path, {}]);
  });

  it('may begin with the mark that some editors write', async () => {
    const { config } = await setUp('\uFEFF{"retries": 3}');
    expect(config.read()).toEqual({ retries: 3 });
  });

  it.each([
    ['{"apiKey": "sk-secret"', /not valid JSON/],
    ['["sk-secret"]', /not a JSON object/],
    ['null', /not a JSON object/],
  ])('that holds %j is refused by name, not repeated, and not changed', async (text, message) => {
    const { path, config } = await setUp(text);
    for (const action of [
      () => config.read(),
      () => config.set('retries', '1'),
      () => config.unset('retries'),
    ]) {
      const error = await errorOf(action);
      expect(error).toMatchObject({ code: 'config_unusable', message: expect.stringMatching(message) });
      expect(error).toMatchObject({ message: expect.stringContaining(path) });
      expect(error).not.toMatchObject({ message: expect.stringContaining('sk-secret') });
    }
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('that cannot be read or written says so, and where', async () => {
    const { directory, path } = await setUp('{}');
    const behindAFile = openConfig({ OPENAI_UPLOAD_CONFIG_DIR: path });
    expect(behindAFile.read()).toEqual({});
    await mkdir(join(directory, 'sub', 'config.json'), { recursive: true });
    const isADirectory = openConfig({ OPENAI_UPLOAD_CONFIG_DIR: join(directory, 'sub') });
    for (const action of [
      () => behindAFile.set('retries', '1'),
      () => isADirectory.read(),
      () => isADirectory.set('retries', '1'),
    ])
      expect(await errorOf(action)).toMatchObject({
        code: 'config_unusable',
        message: expect.stringMatching(/config\.json cannot be (read|written)/),
        hint: expect.stringContaining('OPENAI_UPLOAD_CONFIG_DIR'),
      });
  });

  it('leaves the signals to the program, also when it has been written', async () => {
    const directory = await temporaryFolder();
    const { stdout, stderr } = await runScript(`
      const count = () => ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'].map((name) => process.listenerCount(name)).join();
      process.on('SIGINT', () => undefined);
      const { openConfig } = await import(${sourceModule('cli/config/config-file.ts')});
      const config = openConfig({ OPENAI_UPLOAD_CONFIG_DIR: ${JSON.stringify(directory)} });
      await config.set('retries', '1');
      console.log(count() + ' ' + JSON.stringify(config.read()));`);
    expect([stdout, stderr]).toEqual(['1,0,0,0 {"retries":"1"}\n', '']);
  });
});
