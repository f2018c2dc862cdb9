/** What esbuild puts before each chunk that exports something, 700 bytes of it. */
const PREAMBLE = /^var __create=.*?(?=var stdin_exports=)|^var __defProp=.*?(?=var stdin_exports=)/s;
/** Those of them that the rest of a chunk calls. */
const HELPERS = ['__export', '__toCommonJS', '__toESM'];
/** Says to Node's loader for modules what a file exports; here none but CommonJS reads them. */
const ANNOTATION = /0&&\(module\.exports=\{[^}]*\}\);\s*$/;

/** Takes the functions that esbuild repeats in every chunk out of them, into one file of that name. */
export function shareHelpers(chunks: ReadonlyMap<string, string>, name: string): ReadonlyMap<string, string> {
  const preambles = [...chunks.values()].map((code) => PREAMBLE.exec(code)?.[0] ?? '');
  const whole = preambles.reduce((longest, next) => (next.length > longest.length ? next : longest), '');
  const shortened = [...chunks].map(([path, code]): [string, string] => {
    const preamble = PREAMBLE.exec(code)?.[0];
    if (preamble === undefined) return [path, code];
    const rest = code.slice(preamble.length).replace(ANNOTATION, '');
    const used = HELPERS.filter((helper) => preamble.includes(`${helper}=`));
    return [path, `var{${used}}=require("./${name}");${rest}`];
  });
  return new Map([...shortened, [name, `${whole}module.exports={${HELPERS}};`]]);
}
