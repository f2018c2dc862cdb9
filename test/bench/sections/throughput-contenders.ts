import { fileURLToPath } from 'node:url';
import type { Contender } from '../run/interleave.ts';
import { missingCommands } from '../run/is-installed.ts';
import { type Command, measureRun, type Run } from '../run/measure-run.ts';
import { pushCommand } from '../run/our-command.ts';
import { MIB, type Stage } from '../stage.ts';

export interface SinkRun extends Run {
  /** Null for contenders that send nothing. */
  readonly sinkCpuSeconds: number | null;
}

interface Sources {
  readonly path: string;
  /** The same bytes, in files of `partBytes`. */
  readonly parts: readonly string[];
  readonly partBytes: number;
}

const OPENAI_PUSH = fileURLToPath(new URL('../contenders/openai-push.js', import.meta.url));
const AT_ONCE = 8;
export const CURL = `curl × ${AT_ONCE}`;
export const MD5SUM_THEN_CURL = `md5sum, then ${CURL}`;

export function throughputContenders(
  stage: Stage,
  { path, parts, partBytes }: Sources,
): readonly Contender<SinkRun>[] {
  const openai = (name: string, concurrency: number, how: 'buffer' | 'blob', sdk = 'openai') =>
    sending(
      stage,
      name,
      async () => ({
        command: process.execPath,
        args: [OPENAI_PUSH, path, String(partBytes), String(concurrency), how, sdk],
        env: { OPENAI_API_KEY: 'sk-bench', OPENAI_BASE_URL: stage.sink.baseUrl },
      }),
      sdk === 'openai' ? undefined : missingForNewest(),
    );
  const shell = (name: string, tools: readonly string[], script: (url: string) => string) =>
    sending(stage, name, async () => shellCommand(script(await uploadUrl(stage))), missingCommands(...tools));
  const ranges = (url: string) => curlRanges({ path, count: parts.length, partBytes, url });
  const md5sum = `md5sum ${quote(path)}`;
  return [
    sending(stage, 'ours', () => pushCommand(stage, [path])),
    sending(stage, 'ours --no-md5', () => pushCommand(stage, [path, '--no-md5'])),
    openai('openai 6.49, one part at a time, buffers', 1, 'buffer'),
    openai('openai 6.49, one part at a time, openAsBlob', 1, 'blob'),
    openai(`openai 6.49 × ${AT_ONCE}, buffers`, AT_ONCE, 'buffer'),
    openai(`openai 6.49 × ${AT_ONCE}, openAsBlob`, AT_ONCE, 'blob'),
    openai('openai 7.59, one part at a time, buffers', 1, 'buffer', 'openai-next'),
    openai(`openai 7.59 × ${AT_ONCE}, openAsBlob`, AT_ONCE, 'blob', 'openai-next'),
    shell(CURL, ['curl', 'xargs', 'dd'], ranges),
    shell(MD5SUM_THEN_CURL, ['curl', 'xargs', 'dd', 'md5sum'], (url) => `${md5sum} && ${ranges(url)}`),
    shell(`${CURL}, split before`, ['curl', 'xargs'], (url) => curlFiles(parts, url)),
    {
      name: 'md5sum',
      missing: missingCommands('md5sum'),
      run: async () => ({
        ...(await measureRun({ command: 'md5sum', args: [path] }, stage.signal)),
        sinkCpuSeconds: null,
      }),
    },
  ];
}

/** The newest official package asks for Node 22. `npm run bench` on an older one leaves it out. */
function missingForNewest(): string | undefined {
  return Number.parseInt(process.versions.node, 10) < 22 ? 'not on this Node: it needs 22' : undefined;
}

/** A contender that must have sent all bytes of the file, and no other, when it says that it is done. */
function sending(
  stage: Stage,
  name: string,
  command: () => Promise<Command>,
  missing?: string,
): Contender<SinkRun> {
  const { sink, sizeBytes, signal } = stage;
  return {
    name,
    missing,
    async run() {
      const ready = await command();
      await sink.reset();
      const run = await measureRun(ready, signal);
      const { fileBytes, cpuSeconds } = await sink.stats();
      if (fileBytes !== sizeBytes) throw new Error(`the sink has got ${fileBytes} bytes of ${sizeBytes}`);
      return { ...run, sinkCpuSeconds: cpuSeconds };
    },
  };
}

async function uploadUrl({ sink, sizeBytes }: Stage): Promise<string> {
  return `${sink.baseUrl}/uploads/${await sink.createUpload(sizeBytes)}/parts`;
}

/** Without *create* and *complete*, which take no time beside the parts. */
function shellCommand(script: string): Command {
  return { command: 'sh', args: ['-c', script], isGroup: true };
}

const CURL_COMMAND =
  "curl --silent --show-error --fail --output /dev/null --header 'Authorization: Bearer sk-bench'";

/** From the one file, as all contenders: curl cannot send a range of a file, so another program must hand it over. */
function curlRanges(what: { path: string; count: number; partBytes: number; url: string }): string {
  const { path, count, partBytes, url } = what;
  const blocks = partBytes / MIB;
  const read = `dd if=${quote(path)} bs=${MIB} skip=$(({} * ${blocks})) count=${blocks} 2>/dev/null`;
  const one = `${read} | ${CURL_COMMAND} --form "data=@-;filename=part" ${url}`;
  const numbers = Array.from({ length: count }, (_, index) => index).join(' ');
  return `printf '%s\\n' ${numbers} | xargs -P ${AT_ONCE} -I {} sh -c ${quote(one)}`;
}

/** The least that curl can be asked to do: someone else has cut the file up before. */
function curlFiles(parts: readonly string[], url: string): string {
  const list = parts.map(quote).join(' ');
  return `printf '%s\\n' ${list} | xargs -P ${AT_ONCE} -I {} ${CURL_COMMAND} --form data=@{} ${url}`;
}

function quote(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}
