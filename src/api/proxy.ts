import { BlockList, isIP } from 'node:net';
import { UploadError } from '../model/errors.ts';
import { hostOf, isLocalHttp } from './connection.ts';

/** The proxy on the way to the API. */
export interface ProxyServer {
  readonly url: URL;
  /** The variable that names it, for messages. */
  readonly variable: string;
  /** The value of its authorization header, which is a secret. */
  readonly authorization: string | undefined;
}

/** How to reach the API: its origin, and the proxy on the way, if any. */
export interface Route {
  readonly origin: URL;
  readonly proxy: ProxyServer | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the route to a base URL. Plain http to this machine uses no proxy, which would see the key.
 * @throws as `proxyFor`
 */
export function routeTo(baseUrl: string, env: Environment): Route {
  const origin = new URL(new URL(baseUrl).origin);
  return { origin, proxy: isLocalHttp(baseUrl) ? undefined : proxyFor(origin, env) };
}

/**
 * Finds the proxy that the environment names for an address, by curl's rules. Upper-case
 * `HTTP_PROXY` counts too, unless a web server started the program (`REQUEST_METHOD` is set). In
 * that case, any request can set it with a header. On Windows, that sets `http_proxy` as well.
 * @throws UploadError `usage` for a proxy address that cannot be used
 */
export function proxyFor(
  url: URL,
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): ProxyServer | undefined {
  const { protocol, port } = url;
  const isWindows = platform === 'win32';
  const safe = isWindows ? [] : ['http_proxy'];
  const http = env.REQUEST_METHOD === undefined ? ['http_proxy', 'HTTP_PROXY'] : safe;
  const own = protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : http;
  const asked = [...own, 'all_proxy', 'ALL_PROXY'];

  const variable = (isWindows ? asSpelled(asked, env) : asked).find((name) => env[name]);
  if (variable === undefined) return undefined;

  const target = { host: hostOf(url).toLowerCase(), port: port || (protocol === 'https:' ? '443' : '80') };
  const isPassedBy = entriesOf(env.no_proxy || env.NO_PROXY || '').some((entry) => isNamed(entry, target));

  return isPassedBy ? undefined : parseProxy(env[variable] ?? '', variable);
}

/** Returns the names as the environment has them. On Windows, case makes no other variable. */
function asSpelled(names: readonly string[], env: Environment): readonly string[] {
  const spelled = Object.keys(env);
  return names.flatMap((name) => spelled.filter((each) => each.toLowerCase() === name.toLowerCase()));
}

/** The value is not repeated in messages, because it may hold a password. */
function parseProxy(value: string, variable: string): ProxyServer {
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const hint = 'Write it as http://host:port. In a user or a password, / is %2F, and @ is %40.';

  if (/^socks/i.test(text)) {
    const message = `${variable} names a SOCKS proxy, which cannot be used here`;
    throw new UploadError('usage', { message, hint: `${hint} To go without it, name the host in NO_PROXY.` });
  }

  try {
    const { protocol, host, username, password, pathname, search, hash } = new URL(text);
    if (protocol !== 'http:' && protocol !== 'https:') throw new Error(protocol);
    // A path means a file with proxy rules, or the rest of a password with a slash in it.
    if (`${pathname}${search}${hash}` !== '/') throw new Error(pathname);
    const user = decoded(`${username}:${password}`);
    const authorization = user.length === 1 ? undefined : `Basic ${user.toString('base64')}`;
    return { url: new URL(`${protocol}//${host}`), variable, authorization };
  } catch {
    throw new UploadError('usage', { message: `${variable} is not the address of a proxy`, hint });
  }
}

/** Takes a percent sign that begins no escape for itself, as curl does. */
function decoded(text: string): Buffer {
  const bytes = text.replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

function entriesOf(noProxy: string): readonly string[] {
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
}

/**
 * A name covers its subdomains, and a range covers its addresses. A port in the entry must match.
 */
function isNamed(entry: string, target: { readonly host: string; readonly port: string }): boolean {
  if (entry === '*') return true;

  const address = entry.replace(/^[a-z][a-z\d+.-]*:\/\//, '');
  const [, bracketed, name = address, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(address) ?? [];
  if (port !== undefined && port !== target.port) return false;

  const host = bracketed ?? name;
  if (isIP(target.host) !== 0) return isInRange(target.host, host);

  const domain = host.replace(/^\*?\.|\.$/g, '');
  return domain !== '' && `.${target.host.replace(/\.$/, '')}`.endsWith(`.${domain}`);
}

function isInRange(address: string, range: string): boolean {
  const [first = '', bits] = range.split('/');
  const family = isIP(first) === 6 ? 'ipv6' : 'ipv4';
  try {
    const list = new BlockList();
    if (bits === undefined) list.addAddress(first, family);
    // `Number` takes no digits at all for 0, which would cover every address.
    else list.addSubnet(first, /^\d+$/.test(bits) ? Number(bits) : -1, family);
    return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  } catch {
    // The entry is not an address, or not a valid range.
    return false;
  }
}
